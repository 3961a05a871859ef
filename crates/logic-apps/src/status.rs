//! Statuses of runs, actions, and trigger firings.

use std::fmt;

/// The status of a run, an action, or a trigger firing. The names are the service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// Completed without an error.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Not started, because of how other actions ended.
    Skipped,
    /// Exceeded its time limit.
    TimedOut,
    /// Canceled before completion.
    Cancelled,
    /// In progress.
    Running,
    /// Waiting for other runs to end.
    Waiting,
}

impl Status {
    /// The name in the service's responses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
            Self::Running => "Running",
            Self::Waiting => "Waiting",
        }
    }

    /// Whether the status is final.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Running | Self::Waiting)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
