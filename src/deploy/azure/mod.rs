//! Azure Resource Manager and Logic Apps, as far as a scheduled job needs them.
//!
//! - [`Credential`]: who signs in; from the environment, by Microsoft's own `azure_identity`.
//! - [`Arm`]: subscriptions, resource groups, resources, deployments, workflows and their runs.
//! - [`follow_run`]: a run watched to its end.
//! - [`Error`]: what failed, in Azure's words, and what to do next.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/> and
//! <https://learn.microsoft.com/rest/api/logic/>.
//!
//! Modules from the bottom up; each uses only those of the lines above its own:
//!
//! 1. `words`, `advice`: Azure's words in an error, and what to do about them.
//! 2. `transport`: Microsoft's own sign-in over our HTTP client.
//! 3. `sign_in`
//! 4. `error`
//! 5. `arm`: a request to Azure Resource Manager.
//! 6. `access`, `long_running`, `subscriptions`
//! 7. `resources`
//! 8. `content`: inputs and outputs of an action. `deployment`. `run_filter`: which runs are listed.
//! 9. `runs`
//! 10. `follow`, `run_outcome`, `run_pages`, `what_if`, `workflow`

/// How many workflows of a deployment are worked on at the same time. Azure Resource Manager takes bursts
/// of 200 writes and 250 reads, and 10 and 25 a second after that.
/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>.
pub(super) const AT_ONCE: usize = 8;

/// How many run histories are read at the same time.
pub(crate) const READS_AT_ONCE: usize = 32;

mod access;
mod advice;
mod arm;
mod content;
mod deployment;
mod error;
mod follow;
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
mod words;
mod workflow;

pub use access::{Permission, Provider};
pub use arm::Arm;
pub use content::{Bounded, ContentLink};
pub use deployment::{Deployed, Deployment, Operation, Parameter};
pub use error::{Detail, Error, Refusal};
pub use follow::{RunEvent, follow_run};
pub(crate) use resources::within_group;
pub use resources::{Resource, ResourceGroup};
pub use run_filter::RunFilter;
pub use run_outcome::RunOutcome;
pub use run_pages::{NextPage, RunPage};
pub use runs::{Action, ActionContent, Run};
pub(super) use sign_in::AUTHORITY;
pub use sign_in::{Credential, SignInError};
pub use subscriptions::Subscription;
pub use what_if::{ChangeType, PropertyChange, WhatIfChange};
pub use workflow::{Trigger, Workflow, WorkflowState};
