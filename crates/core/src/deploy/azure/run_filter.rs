//! Which runs of a workflow are listed.
//!
//! Source: <https://learn.microsoft.com/rest/api/logic/workflow-runs/list>: filters by `Status`,
//! `StartTime`, and `ClientTrackingId`. It does not document combined filters.

use jiff::Timestamp;
use url::Url;

use super::arm::Arm;
use crate::deploy::api_version::WORKFLOWS;

/// The largest page of runs.
/// Source: <https://learn.microsoft.com/azure/logic-apps/logic-apps-limits-and-config>.
const LARGEST_PAGE: usize = 250;

/// A condition on runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunFilter {
    /// Started then or later.
    Since(Timestamp),
    /// With this status.
    Status(&'static str),
}

impl Arm {
    /// The URL of a list of runs, newest first, in pages of at most `most`.
    pub(super) fn runs_url(&self, workflow: &str, most: usize, filter: Option<RunFilter>) -> Url {
        let mut url = self.url(&format!("{workflow}/runs"), WORKFLOWS);
        url.query_pairs_mut()
            .append_pair("$top", &most.clamp(1, LARGEST_PAGE).to_string());
        let filter = filter.map(|filter| match filter {
            RunFilter::Since(since) => format!("startTime ge {since}"),
            RunFilter::Status(status) => format!("status eq '{status}'"),
        });
        if let Some(filter) = filter {
            url.query_pairs_mut().append_pair("$filter", &filter);
        }
        // Encodes the query as Microsoft's clients do: `$` stays as it is. A space becomes `%20`,
        // because only some servers decode a plus as a space.
        let query = url.query().unwrap_or_default().replace("%24", "$");
        url.set_query(Some(&query.replace('+', "%20")));
        url
    }
}
