//! How a run starts and how its outcome is reported: keys of `[run]`, or of `[jobs.NAME]`.

use jiff::SignedDuration;

use super::super::duration::LONGEST_WINDOW;
use super::super::job::{Report, is_worker};
use super::super::places::Mistakes;
use super::super::table::Section;
use super::length;
use crate::schedule::{Schedule, choice};
use picletter_worker::quote::quote;

/// The longest start window that is taken unless asked for.
const START_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// How long an attempt can take that the end of the window finds waiting: the wait after a failed
/// start, until Heroku cannot be at work on it any more, and the workflow's requests to list
/// the dynos, read the log and start the dyno.
const LAST_ATTEMPT: SignedDuration = SignedDuration::from_mins(2);

/// What is read; the defaults stand for what is wrong.
pub(super) struct ReadRun {
    pub(super) report: Report,
    pub(super) report_is_right: bool,
    pub(super) start_window: SignedDuration,
}

/// The same for a job of that command and schedule. Picletter's worker reports by itself, and a shell
/// for any other command.
pub(super) fn read(
    section: &Section<'_>,
    command: &str,
    schedule: Option<&Schedule>,
    mistakes: &mut Mistakes,
) -> ReadRun {
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
            let problem = format!("{} is no way to report", quote(&word.value));
            let help = choice(&word.value, &Report::ALL.map(Report::name));
            mistakes.add(word.span, problem, help);
        }
    }
    let report_is_right = mistakes.0.len() == before;
    let gap = schedule.map(Schedule::min_gap);
    let given = section.text("start_window", mistakes);
    let span = given.as_ref().map(|text| text.span.clone());
    let given = given.and_then(|text| length(text, SignedDuration::ZERO, LONGEST_WINDOW, mistakes));
    if let (Some(window), Some(gap)) = (given, gap)
        && window > longest_window(gap)
    {
        let problem = format!(
            "the start window is {window:#}, but runs may follow one another after {gap:#}"
        );
        let help = format!(
            "make it at most {:#}: the last attempt can take {LAST_ATTEMPT:#}, and must not meet the next run",
            longest_window(gap)
        );
        mistakes.add(span, problem, help);
    }
    let start_window = given.or_else(|| gap.map(default_window));
    ReadRun {
        report,
        report_is_right,
        start_window: start_window.unwrap_or_default(),
    }
}

fn default_window(gap: SignedDuration) -> SignedDuration {
    START_WINDOW.min(longest_window(gap))
}

/// In whole seconds.
fn longest_window(gap: SignedDuration) -> SignedDuration {
    let window = SignedDuration::from_secs(gap.as_secs()).saturating_sub(LAST_ATTEMPT);
    window.max(SignedDuration::ZERO)
}
