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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template;

    fn failed(code: &str, message: &str) -> Run {
        Run {
            id: String::new(),
            status: "Failed".to_owned(),
            start: None,
            end: None,
            trigger: None,
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            log: Vec::new(),
        }
    }

    #[test]
    fn template_contains_the_parsed_codes_and_prefixes() {
        assert!(
            template::TEMPLATE.contains(&format!("\"{REFUSED_BY_HEROKU}\": \"{WITH_STATUS}@{{"))
        );
        for code in ["no_report", "heroku_unavailable", "previous_run_stays"] {
            assert!(template::TEMPLATE.contains(code), "{code}");
            assert_ne!(failed(code, "").outcome(), RunOutcome::Other, "{code}");
        }
    }

    #[test]
    fn reads_the_status_only_at_its_fixed_position() {
        let outcome = |code, message| failed(code, message).outcome();
        assert_eq!(
            outcome(
                REFUSED_BY_HEROKU,
                "Heroku refused with status 403: the scope has no status 401"
            ),
            RunOutcome::RefusedByHeroku(Some(403))
        );
        assert_eq!(
            outcome(REFUSED_BY_HEROKU, "Heroku refused with status : status 403"),
            RunOutcome::RefusedByHeroku(None)
        );
        assert_eq!(
            outcome("refused", "Heroku refused with status 403"),
            RunOutcome::Reported(Outcome::Refused)
        );
    }
}
