//! Resource providers, which are all registered, and permissions: the signed-in identity has all of
//! them.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/providers/get> and
//! <https://learn.microsoft.com/rest/api/authorization/permissions>.

use serde_json::{Value, json};

use super::api::{Answer, get_only, ok};
use super::call::Call;
use super::groups::REGIONS;
use super::kinds::Kind;
use super::refusal::Refusal;
use super::versions;

pub(super) fn provider(call: &Call, version: &str, subscription: &str) -> Answer {
    versions::check(version, versions::RESOURCES)?;
    get_only(call)?;
    let namespace = call.segments.last().map_or("", String::as_str);
    let kinds: Vec<_> = Kind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, kind.name.split_once('/')?)))
        .filter(|(_, (provider, _))| provider.eq_ignore_ascii_case(namespace))
        .collect();
    let Some((_, (namespace, _))) = kinds.first() else {
        return Err(Refusal::not_found(
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        ));
    };
    let types = kinds.iter().map(|(kind, (_, short))| {
        let locations: &[&str] = if kind.global { &["Global"] } else { &REGIONS };
        json!({
            "resourceType": short,
            "locations": locations,
            "apiVersions": kind.versions,
            "capabilities": "None",
        })
    });
    Ok(ok(&json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": types.collect::<Vec<Value>>(),
    })))
}

pub(super) fn permissions(call: &Call, version: &str) -> Answer {
    versions::check(version, versions::PERMISSIONS)?;
    get_only(call)?;
    Ok(ok(&json!({
        "value": [{ "actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": [] }],
    })))
}
