//! When a job runs, in the terms of a calendar: what words and crontab expressions become.

use jiff::civil::{DateTime, Time, Weekday, datetime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::condition::Condition;
use super::words::{Mistake, Place};
use picletter_logic_apps::recurrence::Frequency;

/// What intervals are counted from where no start is given: a fixed time in the past, so that a
/// template is the same whenever it is made. A `Recurrence` makes nothing up that lies before its
/// deployment.
pub(super) const SINCE: DateTime = datetime(2026, 1, 1, 0, 0, 0, 0);

/// Azure takes a start of at most 49 years ahead (`connectors-native-recurrence.md`); counted from
/// [`SINCE`], so that the answer is the same at any time.
const LATEST: DateTime = datetime(2075, 1, 1, 0, 0, 0, 0);

/// When, in the terms of a calendar; the zone is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) interval: u32,
    pub(super) frequency: Frequency,
    /// In order. None for elapsed time.
    pub(super) times: Vec<Time>,
    /// In order, Monday first. Some only with weeks, which then have at least one.
    pub(super) week_days: Vec<Weekday>,
    /// In order, the last day (-1) last. Some only with months, which then have at least one.
    pub(super) month_days: Vec<i8>,
    /// Counted from, and nothing happens before.
    pub(super) start: DateTime,
    /// What the rest does not select.
    pub(super) condition: Condition,
}

impl Rule {
    /// Every day from `start` on.
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

pub(super) fn start_mistake(start: DateTime, clock: &TimeZone) -> Option<Mistake> {
    let problem = if start > LATEST {
        let help = format!("the latest is {}", LATEST.strftime("%F %R"));
        return Some(Mistake::new(
            Place::Start,
            "Azure takes a start of at most 49 years ahead",
            help,
        ));
    } else {
        match clock.to_ambiguous_timestamp(start).offset() {
            AmbiguousOffset::Unambiguous { .. } => return None,
            AmbiguousOffset::Gap { .. } => "does not exist in that zone",
            AmbiguousOffset::Fold { .. } => "exists twice in that zone",
        }
    };
    Some(Mistake::new(
        Place::Start,
        format!(
            "{} {problem}: its clocks change that {}",
            start.strftime("%F %R"),
            start.strftime("%A")
        ),
        "take a time some hours from it".to_owned(),
    ))
}
