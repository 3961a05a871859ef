//! Checks of many workflows that share their actions.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use super::error::LoadError;
use super::{Header, load_actions};

/// How many different sets of actions are remembered. Comparing with more would take as long as
/// loading the actions again.
const MOST_SHAPES: usize = 16;

/// Checks workflows one after another. Actions that an earlier workflow had as well are not loaded
/// again, which takes most of the time.
#[derive(Debug, Default)]
pub struct Checker {
    /// Valid actions, the most recently used first.
    valid: VecDeque<Shape>,
}

/// All that the check of actions depends on.
#[derive(Debug, PartialEq)]
struct Shape {
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
        let known = self.valid.iter().position(|shape| {
            shape.actions.as_ref() == header.actions
                && shape.parameters.len() == header.parameters.len()
                && header
                    .parameters
                    .keys()
                    .all(|name| shape.parameters.contains(name))
        });
        let shape = if let Some(shape) = known.and_then(|index| self.valid.remove(index)) {
            shape
        } else {
            load_actions(header.actions, &header.parameters)?;
            self.valid.truncate(MOST_SHAPES - 1);
            Shape {
                actions: header.actions.cloned(),
                parameters: header.parameters.into_keys().collect(),
            }
        };
        self.valid.push_front(shape);
        Ok(())
    }
}
