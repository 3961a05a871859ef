//! Signatures of the functions that depend on the workflow, the trigger, or the run.

use crate::expression::Signature;

const fn takes(name: &'static str, min: usize, max: usize) -> Signature {
    Signature { name, min, max }
}

/// Functions available in the conditions of a trigger, which are evaluated before a run exists.
pub(super) const TRIGGER_FUNCTIONS: [Signature; 4] = [
    takes("parameters", 1, 1),
    takes("trigger", 0, 0),
    takes("triggerBody", 0, 0),
    takes("triggerOutputs", 0, 0),
];

/// Functions available in the actions of a workflow: the "workflow functions" of
/// `workflow-definition-language-functions-reference.md`, except those for connectors and form
/// data.
pub(super) const WORKFLOW_FUNCTIONS: [Signature; 17] = [
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
