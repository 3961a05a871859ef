//! The state that an interrupted command leaves, and the next step.

use std::fmt;

use picletter_core::shell::picletter;

/// The progress of a command.
#[derive(Debug, Clone, Default)]
pub(super) enum Interrupted {
    /// It has changed nothing.
    #[default]
    Unchanged,
    /// It runs until it is interrupted.
    Expected,
    /// It has started to change something; the same command resumes it.
    Resumable,
    /// It has deployed everything, and has not started a run.
    Deployed,
    /// It has requested a run, and has no response yet.
    RunRequested,
    /// It has started the run with this id.
    RunStarted(String),
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("interrupted; nothing was changed"),
            Self::Expected => f.write_str("interrupted"),
            Self::Resumable => {
                f.write_str("interrupted; completed steps are kept: repeat the command to resume")
            }
            Self::Deployed => {
                f.write_str("interrupted; the deployment is complete, and no run was started")
            }
            Self::RunRequested => write!(
                f,
                "interrupted; a run may have started: see {}",
                picletter("status")
            ),
            Self::RunStarted(id) => write!(
                f,
                "interrupted; run {id} continues in Azure: {} shows its outcome, {} its output",
                picletter("status"),
                picletter(&format!("logs --run {id}"))
            ),
        }
    }
}
