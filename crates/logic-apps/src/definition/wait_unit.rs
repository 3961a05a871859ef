//! Units of a `Wait` action's interval.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Unit of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitUnit {
    /// A fixed number of seconds.
    Seconds(u64),
    /// A month of the calendar, in UTC.
    Months,
}

impl WaitUnit {
    /// Parses a unit such as `Minute`, ignoring case.
    pub(crate) fn from_name(name: &str) -> Result<Self, String> {
        let units = [
            ("Second", Self::Seconds(1)),
            ("Minute", Self::Seconds(60)),
            ("Hour", Self::Seconds(3600)),
            ("Day", Self::Seconds(86400)),
            ("Week", Self::Seconds(604_800)),
            ("Month", Self::Months),
        ];
        units
            .iter()
            .find(|(unit, _)| unit.eq_ignore_ascii_case(name))
            .map(|(_, unit)| *unit)
            .ok_or_else(|| {
                format!(
                    "unknown unit {name:?} (expected one of Second, Minute, Hour, Day, Week, Month)"
                )
            })
    }

    /// Returns the time `count` units after `now`. `None` if it is out of range.
    pub(crate) fn after(self, now: Timestamp, count: i64) -> Option<Timestamp> {
        match self {
            Self::Seconds(seconds) => {
                let seconds = u64::try_from(count).ok()?.checked_mul(seconds)?;
                now.checked_add(Duration::from_secs(seconds)).ok()
            }
            Self::Months => {
                let span = jiff::Span::new().try_months(count).ok()?;
                let end = TimeZone::UTC.to_datetime(now).checked_add(span).ok()?;
                TimeZone::UTC.to_timestamp(end).ok()
            }
        }
    }
}
