//! The tag by which a resource at Azure says that Picletter made it.

use super::wanted::MADE_BY;
use crate::shell::quoted;

/// The tag as the Azure CLI takes it.
pub(super) fn mark() -> String {
    let (name, value) = MADE_BY;
    format!("{name}={value}")
}

/// The command that gives the resource of that id the tag again, in backticks, and leaves all else as it
/// is. Not `az resource tag`: that puts the whole resource as it was read, without its secret parameters.
/// Source: <https://learn.microsoft.com/cli/azure/tag#az-tag-update>.
pub(super) fn restore_mark(id: &str) -> String {
    format!(
        "`az tag update --resource-id {} --operation Merge --tags {}`",
        quoted(id),
        mark()
    )
}
