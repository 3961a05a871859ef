//! Parser for timestamps.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A date and time, in UTC or in an unspecified zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) at: DateTime,
    pub(super) utc: bool,
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self {
            at: TimeZone::UTC.to_datetime(timestamp),
            utc: true,
        }
    }
}

/// Parses these formats:
/// - ISO 8601: `2018-03-15T13:00:00.0000000Z`, or with an offset, without a zone, or only a date;
/// - .NET's general format, month first: `03/15/2018 13:00:00`;
/// - RFC 1123: `Thu, 15 Mar 2018 13:00:00 GMT`.
///
/// A time with an offset is converted to UTC.
pub(super) fn parse_moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.into());
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return Some(Moment { at, utc: false });
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(zoned.timestamp().into());
    }
    month_first(text)
}

fn month_first(text: &str) -> Option<Moment> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut parts = date.split('/');
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    if parts.next().is_some() {
        return None;
    }
    let (time, half) = match time.split_once(' ') {
        Some((time, half)) => (time, Some(half)),
        None => (time, None),
    };
    let mut time: jiff::civil::Time = if time.split(':').next()?.len() == 1 {
        format!("0{time}").parse().ok()?
    } else {
        time.parse().ok()?
    };
    if let Some(half) = half {
        let noon = match half.to_ascii_uppercase().as_str() {
            "AM" => 0,
            "PM" => 12,
            _ => return None,
        };
        let hour = (1..=12)
            .contains(&time.hour())
            .then(|| time.hour() % 12 + noon)?;
        time = time.with().hour(hour).build().ok()?;
    }
    Some(Moment {
        at: Date::new(year, month, day).ok()?.to_datetime(time),
        utc: false,
    })
}
