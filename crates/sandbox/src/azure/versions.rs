//! API versions, which every request must contain.

use super::call::Call;
use super::refusal::Refusal;

pub(super) const SUBSCRIPTIONS: &[&str] = &[
    "2016-06-01",
    "2019-06-01",
    "2020-01-01",
    "2021-01-01",
    "2022-12-01",
];
pub(super) const RESOURCES: &[&str] = &[
    "2019-10-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
    "2026-06-01",
];
pub(super) const PERMISSIONS: &[&str] = &["2015-07-01", "2018-07-01", "2022-04-01"];
pub(super) const WORKFLOWS: &[&str] = &[
    "2016-06-01",
    "2017-07-01",
    "2018-07-01-preview",
    "2019-05-01",
];
pub(super) const ACTION_GROUPS: &[&str] = &[
    "2018-03-01",
    "2019-06-01",
    "2021-09-01",
    "2022-06-01",
    "2023-01-01",
];
pub(super) const METRIC_ALERTS: &[&str] = &["2018-03-01", "2024-03-01-preview"];

/// The API version of a request.
pub(super) fn requested(call: &Call) -> Result<&str, Refusal> {
    match call.query("api-version") {
        Some(version) if !version.is_empty() => Ok(version),
        _ => Err(Refusal::bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )),
    }
}

/// Checks that ARM supports a version.
pub(super) fn check(version: &str, supported: &[&str]) -> Result<(), Refusal> {
    if supported.contains(&version) {
        return Ok(());
    }
    Err(Refusal::bad_request(
        "InvalidApiVersionParameter",
        format!(
            "The api-version '{version}' is invalid. The supported versions are '{}'.",
            supported.join(",")
        ),
    ))
}

/// Checks that a resource provider supports a version for its type.
pub(super) fn check_provider(
    version: &str,
    supported: &[&str],
    r#type: &str,
    location: &str,
) -> Result<(), Refusal> {
    if supported.contains(&version) {
        return Ok(());
    }
    let short = r#type.split_once('/').map_or(r#type, |(_, short)| short);
    Err(Refusal::bad_request(
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location '{location}' and API version '{version}' for type '{short}'. The supported api-versions are '{}'.",
            supported.join(", ")
        ),
    ))
}
