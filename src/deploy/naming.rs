//! Names, tags, and descriptions that identify what Picletter creates.

use crate::shell::quoted;

/// Name and value of the Azure tag on every resource Picletter creates.
pub const MADE_BY: (&str, &str) = ("made-by", "picletter");
/// The workflow's tag with the id of the Heroku authorization whose token it holds.
pub const AUTHORIZATION_TAG: &str = "heroku-authorization";
/// The workflow's tag with the fingerprint of the alerts' webhook.
pub(super) const WEBHOOK_TAG: &str = "alert-webhook";
/// The workflow's tag with the ids of the Heroku authorizations whose tokens it held before, separated
/// by spaces: runs that began with one of them may still need it.
pub const REPLACED_TAG: &str = "replaced-heroku-authorizations";
/// Prefix of the description of every Heroku authorization Picletter creates.
pub(super) const AUTHORIZATION_PREFIX: &str = "Picletter: ";
/// What separates the workflow's name from the app's in such a description.
pub(super) const STARTS: &str = " starts ";
/// The config var that marks an app as created by Picletter.
pub const MADE_APP: &str = "PICLETTER_MADE_APP";

/// [`MADE_BY`] as the Azure CLI takes it.
pub(super) fn mark() -> String {
    let (name, value) = MADE_BY;
    format!("{name}={value}")
}

/// The command that restores the tag on the resource with that id, in backticks, and leaves all else as
/// it is. Not `az resource tag`: that writes the whole resource as it was read, without its secret
/// parameters.
/// Source: <https://learn.microsoft.com/cli/azure/tag#az-tag-update>.
pub(super) fn restore_mark(id: &str) -> String {
    format!(
        "`az tag update --resource-id {} --operation Merge --tags {}`",
        quoted(id),
        mark()
    )
}
