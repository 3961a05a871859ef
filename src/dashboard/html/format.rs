//! Times, durations and outcomes as text.

use jiff::{SignedDuration, Timestamp};

use crate::dashboard::view::RunView;
use picletter_core::deploy::status::Outcome;
use picletter_core::schedule::Zone;

/// Date and time to the second, such as `Tue 3 Nov 2026, 08:30:00`.
pub(crate) fn date_time(zone: &Zone, at: Timestamp) -> String {
    format(zone, at, "%a %-d %b %Y, %H:%M:%S")
}

/// The same without the year, for lists.
pub(crate) fn brief(zone: &Zone, at: Timestamp) -> String {
    format(zone, at, "%a %-d %b, %H:%M:%S")
}

/// A due time, such as `Tue 3 Nov, 08:30`.
pub(crate) fn due(zone: &Zone, at: Timestamp) -> String {
    let local = zone.clock().to_datetime(at);
    let pattern = if local.second() == 0 {
        "%a %-d %b, %H:%M"
    } else {
        "%a %-d %b, %H:%M:%S"
    };
    local.strftime(pattern).to_string()
}

/// The time of day, such as `08:30`.
pub(crate) fn time_of_day(zone: &Zone, at: Timestamp) -> String {
    format(zone, at, "%H:%M")
}

fn format(zone: &Zone, at: Timestamp, pattern: &str) -> String {
    zone.clock().to_datetime(at).strftime(pattern).to_string()
}

/// A duration, such as `12 ms`, `4.2 s` or `8 min 3 s`.
pub(crate) fn duration(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    match seconds {
        ..=0 => format!("{} ms", time.as_millis().max(0)),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// An age in its largest unit, such as `5 min ago`.
pub(crate) fn age(now: Timestamp, at: Timestamp) -> String {
    match now.duration_since(at).as_secs() {
        ..60 => "just now".to_owned(),
        seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

/// A number with a noun, such as `1 mail` or `2 mails`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// The outcome in one word or identifier, such as `succeeded`, `refused` or `exit status 3`.
pub(crate) fn outcome(run: &RunView) -> &str {
    match run.outcome {
        Outcome::Running => "running",
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => run.code.as_deref().unwrap_or("failed"),
        Outcome::Skipped => "skipped",
    }
}

/// How long a run took; `None` while it runs.
pub(crate) fn took(run: &RunView) -> Option<SignedDuration> {
    Some(run.end?.duration_since(run.start))
}
