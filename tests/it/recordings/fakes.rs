//! Our fakes' answers, compared with recorded ones of the same kind.

use std::collections::BTreeSet;

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::recordings::classes::{Service, class_of};
use crate::recordings::recording::{Recording, recordings};
use crate::recordings::shape::Shape;

/// The headers that our clients or the vendors' own read.
const READ_BY_CLIENTS: &[&str] = &[
    "azure-asyncoperation",
    "content-type",
    "etag",
    "location",
    "next-range",
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

/// Of these, the recorder of the Azure CLI leaves some out (`FILTER_HEADERS` in its
/// `azure_devtools/scenario_tests/base.py`), and so did people who shortened what they recorded.
const LEFT_OUT: &[&str] = &[
    "ratelimit-remaining",
    "request-id",
    "retry-after",
    "x-ms-request-id",
];

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
    /// The kinds of recordings that were compared.
    compared: BTreeSet<String>,
}

impl Comparison {
    pub(crate) fn of(service: Service) -> Self {
        Self {
            service,
            found: BTreeSet::new(),
            compared: BTreeSet::new(),
        }
    }

    /// The name of a kind of recordings.
    fn kind(&self, method: &str, path: &str, status: u16) -> String {
        format!("{:?} {method} {path} {status}", self.service)
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
        let kind = self.kind(method, path, status);
        self.compared.insert(kind.clone());
        let kind = format!("{kind}{name}");
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
        if (answer.status >= 400) != (status >= 400) {
            return;
        }
        for name in READ_BY_CLIENTS {
            let theirs: BTreeSet<_> = recorded
                .iter()
                .filter_map(|one| essence(&one.headers, name))
                .collect();
            match essence(&answer.headers, name) {
                None if !theirs.is_empty() => add(format!("the header {name} is missing")),
                Some(_) if theirs.is_empty() && !is_left_out(name, &recorded) => {
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

    /// Compares a part of an answer with the same part of recorded ones.
    pub(crate) fn add_part<'a>(
        &mut self,
        name: &str,
        ours: &Value,
        recorded: impl Iterator<Item = &'a Value>,
    ) {
        let recorded = Shape::of(recorded);
        for difference in Shape::of([ours]).differences(&recorded, "it") {
            let service = self.service;
            self.found
                .insert(format!("{service:?} {name}: {difference}"));
        }
    }

    /// Finds the kinds that were not compared.
    fn find_missing(&mut self) {
        for one in recordings() {
            if one.service != self.service {
                continue;
            }
            let class = class_of(one).expect("a class");
            let kind = self.kind(&one.method, class.path, one.status);
            if !self.compared.contains(&kind) {
                self.found.insert(format!("{kind}: it is not compared"));
            }
        }
    }

    /// Compares the differences with those that are accepted: each of these must still occur.
    pub(crate) fn check(mut self) {
        self.find_missing();
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

/// Whether these recordings may lack a header that was sent.
fn is_left_out(name: &str, recorded: &[&Recording]) -> bool {
    let is_complete = |one: &&Recording| one.source.starts_with("Azure/azure-dev@");
    LEFT_OUT.contains(&name) && !recorded.iter().any(is_complete)
}

/// A header, of a content type without its parameters.
fn essence(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().unwrap();
    let value = value.split(';').next().unwrap();
    Some(value.trim().to_owned())
}
