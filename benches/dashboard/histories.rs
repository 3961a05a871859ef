//! Run histories that are generated for each request.

use bytes::Bytes;
use http::{Response, Uri};
use jiff::{SignedDuration, Timestamp};
use picletter_sandbox::faults::{Call, Fault};
use serde_json::{Value, json};

/// The length of a history, in days.
const DAYS: i64 = 90;

/// One of this number of runs fails.
const FAILS: i64 = 1_000;

/// Runs of each workflow at an interval, for the 90 days before `now`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Histories {
    pub(crate) interval: SignedDuration,
    pub(crate) now: Timestamp,
}

impl Histories {
    /// The number of runs of a workflow.
    pub(crate) fn runs(self) -> i64 {
        DAYS * 86_400 / self.interval.as_secs()
    }

    /// Responds to requests for lists of runs.
    pub(crate) fn answer(self, call: &Call<'_>) -> Option<Fault> {
        let is_list = call.uri.path().ends_with("/runs");
        is_list.then(|| {
            let body = self.page(call.uri).to_string();
            Fault::Answer(Response::new(Bytes::from(body)))
        })
    }

    fn page(self, uri: &Uri) -> Value {
        let query = uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, it)| it);
        let filter = value("$filter").map_or("", String::as_str);
        let since = filter.strip_prefix("startTime ge ");
        let since: Option<Timestamp> = since.map(|since| since.parse().unwrap());
        let status = filter
            .strip_prefix("status eq ")
            .map(|it| it.trim_matches('\''));
        let skipped: usize = value("$skiptoken").map_or(0, |skip| skip.parse().unwrap());
        let top: usize = value("$top").map_or(30, |top| top.parse().unwrap());
        let all = (0..self.runs()).map(|n| (n, self.start(n)));
        let listed = all.filter(|(n, start)| {
            since.is_none_or(|since| *start >= since)
                && status.is_none_or(|status| status == Self::status(*n))
        });
        let mut rest = listed.skip(skipped);
        let runs: Vec<Value> = rest
            .by_ref()
            .take(top)
            .map(|(n, start)| Self::run(n, start))
            .collect();
        let mut page = json!({ "value": runs });
        if rest.next().is_some() {
            let next: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(query.iter().filter(|(key, _)| key != "$skiptoken"))
                .append_pair("$skiptoken", &(skipped + top).to_string())
                .finish();
            page["nextLink"] = format!("{}?{next}", uri.path()).into();
        }
        page
    }

    fn start(self, n: i64) -> Timestamp {
        self.now - self.interval * i32::try_from(n + 1).unwrap()
    }

    fn status(n: i64) -> &'static str {
        if n % FAILS == FAILS - 1 {
            "Failed"
        } else {
            "Succeeded"
        }
    }

    fn run(n: i64, start: Timestamp) -> Value {
        let status = Self::status(n);
        let mut run = json!({
            "name": format!("{:020}123456789012CU00", 8_584_000_000_000_000_000_i64 + n),
            "properties": {
                "status": status,
                "startTime": start.to_string(),
                "endTime": (start + SignedDuration::from_secs(20)).to_string(),
                "trigger": { "name": "Every_minute" },
            },
        });
        if status == "Failed" {
            let log =
                "2026-11-24T08:30:00.123456+00:00 app[worker.1]: a line of the log\n".repeat(20);
            run["properties"]["error"] = json!({
                "code": "exit status 3",
                "message": format!("the command ended with 3\n{log}"),
            });
        }
        run
    }
}
