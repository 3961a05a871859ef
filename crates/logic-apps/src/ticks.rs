//! .NET ticks: the service's unit of time, 100 ns.

use jiff::{SignedDuration, Timestamp};

/// Ticks from the start of the year 1 to the start of 1970.
const TICKS_TO_1970: i64 = 621_355_968_000_000_000;

/// Formats a time as RFC 3339, truncated to a tick, such as `2026-11-01T06:00:00.1234567Z`.
pub fn to_text(time: Timestamp) -> String {
    let rest = time.subsec_nanosecond() % 100;
    let ticks = time.checked_sub(SignedDuration::from_nanos(rest.into()));
    ticks.unwrap_or(time).to_string()
}

/// Returns a number that decreases by one with every tick. The service's run ids and workflow
/// versions start with it, so that the newest sort first.
pub fn descending(time: Timestamp) -> i64 {
    let ticks = i64::try_from(time.as_nanosecond() / 100)
        .unwrap_or_default()
        .saturating_add(TICKS_TO_1970);
    i64::MAX - ticks.max(0)
}
