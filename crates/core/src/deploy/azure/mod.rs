//! Client of Azure Resource Manager and Logic Apps.
//!
//! - [`Credential`]: sign-in from the environment, through Microsoft's `azure_identity`.
//! - [`Arm`]: subscriptions, resource groups, resources, deployments, workflows, and their runs.
//! - [`follow_run`]: follows a run to its end.
//! - [`Error`]: Azure's errors, with help.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/> and
//! <https://learn.microsoft.com/rest/api/logic/>.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. `excerpt`, `help`: excerpts of answers, and help for errors.
//! 2. `transport`: Microsoft's own sign-in over our HTTP client.
//! 3. `sign_in`
//! 4. `error`
//! 5. `arm`: a request to Azure Resource Manager.
//! 6. `access`, `long_running`, `subscriptions`
//! 7. `resources`
//! 8. `content` (inputs and outputs of an action), `deployment`, `run_filter` (which runs are listed)
//! 9. `runs`
//! 10. `follow`, `run_outcome`, `run_pages`, `what_if`, `workflow`

/// Maximum number of concurrent operations on workflows. Azure Resource Manager accepts bursts of
/// 200 writes and 250 reads, then 10 and 25 per second.
/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>.
pub(super) const AT_ONCE: usize = 8;

/// Maximum number of run histories that are read concurrently.
pub const READS_AT_ONCE: usize = 32;

mod access;
mod arm;
mod content;
mod deployment;
mod error;
mod excerpt;
mod follow;
mod help;
mod long_running;
mod resources;
mod run_filter;
mod run_outcome;
mod run_pages;
mod runs;
mod sign_in;
mod subscriptions;
mod transport;
mod what_if;
mod workflow;

pub use access::{Permission, Provider};
pub use arm::Arm;
pub use content::{Bounded, ContentLink};
pub use deployment::{Deployed, Deployment, Operation, Parameter};
pub use error::{Detail, Error, Refusal};
pub use follow::{RunEvent, follow_run};
pub use resources::within_group;
pub use resources::{Resource, ResourceGroup};
pub use run_filter::RunFilter;
pub use run_outcome::RunOutcome;
pub use run_pages::{NextPage, RunPage};
pub use runs::{Action, ActionContent, Attempt, Run};
pub(super) use sign_in::AUTHORITY;
pub use sign_in::{Credential, SignInError};
pub use subscriptions::Subscription;
pub use what_if::{ChangeType, PropertyChange, WhatIfChange};
pub use workflow::{Trigger, Workflow, WorkflowState};
