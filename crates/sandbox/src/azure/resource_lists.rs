//! Lists of the resources in a subscription or a group, with `$filter` and `$expand`.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/resources/list>.

use serde_json::{Value, json};

use super::Core;
use super::api::{Answer, ok};
use super::call::Call;
use super::groups::normalized;
use super::refusal::Refusal;
use super::resources::Resource;

impl Core {
    /// The resources of a subscription, or of one of its groups.
    pub(super) fn resources(&self, call: &Call, subscription: &str, group: Option<&str>) -> Answer {
        let conditions = conditions(call.query("$filter").unwrap_or_default())?;
        let expand = call.query("$expand").unwrap_or_default();
        let state = self.state();
        let groups = state.groups.all.iter().filter(|one| {
            one.subscription.eq_ignore_ascii_case(subscription)
                && group.is_none_or(|group| one.name.eq_ignore_ascii_case(group))
        });
        let value: Vec<Value> = groups
            .flat_map(|group| group.resources.iter().map(move |one| (group, one)))
            .filter(|(group, resource)| {
                let mut conditions = conditions.iter();
                conditions.all(|condition| condition.holds(&group.name, resource))
            })
            .map(|(group, resource)| resource.listed(group.place(), expand))
            .collect();
        Ok(ok(&json!({ "value": value })))
    }
}

enum Field {
    ResourceGroup,
    ResourceType,
    Name,
    Location,
    TagName,
    TagValue,
}

/// `FIELD eq 'VALUE'`.
struct Condition {
    field: Field,
    value: String,
}

impl Condition {
    fn holds(&self, group: &str, resource: &Resource) -> bool {
        let is = |text: &str| text.eq_ignore_ascii_case(&self.value);
        let mut tags = resource.tags.as_object().into_iter().flatten();
        match self.field {
            Field::ResourceGroup => is(group),
            Field::ResourceType => is(resource.kind.name),
            Field::Name => is(&resource.name),
            Field::Location => normalized(&self.value) == resource.location,
            Field::TagName => tags.any(|(name, _)| is(name)),
            Field::TagValue => tags.any(|(_, value)| value == &self.value),
        }
    }
}

fn conditions(filter: &str) -> Result<Vec<Condition>, Refusal> {
    let parts = filter.split(" and ").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            condition(part).ok_or_else(|| {
                Refusal::bad_request(
                    "InvalidFilterInQueryString",
                    format!("Invalid $filter '{filter}' specified in the query string."),
                )
            })
        })
        .collect()
}

fn condition(text: &str) -> Option<Condition> {
    let (field, value) = text.split_once(" eq ")?;
    let field = match field.trim().to_ascii_lowercase().as_str() {
        "resourcegroup" => Field::ResourceGroup,
        "resourcetype" => Field::ResourceType,
        "name" => Field::Name,
        "location" => Field::Location,
        "tagname" => Field::TagName,
        "tagvalue" => Field::TagValue,
        _ => return None,
    };
    let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    Some(Condition {
        field,
        value: value.replace("''", "'"),
    })
}
