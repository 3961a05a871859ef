//! Responses of the fakes, compared with recorded ones of the same class.

use std::collections::BTreeSet;

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::recordings::classes::{Service, class_for};
use crate::recordings::recording::{Recording, recordings};
use crate::recordings::shape::Shape;

/// Headers that Picletter's clients or the vendors' own clients read.
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

/// Headers that recordings may lack. The recorder of the Azure CLI omits some (`FILTER_HEADERS` in
/// its `azure_devtools/scenario_tests/base.py`), as do manually shortened recordings.
const OMITTED: &[&str] = &[
    "ratelimit-remaining",
    "request-id",
    "retry-after",
    "x-ms-request-id",
];

/// The accepted differences, with reasons.
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

/// A response of a fake.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// JSON, a string for other text, or null for an empty body.
    pub(crate) body: Value,
}

/// Collects the differences between one service's fake and its recordings.
pub(crate) struct Comparison {
    service: Service,
    found: BTreeSet<String>,
    /// The classes and statuses of recordings that were compared.
    compared: BTreeSet<String>,
}

impl Comparison {
    pub(crate) fn new(service: Service) -> Self {
        Self {
            service,
            found: BTreeSet::new(),
            compared: BTreeSet::new(),
        }
    }

    /// The name of a class and status.
    fn kind(&self, method: &str, path: &str, status: u16) -> String {
        format!("{:?} {method} {path} {status}", self.service)
    }

    /// Compares a response with the recordings of a class with this status.
    pub(crate) fn add(&mut self, method: &str, path: &str, status: u16, answer: &Answer) {
        self.add_where(method, path, status, "", answer, |_| true);
    }

    /// The same, with only those recordings for which `fits` is true.
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
                class_for(one).is_some_and(|class| {
                    class.service == self.service
                        && one.method == method
                        && class.path.eq_ignore_ascii_case(path)
                })
            })
            .filter(|one| fits(one))
            .collect();
        assert!(!recorded.is_empty(), "{kind}: there is no recording");
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
                .filter_map(|one| header_value(&one.headers, name))
                .collect();
            match header_value(&answer.headers, name) {
                None if !theirs.is_empty() => add(format!("the header {name} is missing")),
                Some(_) if theirs.is_empty() && !is_omitted(name, &recorded) => {
                    add(format!("the header {name} is never recorded"));
                }
                Some(ours) if *name == "content-type" && !theirs.contains(&ours) => {
                    add(format!("the content type is {ours}, recorded: {theirs:?}"));
                }
                _ => {}
            }
        }
        let theirs = Shape::new(recorded.iter().map(|one| &one.body));
        for difference in Shape::new([&answer.body]).differences(&theirs, "body") {
            add(difference);
        }
    }

    /// Compares a part of a response with the same part of recorded ones.
    pub(crate) fn add_part<'a>(
        &mut self,
        name: &str,
        ours: &Value,
        recorded: impl Iterator<Item = &'a Value>,
    ) {
        let recorded = Shape::new(recorded);
        for difference in Shape::new([ours]).differences(&recorded, "it") {
            let service = self.service;
            self.found
                .insert(format!("{service:?} {name}: {difference}"));
        }
    }

    /// Adds the classes that were not compared.
    fn find_missing(&mut self) {
        for one in recordings() {
            if one.service != self.service {
                continue;
            }
            let class = class_for(one).expect("a class");
            let kind = self.kind(&one.method, class.path, one.status);
            if !self.compared.contains(&kind) {
                self.found.insert(format!("{kind}: it is not compared"));
            }
        }
    }

    /// Compares the differences with the accepted ones, all of which must still occur.
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
            "not accepted: {new:#?}\naccepted, but no longer found: {gone:#?}"
        );
    }
}

/// Whether these recordings may lack a header that was sent.
fn is_omitted(name: &str, recorded: &[&Recording]) -> bool {
    let is_complete = |one: &&Recording| one.source.starts_with("Azure/azure-dev@");
    OMITTED.contains(&name) && !recorded.iter().any(is_complete)
}

/// The value of a header, without the parameters of a content type.
fn header_value(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().unwrap();
    let value = value.split(';').next().unwrap();
    Some(value.trim().to_owned())
}
