//! Which of a deployment's Heroku authorizations can be revoked.
//!
//! A run uses the same token from start to end, to read and stop its dyno. A deployment in progress
//! has an authorization that the workflow does not use yet. Neither may be revoked.

use jiff::{SignedDuration, Timestamp};

use super::desired::DesiredJob;
use super::heroku::Authorization;
use super::live::{ActiveRun, LiveAzure, LiveState};

/// The longest time from the creation of an authorization until a workflow uses it.
pub(super) const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);

/// The deployment's authorizations, except those that its workflows use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unused {
    /// Ids of unused ones.
    pub revocable: Vec<String>,
    /// The id of an active run that may still need one of the others.
    pub needed_by: Option<String>,
}

impl Unused {
    /// Classifies the authorizations in `live`. One that is not in `known` and that no workflow has
    /// ever used belongs to a deployment in progress, and is in neither list.
    pub fn new(live: &LiveState, known: &[Authorization]) -> Self {
        let azure = &live.azure;
        let ids = live.heroku.authorizations.iter().map(|one| &one.id);
        let unused = ids.filter(|id| !azure.uses_authorization(id)).filter(|id| {
            azure.replaced_authorization(id) || known.iter().any(|known| known.id == **id)
        });
        let unused: Vec<String> = unused.cloned().collect();
        match runs_from_before(live).next() {
            Some(active) if !unused.is_empty() => Self {
                revocable: Vec::new(),
                needed_by: Some(active.run.id.clone()),
            },
            _ => Self {
                revocable: unused,
                needed_by: None,
            },
        }
    }
}

/// Active runs that started before their workflow's last change, and so may use an earlier token.
pub(super) fn runs_from_before(live: &LiveState) -> impl Iterator<Item = &ActiveRun> {
    let changed = |name: &str| {
        let mut workflows = live.azure.workflows.iter();
        workflows.find(|workflow| workflow.name == name)?.changed
    };
    live.active_runs.iter().filter(move |active| {
        match (active.run.start, changed(&active.workflow)) {
            (Some(start), Some(changed)) => start <= changed,
            _ => true,
        }
    })
}

/// Whether a deployment may be about to give the workflow of one of `jobs` this authorization at `now`.
pub(super) fn belongs_to_active_deployment(
    authorization: &Authorization,
    azure: &LiveAzure,
    jobs: &[&DesiredJob],
    now: Timestamp,
) -> bool {
    let Authorization { id, created_at, .. } = authorization;
    // A deployment of several jobs updates one workflow after another.
    !azure.all_use_authorization(id, jobs)
        && !azure.replaced_authorization(id)
        && now.duration_since(*created_at) < UNDER_WAY
}
