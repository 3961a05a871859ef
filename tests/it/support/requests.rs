//! The requests of a command.

use std::collections::BTreeMap;

use http::Method;

use super::state;

/// A request, the `nth` of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sent {
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) nth: usize,
}

/// Those of a record but for what `is_others` says is not the command's own; of those that are sent
/// again and again, the first two. In the order of their paths, since their own depends on which
/// answer comes first.
pub(crate) fn sent(record: Vec<(Method, String)>, is_others: impl Fn(&str) -> bool) -> Vec<Sent> {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut sent = Vec::new();
    for (method, path) in record {
        let path = state::pattern(&path);
        if is_others(&path) {
            continue;
        }
        let nth = seen.entry((method.to_string(), path.clone())).or_default();
        *nth += 1;
        // How often is looked depends on how fast things go.
        let looks = method == Method::GET
            && ["/runs/", "/deployments/", "/operationresults/"]
                .iter()
                .any(|part| path.contains(part));
        if *nth == 1 || *nth == 2 && !looks {
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
