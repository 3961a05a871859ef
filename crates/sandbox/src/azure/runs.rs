//! Lists of runs, with filters and pagination.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use picletter_logic_apps::history::RunRecord;

/// Default number of runs in a page.
const DEFAULT_PAGE_SIZE: usize = 30;
/// Maximum of `$top`. "The maximum page size for run history is 250"
/// (`logic-apps-limits-and-config.md`).
const MAX_PAGE_SIZE: usize = 250;

/// The requested page of `runs`, newest first. `url` is the address of the list, and `to_json`
/// converts a run.
pub(super) fn page(
    call: &Call,
    url: &str,
    runs: Vec<RunRecord>,
    to_json: impl Fn(&RunRecord) -> Value,
) -> Result<Value, Refusal> {
    let filter = call.query("$filter").unwrap_or_default();
    let condition = match filter {
        "" => None,
        filter => Some(condition(filter).ok_or_else(|| invalid(filter))?),
    };
    let top = match call.query("$top") {
        None => DEFAULT_PAGE_SIZE,
        Some(top) => match top.parse::<usize>() {
            Ok(top) if (1..=MAX_PAGE_SIZE).contains(&top) => top,
            _ => {
                return Err(Refusal::bad_request(
                    "InvalidTop",
                    format!("The value '{top}' of $top is not between 1 and {MAX_PAGE_SIZE}."),
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
    let value: Vec<Value> = rest.by_ref().take(top).map(|run| to_json(&run)).collect();
    let mut page = json!({ "value": value });
    if rest.next().is_some() {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", call.query("api-version").unwrap_or_default())
            .append_pair("$top", &top.to_string())
            .append_pair("$filter", filter)
            .append_pair("$skiptoken", &(skipped + top).to_string())
            .finish();
        page["nextLink"] = json!(format!("{url}?{query}"));
    }
    Ok(page)
}

enum Condition {
    Status(String),
    /// Started at this time or later.
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

/// Parses `status eq 'NAME'` or `startTime ge TIME`, two of the documented filters.
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
