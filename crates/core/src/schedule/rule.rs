//! Rules: the calendar representation of schedules and crontab expressions.

use jiff::civil::{DateTime, Time, Weekday, datetime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::condition::Condition;
use super::keys::{ScheduleError, ScheduleKey};
use picletter_logic_apps::recurrence::Frequency;

/// The start of intervals if `start` is not set: a fixed time in the past, so that the template
/// does not depend on the current time. A `Recurrence` does not start runs that were due before its
/// deployment.
pub(super) const SINCE: DateTime = datetime(2026, 1, 1, 0, 0, 0, 0);

/// The latest start. Azure accepts a start at most 49 years ahead
/// (`connectors-native-recurrence.md`). Relative to [`SINCE`], so that the result does not depend
/// on the current time.
const LATEST: DateTime = datetime(2075, 1, 1, 0, 0, 0, 0);

/// A calendar rule in local time, without the zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) interval: u32,
    pub(super) frequency: Frequency,
    /// Times of day, sorted. Empty for intervals shorter than a day.
    pub(super) times: Vec<Time>,
    /// Sorted from Monday. Not empty if and only if the frequency is a week.
    pub(super) week_days: Vec<Weekday>,
    /// Sorted, with the last day (-1) at the end. Not empty if and only if the frequency is a
    /// month.
    pub(super) month_days: Vec<i8>,
    /// The start of the first interval. No run is due before.
    pub(super) start: DateTime,
    /// The condition for dates and minutes that the other fields cannot select.
    pub(super) condition: Condition,
}

impl Rule {
    /// Creates a rule for every day from `start` on.
    pub(super) fn new(start: DateTime) -> Self {
        Self {
            interval: 1,
            frequency: Frequency::Day,
            times: Vec::new(),
            week_days: Vec::new(),
            month_days: Vec::new(),
            start,
            condition: Condition::default(),
        }
    }
}

pub(super) fn start_error(start: DateTime, clock: &TimeZone) -> Option<ScheduleError> {
    let problem = if start > LATEST {
        let help = format!("use {} or earlier", LATEST.strftime("%F %R"));
        return Some(ScheduleError::new(
            ScheduleKey::Start,
            "Azure accepts a start at most 49 years ahead",
            help,
        ));
    } else {
        match clock.to_ambiguous_timestamp(start).offset() {
            AmbiguousOffset::Unambiguous { .. } => return None,
            AmbiguousOffset::Gap { .. } => "does not exist",
            AmbiguousOffset::Fold { .. } => "occurs twice",
        }
    };
    Some(ScheduleError::new(
        ScheduleKey::Start,
        format!(
            "{} {problem} in this time zone: its clocks change on that {}",
            start.strftime("%F %R"),
            start.strftime("%A")
        ),
        "use a time some hours earlier or later".to_owned(),
    ))
}
