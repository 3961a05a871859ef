//! The functions that ask where an expression of a workflow stands.

use crate::expression::Signature;

const fn takes(name: &'static str, min: usize, max: usize) -> Signature {
    Signature { name, min, max }
}

/// Those that the conditions of a trigger can use: no run has begun.
pub(super) const OF_TRIGGERS: [Signature; 4] = [
    takes("parameters", 1, 1),
    takes("trigger", 0, 0),
    takes("triggerBody", 0, 0),
    takes("triggerOutputs", 0, 0),
];

/// The "workflow functions" of `workflow-definition-language-functions-reference.md` that need no
/// connector and no form data.
pub(super) const OF_WORKFLOWS: [Signature; 17] = [
    takes("action", 0, 0),
    takes("actionBody", 1, 1),
    takes("actionOutputs", 1, 1),
    takes("actions", 1, 1),
    takes("body", 1, 1),
    takes("item", 0, 0),
    takes("items", 1, 1),
    takes("iterationIndexes", 1, 1),
    takes("listCallbackUrl", 0, 0),
    takes("outputs", 1, 1),
    takes("parameters", 1, 1),
    takes("result", 1, 1),
    takes("trigger", 0, 0),
    takes("triggerBody", 0, 0),
    takes("triggerOutputs", 0, 0),
    takes("variables", 1, 1),
    takes("workflow", 0, 0),
];
