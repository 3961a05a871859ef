//! The requests that a command sent.

use std::collections::BTreeMap;

use http::Method;

use super::state;

/// The `nth` request with this method and path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sent {
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) nth: usize,
}

/// Returns the recorded requests, except those that another client sent: `is_sent_by_others` is true
/// for their paths. Of repeated requests, keeps the first two. Sorted by path, because the order of
/// sending varies.
pub(crate) fn sent(
    record: Vec<(Method, String)>,
    is_sent_by_others: impl Fn(&str) -> bool,
) -> Vec<Sent> {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut sent = Vec::new();
    for (method, path) in record {
        let path = state::pattern(&path);
        if is_sent_by_others(&path) {
            continue;
        }
        let nth = seen.entry((method.to_string(), path.clone())).or_default();
        *nth += 1;
        // How often a command polls depends on timing.
        let is_poll = method == Method::GET
            && ["/runs/", "/deployments/", "/operationresults/"]
                .iter()
                .any(|part| path.contains(part));
        if *nth == 1 || *nth == 2 && !is_poll {
            sent.push(Sent {
                method: method.to_string(),
                path,
                nth: *nth,
            });
        }
    }
    sent.sort();
    sent
}
