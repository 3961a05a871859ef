//! How runs and actions stand.

use std::fmt;

/// How a run or an action stands, by the service's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// It has done what it should.
    Succeeded,
    /// It has not.
    Failed,
    /// It was not started, because of how others ended.
    Skipped,
    /// It took longer than its limit.
    TimedOut,
    /// It was ended from outside.
    Cancelled,
    /// It has begun and not ended.
    Running,
    /// It waits for other runs to end.
    Waiting,
}

impl Status {
    /// Its name in the service's answers.
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

    /// Whether nothing more will happen.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Running | Self::Waiting)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
