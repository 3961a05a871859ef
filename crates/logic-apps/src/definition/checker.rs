//! Validates a series of deployments of one template. Many of the deployments have the same actions.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::error::LoadError;
use super::{Definition, Header};
use crate::arm::{ArmError, Property, ResourceGroup, Template, WORKFLOW, find_workflow};

/// Maximum number of cached sets of actions. Comparing with more would take as long as loading the
/// actions again.
const MAX_CACHED: usize = 16;

const ACTIONS: Property<'_> = Property {
    resource_type: WORKFLOW,
    path: &["definition", "actions"],
};

/// Why a template's workflow cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The template rejects the parameters.
    #[error("invalid template parameters: {0}")]
    Template(#[from] ArmError),
    /// The service would reject the workflow.
    #[error("invalid workflow: {0}")]
    Workflow(#[from] LoadError),
}

/// Checks deployments of a template one after another, and caches valid actions. Evaluating and
/// loading the actions takes most of the time, so this happens once for all deployments in which the
/// actions are the same.
#[derive(Debug)]
pub struct Checker<'t> {
    template: &'t Template,
    /// Valid actions, the most recently used first.
    valid: VecDeque<ActionSet>,
}

/// The cache key for a set of actions: the values that determine the actions, and the other values that
/// their check depends on.
#[derive(Debug)]
struct ActionSet {
    /// The results of the template's expressions in the actions.
    results: Vec<Value>,
    /// The workflow's parameters. Names in lower case.
    parameters: BTreeSet<String>,
}

impl<'t> Checker<'t> {
    /// A checker for deployments of `template`.
    pub fn new(template: &'t Template) -> Self {
        Self {
            template,
            valid: VecDeque::new(),
        }
    }

    /// Checks the workflow of a deployment, with the same result as [`Template::deploy`] and
    /// [`Definition::load`].
    ///
    /// # Errors
    /// The template rejects the parameters, or the service would reject the workflow.
    pub fn check(
        &mut self,
        parameters: &Map<String, Value>,
        group: &ResourceGroup,
        now: Timestamp,
    ) -> Result<(), DeployError> {
        let action_set = self.template.deploy_without(
            &ACTIONS,
            parameters,
            group,
            now,
            |deployment, results| -> Result<_, DeployError> {
                let workflow = find_workflow(deployment.resources)?;
                let header = Header::read(&workflow.properties, now)?;
                let known = self.valid.iter().position(|action_set| {
                    action_set
                        .results
                        .iter()
                        .eq(results.iter().map(AsRef::as_ref))
                        && action_set.parameters.len() == header.parameters.len()
                        && header
                            .parameters
                            .keys()
                            .all(|name| action_set.parameters.contains(name))
                });
                Ok(known
                    .and_then(|index| self.valid.remove(index))
                    .ok_or_else(|| ActionSet {
                        results: results.iter().map(|value| (**value).clone()).collect(),
                        parameters: header.parameters.into_keys().collect(),
                    }))
            },
        )??;
        let action_set = match action_set {
            Ok(known) => known,
            Err(new) => {
                let deployment = self.template.deploy(parameters, group, now)?;
                let workflow = find_workflow(deployment.resources)?;
                Definition::load(&workflow.properties, now)?;
                self.valid.truncate(MAX_CACHED - 1);
                new
            }
        };
        self.valid.push_front(action_set);
        Ok(())
    }
}
