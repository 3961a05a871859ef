//! Checks for a series of workflows, many of which have the same actions.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use super::error::LoadError;
use super::{Header, load_actions};

/// Maximum number of cached sets of actions. Comparing with more would take as long as loading the
/// actions again.
const MAX_CACHED: usize = 16;

/// Checks workflows one after another, and caches valid actions. Loading actions takes most of the
/// time, so actions that equal those of an earlier workflow are not loaded again.
#[derive(Debug, Default)]
pub struct Checker {
    /// Valid actions, the most recently used first.
    valid: VecDeque<ActionSet>,
}

/// A set of actions, with everything else that its check depends on.
#[derive(Debug, PartialEq)]
struct ActionSet {
    actions: Option<Value>,
    /// Names in lower case.
    parameters: BTreeSet<String>,
}

impl Checker {
    /// Checks `properties`, with the same result as [`Definition::load`](super::Definition::load).
    ///
    /// # Errors
    /// The first part that is invalid, unknown, or not supported here.
    pub fn check(&mut self, properties: &Value, now: Timestamp) -> Result<(), LoadError> {
        let header = Header::read(properties, now)?;
        let known = self.valid.iter().position(|action_set| {
            action_set.actions.as_ref() == header.actions
                && action_set.parameters.len() == header.parameters.len()
                && header
                    .parameters
                    .keys()
                    .all(|name| action_set.parameters.contains(name))
        });
        let action_set = if let Some(action_set) = known.and_then(|index| self.valid.remove(index))
        {
            action_set
        } else {
            load_actions(header.actions, &header.parameters)?;
            self.valid.truncate(MAX_CACHED - 1);
            ActionSet {
                actions: header.actions.cloned(),
                parameters: header.parameters.into_keys().collect(),
            }
        };
        self.valid.push_front(action_set);
        Ok(())
    }
}
