//! The start and the report of a run: keys of `[run]` or `[jobs.NAME]`.

use jiff::SignedDuration;

use super::super::duration::MAX_START_WINDOW;
use super::super::file_diagnostic::FileDiagnostics;
use super::super::job::{Report, is_worker};
use super::super::table::Section;
use super::length;
use crate::schedule::{Schedule, choice};
use picletter_worker::quote::quote;

/// The default start window, unless the schedule requires a shorter one.
const START_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The maximum time from the end of the window to the end of the last attempt. It consists of the wait
/// after a failed start, which Heroku may still be processing, and of the workflow's requests to list
/// the dynos, read the log, and start the dyno.
const LAST_ATTEMPT: SignedDuration = SignedDuration::from_mins(2);

/// The parsed keys. Invalid values are replaced by defaults.
pub(super) struct ParsedRun {
    pub(super) report: Report,
    pub(super) report_is_valid: bool,
    pub(super) start_window: SignedDuration,
}

/// Reads the keys for a job with the given command and schedule. By default, Picletter's worker
/// posts its report, and a shell posts it for other commands.
pub(super) fn read(
    section: &Section<'_>,
    command: &str,
    schedule: Option<&Schedule>,
    errors: &mut FileDiagnostics,
) -> ParsedRun {
    let before = errors.0.len();
    let mut report = if is_worker(command) {
        Report::Worker
    } else {
        Report::Shell
    };
    if let Some(word) = section.text("report", errors) {
        let found = Report::ALL
            .into_iter()
            .find(|report| report.name() == word.value);
        if let Some(found) = found {
            report = found;
        } else {
            let problem = format!("invalid value for `report`: {}", quote(&word.value));
            let help = choice(&word.value, &Report::ALL.map(Report::name));
            errors.add(word.span, problem, help);
        }
    }
    let report_is_valid = errors.0.len() == before;
    let gap = schedule.map(Schedule::min_gap);
    let given = section.text("start_window", errors);
    let span = given.as_ref().map(|text| text.span.clone());
    let given = given.and_then(|text| length(text, SignedDuration::ZERO, MAX_START_WINDOW, errors));
    if let (Some(window), Some(gap)) = (given, gap)
        && window > longest_window(gap)
    {
        let problem =
            format!("the start window is {window:#}, but two runs may be only {gap:#} apart");
        let help = format!(
            "use at most {:#}: the last attempt can take {LAST_ATTEMPT:#}, and must end before the next run",
            longest_window(gap)
        );
        errors.add(span, problem, help);
    }
    let start_window = given.or_else(|| gap.map(default_window));
    ParsedRun {
        report,
        report_is_valid,
        start_window: start_window.unwrap_or_default(),
    }
}

fn default_window(gap: SignedDuration) -> SignedDuration {
    START_WINDOW.min(longest_window(gap))
}

/// The longest start window for runs that are `gap` apart, in whole seconds.
fn longest_window(gap: SignedDuration) -> SignedDuration {
    let window = SignedDuration::from_secs(gap.as_secs()).saturating_sub(LAST_ATTEMPT);
    window.max(SignedDuration::ZERO)
}
