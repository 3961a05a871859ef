//! Lists of runs: filtered and in pages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use picletter_logic_apps::history::RunRecord;

/// How many runs a page has where `$top` does not say.
const PAGE: usize = 30;
/// "The maximum page size for run history is 250" (`logic-apps-limits-and-config.md`).
const LARGEST_PAGE: usize = 250;

/// The page of `runs`, newest first, that `call` requests at the address `here`, each as `shown`
/// makes it.
pub(super) fn page(
    call: &Call,
    here: &str,
    runs: Vec<RunRecord>,
    shown: impl Fn(&RunRecord) -> Value,
) -> Result<Value, Refusal> {
    let filter = call.query("$filter").unwrap_or_default();
    let condition = match filter {
        "" => None,
        filter => Some(condition(filter).ok_or_else(|| invalid(filter))?),
    };
    let top = match call.query("$top") {
        None => PAGE,
        Some(top) => match top.parse::<usize>() {
            Ok(top) if (1..=LARGEST_PAGE).contains(&top) => top,
            _ => {
                return Err(Refusal::bad_request(
                    "InvalidTop",
                    format!("The value '{top}' of $top is not between 1 and {LARGEST_PAGE}."),
                ));
            }
        },
    };
    let skipped = call.query("$skiptoken").and_then(|skip| skip.parse().ok());
    let skipped: usize = skipped.unwrap_or(0);
    let mut rest = runs
        .into_iter()
        .filter(|run| condition.as_ref().is_none_or(|it| it.holds(run)))
        .skip(skipped);
    let value: Vec<Value> = rest.by_ref().take(top).map(|run| shown(&run)).collect();
    let mut page = json!({ "value": value });
    if rest.next().is_some() {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", call.query("api-version").unwrap_or_default())
            .append_pair("$top", &top.to_string())
            .append_pair("$filter", filter)
            .append_pair("$skiptoken", &(skipped + top).to_string())
            .finish();
        page["nextLink"] = json!(format!("{here}?{query}"));
    }
    Ok(page)
}

enum Condition {
    Status(String),
    /// Started then or later.
    Since(Timestamp),
}

impl Condition {
    fn holds(&self, run: &RunRecord) -> bool {
        match self {
            Self::Status(status) => run.status.name().eq_ignore_ascii_case(status),
            Self::Since(time) => run.fired >= *time,
        }
    }
}

/// `status eq 'NAME'` or `startTime ge TIME`, of the filters that are documented.
fn condition(filter: &str) -> Option<Condition> {
    if let Some(status) = filter.strip_prefix("status eq ") {
        return Some(Condition::Status(status.trim_matches('\'').to_owned()));
    }
    let time = filter.strip_prefix("startTime ge ")?;
    time.parse().ok().map(Condition::Since)
}

fn invalid(filter: &str) -> Refusal {
    Refusal::bad_request(
        "InvalidFilterInQueryString",
        format!("The filter '{filter}' in the query string is invalid or not supported."),
    )
}
