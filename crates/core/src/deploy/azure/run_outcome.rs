//! The outcome of a failed run, from the error with which the template terminates it.
//!
//! Such an error has a code and a message. The template writes the outcome into the code, and an
//! exit status or Heroku's HTTP status after a fixed prefix.

use super::runs::Run;
use picletter_worker::outcome::Outcome;

/// The outcome of a failed run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// The worker reported it.
    Reported(Outcome),
    /// A shell reported the exit status of its command.
    ExitStatus(u8),
    /// The dyno started and did not report.
    NoReport,
    /// Heroku refused to list or start dynos, with this HTTP status if the message contains it.
    RefusedByHeroku(Option<u16>),
    /// Heroku's API was unavailable during all of `start_window`.
    HerokuUnavailable,
    /// The previous run did not end within `start_window`.
    PreviousRunStays,
    /// An error of Azure, or an outcome of a command that reports by itself.
    Other,
}

const REPORTED: [Outcome; 8] = [
    Outcome::Sent,
    Outcome::Usage,
    Outcome::Unavailable,
    Outcome::Unknown,
    Outcome::TryLater,
    Outcome::Protocol,
    Outcome::Refused,
    Outcome::Config,
];

/// The code of a command's exit status, before the number.
const EXIT_STATUS: &str = "exit status ";
const REFUSED_BY_HEROKU: &str = "refused_by_heroku";
/// The message of that code, before the HTTP status.
const WITH_STATUS: &str = "Heroku refused with status ";

impl Run {
    /// Its outcome.
    pub fn outcome(&self) -> RunOutcome {
        let code = self.code.as_deref().unwrap_or_default();
        if let Some(outcome) = REPORTED.into_iter().find(|one| one.name() == code) {
            return RunOutcome::Reported(outcome);
        }
        match code {
            "no_report" => RunOutcome::NoReport,
            REFUSED_BY_HEROKU => RunOutcome::RefusedByHeroku(self.heroku_status()),
            "heroku_unavailable" => RunOutcome::HerokuUnavailable,
            "previous_run_stays" => RunOutcome::PreviousRunStays,
            code => code
                .strip_prefix(EXIT_STATUS)
                .and_then(|status| status.parse().ok())
                .map_or(RunOutcome::Other, RunOutcome::ExitStatus),
        }
    }

    fn heroku_status(&self) -> Option<u16> {
        let after = self.message.as_deref()?.strip_prefix(WITH_STATUS)?;
        after.get(..3)?.parse().ok()
    }

    /// The exit status for its outcome: 0 for success, the worker's status for a reported outcome,
    /// the command's status if a shell reported it, otherwise 1.
    pub fn exit_status(&self) -> u8 {
        if self.status == "Succeeded" {
            return 0;
        }
        let status = match self.outcome() {
            RunOutcome::Reported(outcome) => outcome.exit_code(),
            RunOutcome::ExitStatus(status) => status,
            _ => 1,
        };
        // A failed run is not a success, even if its dyno reported one.
        status.max(1)
    }
}
