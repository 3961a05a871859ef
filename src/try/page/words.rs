//! Times and endings, as a person reads them.

use jiff::{SignedDuration, Timestamp};

use super::ShownJobs;
use super::record::Tone;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{DynoRecord, Stopper};

/// A time of the schedule's zone, to the second.
pub(super) fn local(jobs: &ShownJobs, at: Timestamp) -> String {
    let local = jobs.zone.clock().to_datetime(at);
    local.strftime("%a %-d %b %Y, %H:%M:%S").to_string()
}

/// The same without its year, for lists.
pub(super) fn brief(jobs: &ShownJobs, at: Timestamp) -> String {
    let local = jobs.zone.clock().to_datetime(at);
    local.strftime("%a %-d %b, %H:%M:%S").to_string()
}

/// Such as `12 ms`, `4.2 s` or `8 min 3 s`.
pub(super) fn lasted(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How a dyno ended.
pub(super) fn ending(record: &DynoRecord) -> (String, Tone) {
    let by = match record.stopped_by {
        None => "",
        Some(Stopper::Request) => ", asked to stop",
        Some(Stopper::TimeToLive) => ", its time to live over",
        Some(Stopper::Formation) => ", replaced in its formation",
    };
    let (how, tone) = match record.ending {
        Ending::Exited(0) => ("exit status 0".to_owned(), Tone::Good),
        Ending::Exited(status) => (format!("exit status {status}"), Tone::Bad),
        Ending::Killed => ("killed".to_owned(), Tone::Bad),
        Ending::Vanished => ("lost with its host".to_owned(), Tone::Bad),
    };
    (how + by, tone)
}
