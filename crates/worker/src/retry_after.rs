//! Parser for `Retry-After`.

use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::Offset;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The maximum wait. Longer waits are reduced to it.
const LONGEST: Duration = Duration::from_hours(24);

/// The wait in `Retry-After`, given in seconds or as a date, at most a day. Zero for a date in the
/// past; `None` if the header is missing or invalid.
/// Source: RFC 9110, 10.2.3.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(LONGEST.min(Duration::from_secs(seconds))),
        Err(_) => wait_until(http_date(text)?, now),
    }
}

/// The time until a Unix timestamp in seconds, at most a day. Zero if it is in the past.
pub fn wait_until(seconds: u64, now: SystemTime) -> Option<Duration> {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    Some(LONGEST.min(time.duration_since(now).unwrap_or_default()))
}

/// Parses a date such as `Tue, 14 Nov 2023 22:13:50 GMT` to a Unix timestamp in seconds. Does not
/// use jiff's RFC 2822 parser, which adds 3 kB to the packed worker.
/// Source: RFC 9110, 5.6.7.
fn http_date(text: &str) -> Option<u64> {
    let mut words = text.split([' ', ':']).skip(1);
    let day = words.next()?.parse().ok()?;
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".find(words.next()?)? / 3 + 1;
    let year = words.next()?.parse().ok()?;
    let mut number = || words.next()?.parse().ok();
    let (hour, minute, second) = (number()?, number()?, number()?);
    let month = i8::try_from(month).ok()?;
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    u64::try_from(Offset::UTC.to_timestamp(date).ok()?.as_second()).ok()
}
