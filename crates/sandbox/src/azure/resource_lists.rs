//! Lists of the resources in a subscription or a group, with `$expand` and the one `$filter` that
//! the Azure CLI uses: `resourceGroup eq 'NAME'`.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/resources/list>.

use serde_json::{Value, json};

use super::Core;
use super::api::{Answer, ok};
use super::call::Call;
use super::refusal::Refusal;

impl Core {
    /// Lists the resources of a subscription, or of one of its groups.
    pub(super) fn resources(&self, call: &Call, subscription: &str, group: Option<&str>) -> Answer {
        let filter = call.query("$filter").unwrap_or_default();
        let group = match filter {
            "" => group,
            filter => Some(group_in(filter)?),
        };
        let expand = call.query("$expand").unwrap_or_default();
        let state = self.state();
        let groups = state.groups.all.iter().filter(|one| {
            one.subscription.eq_ignore_ascii_case(subscription)
                && group.is_none_or(|group| one.name.eq_ignore_ascii_case(group))
        });
        let value: Vec<Value> = groups
            .flat_map(|group| group.resources.iter().map(move |one| (group, one)))
            .map(|(group, resource)| resource.listed(group.scope(), expand))
            .collect();
        Ok(ok(&json!({ "value": value })))
    }
}

fn group_in(filter: &str) -> Result<&str, Refusal> {
    let group = filter
        .strip_prefix("resourceGroup eq '")
        .and_then(|rest| rest.strip_suffix('\''));
    group.ok_or_else(|| {
        Refusal::bad_request(
            "InvalidFilterInQueryString",
            format!("Invalid $filter '{filter}' specified in the query string."),
        )
    })
}
