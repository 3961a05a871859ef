//! Which of a deployment's Heroku authorizations can be revoked.
//!
//! A run keeps the token that it began with to its end: it needs it to look at its dyno and to stop it.
//! A deployment under way has an authorization that the workflow does not hold yet. Neither may lose
//! its token.

use jiff::{SignedDuration, Timestamp};

use super::azure::Run;
use super::desired::DesiredState;
use super::heroku::Authorization;
use super::live::{LiveAzure, LiveState};

/// The longest time from the creation of an authorization until a workflow holds it.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);

/// The deployment's authorizations, apart from those that its workflows hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unused {
    /// Ids of those that nothing needs.
    pub revocable: Vec<String>,
    /// The id of an active run that may still use others of them.
    pub needed_by: Option<String>,
}

impl Unused {
    /// Sorts what is `live`. What `known` does not list and no workflow ever held belongs to a
    /// deployment under way: it is in neither list.
    pub fn new(live: &LiveState, known: &[Authorization]) -> Self {
        let azure = &live.azure;
        let ids = live.heroku.authorizations.iter().map(|one| &one.id);
        let unused = ids
            .filter(|id| !azure.holds(id))
            .filter(|id| azure.was_held(id) || known.iter().any(|known| known.id == **id));
        let unused: Vec<String> = unused.cloned().collect();
        match run_from_before(live) {
            Some(run) if !unused.is_empty() => Self {
                revocable: Vec::new(),
                needed_by: Some(run.id.clone()),
            },
            _ => Self {
                revocable: unused,
                needed_by: None,
            },
        }
    }
}

/// An active run that began before its workflow was last changed, and so may hold an earlier token.
fn run_from_before(live: &LiveState) -> Option<&Run> {
    let changed = |name: &str| {
        let mut workflows = live.azure.workflows.iter();
        workflows.find(|workflow| workflow.name == name)?.changed
    };
    let active = live.active_runs.iter().filter(|active| {
        match (active.run.start, changed(&active.workflow)) {
            (Some(start), Some(changed)) => start <= changed,
            _ => true,
        }
    });
    active.map(|active| &active.run).next()
}

/// Whether a deployment may be about to give a workflow this authorization at `now`.
pub(super) fn is_of_deployment_under_way(
    authorization: &Authorization,
    azure: &LiveAzure,
    desired: &DesiredState,
    now: Timestamp,
) -> bool {
    let Authorization { id, created_at, .. } = authorization;
    // A deployment of several jobs gives it to one workflow after another.
    !azure.all_hold(id, desired)
        && !azure.was_held(id)
        && now.duration_since(*created_at) < UNDER_WAY
}
