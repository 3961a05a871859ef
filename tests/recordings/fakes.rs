//! Our fakes' answers, compared with recorded ones of the same kind.

use std::collections::BTreeSet;

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::classes::{Service, class_of};
use crate::recording::{Recording, recordings};
use crate::shape::Shape;

/// The headers that our clients or the vendors' own read.
const READ_BY_CLIENTS: &[&str] = &[
    "azure-asyncoperation",
    "content-type",
    "etag",
    "location",
    "next-range",
    "ratelimit-multiplier",
    "ratelimit-remaining",
    "request-id",
    "retry-after",
    "x-message-id",
    "x-ms-client-tracking-id",
    "x-ms-correlation-id",
    "x-ms-execution-location",
    "x-ms-request-id",
    "x-ms-tracking-id",
    "x-ms-trigger-history-name",
    "x-ms-workflow-id",
    "x-ms-workflow-name",
    "x-ms-workflow-run-id",
    "x-ms-workflow-system-id",
    "x-ms-workflow-version",
];

/// Of these, recordings lack some because whoever recorded left them out.
const LEFT_OUT: &[&str] = &["ratelimit-remaining", "request-id", "x-ms-request-id"];

/// The differences that we accept, with their reasons.
const ACCEPTED: &str = include_str!("accepted.toml");

#[derive(Debug, Deserialize)]
struct Accepted {
    accepted: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    reason: String,
    differences: Vec<String>,
}

/// An answer of a fake.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// JSON, a string for another text, null for none.
    pub(crate) body: Value,
}

/// Collects the differences between one service's fake and its recordings.
pub(crate) struct Comparison {
    service: Service,
    found: BTreeSet<String>,
}

impl Comparison {
    pub(crate) fn of(service: Service) -> Self {
        Self {
            service,
            found: BTreeSet::new(),
        }
    }

    /// Compares an answer with the recordings of a class that have this status.
    pub(crate) fn add(&mut self, method: &str, path: &str, status: u16, answer: &Answer) {
        self.add_where(method, path, status, "", answer, |_| true);
    }

    /// The same, only with recordings that fit.
    pub(crate) fn add_where(
        &mut self,
        method: &str,
        path: &str,
        status: u16,
        name: &str,
        answer: &Answer,
        fits: impl Fn(&Recording) -> bool,
    ) {
        let kind = format!("{:?} {method} {path} {status}{name}", self.service);
        let recorded: Vec<_> = recordings()
            .iter()
            .filter(|one| one.status == status)
            .filter(|one| {
                class_of(one).is_some_and(|class| {
                    class.service == self.service
                        && one.method == method
                        && class.path.eq_ignore_ascii_case(path)
                })
            })
            .filter(|one| fits(one))
            .collect();
        assert!(!recorded.is_empty(), "{kind}: nothing is recorded");
        let mut add = |difference: String| {
            self.found.insert(format!("{kind}: {difference}"));
        };
        if answer.status != status {
            add(format!("the status is {}", answer.status));
        }
        for name in READ_BY_CLIENTS {
            let theirs: BTreeSet<_> = recorded
                .iter()
                .filter_map(|one| essence(&one.headers, name))
                .collect();
            match essence(&answer.headers, name) {
                None if !theirs.is_empty() => add(format!("the header {name} is missing")),
                Some(_) if theirs.is_empty() && !LEFT_OUT.contains(name) => {
                    add(format!("the header {name} is never recorded"));
                }
                Some(ours) if *name == "content-type" && !theirs.contains(&ours) => {
                    add(format!("the content type is {ours}, recorded: {theirs:?}"));
                }
                _ => {}
            }
        }
        let theirs = Shape::of(recorded.iter().map(|one| &one.body));
        for difference in Shape::of([&answer.body]).differences(&theirs, "body") {
            add(difference);
        }
    }

    /// Compares the differences with those that are accepted: each of these must still occur.
    pub(crate) fn check(self) {
        let accepted: Accepted = toml::from_str(ACCEPTED).unwrap();
        let groups = &accepted.accepted;
        assert!(
            groups.iter().all(|group| group.reason.len() > 20),
            "a reason is missing"
        );
        let service = format!("{:?} ", self.service);
        let accepted: Vec<_> = groups.iter().flat_map(|group| &group.differences).collect();
        let unique: BTreeSet<String> = accepted
            .iter()
            .filter(|one| one.starts_with(&service))
            .map(ToString::to_string)
            .collect();
        let new: Vec<_> = self.found.difference(&unique).collect();
        let gone: Vec<_> = unique.difference(&self.found).collect();
        assert!(
            new.is_empty() && gone.is_empty(),
            "not accepted: {new:#?}\naccepted, and no longer there: {gone:#?}"
        );
    }
}

/// A header, of a content type without its parameters.
fn essence(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().unwrap();
    let value = value.split(';').next().unwrap();
    Some(value.trim().to_owned())
}
