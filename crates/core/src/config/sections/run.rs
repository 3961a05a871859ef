//! The start and the report of a run: keys of `[run]` or `[jobs.NAME]`.

use jiff::SignedDuration;

use super::super::duration::MAX_START_WINDOW;
use super::super::job::{Report, is_worker};
use super::super::mistake::Mistakes;
use super::super::table::Section;
use super::length;
use crate::schedule::{Schedule, choice};
use picletter_worker::quote::quote;

/// The default start window, unless the schedule requires a shorter one.
const START_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// How long after the window's end the last attempt can take: the wait after a failed start, until
/// Heroku can no longer be processing it, and the workflow's requests to list the dynos, read the
/// log, and start the dyno.
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
    mistakes: &mut Mistakes,
) -> ParsedRun {
    let before = mistakes.0.len();
    let mut report = if is_worker(command) {
        Report::Worker
    } else {
        Report::Shell
    };
    if let Some(word) = section.text("report", mistakes) {
        let found = Report::ALL
            .into_iter()
            .find(|report| report.name() == word.value);
        if let Some(found) = found {
            report = found;
        } else {
            let problem = format!("invalid value for `report`: {}", quote(&word.value));
            let help = choice(&word.value, &Report::ALL.map(Report::name));
            mistakes.add(word.span, problem, help);
        }
    }
    let report_is_valid = mistakes.0.len() == before;
    let gap = schedule.map(Schedule::min_gap);
    let given = section.text("start_window", mistakes);
    let span = given.as_ref().map(|text| text.span.clone());
    let given =
        given.and_then(|text| length(text, SignedDuration::ZERO, MAX_START_WINDOW, mistakes));
    if let (Some(window), Some(gap)) = (given, gap)
        && window > longest_window(gap)
    {
        let problem =
            format!("the start window is {window:#}, but two runs may be only {gap:#} apart");
        let help = format!(
            "use at most {:#}: the last attempt can take {LAST_ATTEMPT:#}, and must end before the next run",
            longest_window(gap)
        );
        mistakes.add(span, problem, help);
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
