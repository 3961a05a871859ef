//! The color and the mark of an outcome.

use picletter_core::deploy::status::Outcome;

/// How an outcome is colored and marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Succeeded.
    Good,
    /// Failed.
    Bad,
    /// Skipped on purpose, or without a result.
    Quiet,
    /// In progress.
    Going,
}

impl Tone {
    /// CSS class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
            Self::Going => "going",
        }
    }

    /// A character, so that color carries no meaning alone.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Quiet => "–",
            Self::Going => "…",
        }
    }

    /// The tone of a run.
    pub(crate) fn for_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Good,
            Outcome::Failed => Self::Bad,
            Outcome::Skipped => Self::Quiet,
            Outcome::Running => Self::Going,
        }
    }

    /// The tone of an action, by Azure's status.
    pub(crate) fn for_status(status: &str) -> Self {
        match status {
            "Succeeded" => Self::Good,
            "Running" | "Waiting" | "Paused" | "Suspended" => Self::Going,
            "Cancelled" | "Skipped" | "Aborted" | "Ignored" => Self::Quiet,
            _ => Self::Bad,
        }
    }
}
