//! The functions that an expression of a workflow can call.

use super::error::{At, LoadError, nearest};
use crate::logic_app::expression;

/// Those that ask where the expression stands, in lower case: the "workflow functions" of
/// `workflow-definition-language-functions-reference.md`.
const OF_WORKFLOWS: [&str; 19] = [
    "action",
    "actionbody",
    "actionoutputs",
    "actions",
    "body",
    "guid",
    "item",
    "items",
    "iterationindexes",
    "listcallbackurl",
    "outputs",
    "parameters",
    "rand",
    "result",
    "trigger",
    "triggerbody",
    "triggeroutputs",
    "variables",
    "workflow",
];

/// Whether there is a function of that name, which is in lower case.
pub(super) fn check(name: &str, at: &At<'_>) -> Result<(), LoadError> {
    if OF_WORKFLOWS.contains(&name) || expression::is_function(name) {
        return Ok(());
    }
    let mut known = OF_WORKFLOWS.to_vec();
    known.extend(expression::function_names());
    Err(at.error(format!(
        "there is no function {name}(){}",
        nearest(name, &known)
    )))
}
