//! What an interrupted command leaves, and what to do then.

use std::fmt;

use crate::shell::picletter;

/// What a command has done so far.
#[derive(Debug, Clone, Default)]
pub(super) enum Interrupted {
    /// It has changed nothing.
    #[default]
    Unchanged,
    /// An interruption is how it ends.
    Expected,
    /// It has begun to change something; repeated, it continues.
    Resumable,
    /// It has requested a run, and has no answer yet.
    RunRequested,
    /// It has started the run of this id.
    RunStarted(String),
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("interrupted; nothing was changed"),
            Self::Expected => f.write_str("interrupted"),
            Self::Resumable => f.write_str(
                "interrupted; completed steps are kept, and the same command continues from there",
            ),
            Self::RunRequested => write!(
                f,
                "interrupted; a run may have started: {} shows it",
                picletter("status")
            ),
            Self::RunStarted(id) => write!(
                f,
                "interrupted; the run {id} continues in Azure: {} shows how it ends, {} its output",
                picletter("status"),
                picletter(&format!("logs --run {id}"))
            ),
        }
    }
}
