//! Parser for times of day and start dates.

use jiff::civil::{Date, DateTime, Time};

use super::{ScheduleError, ScheduleKey};
use picletter_worker::quote::quote;

/// Parses a time such as `08:30`.
pub(in crate::schedule) fn read_time(nth: usize, text: &str) -> Result<Time, ScheduleError> {
    let error = |help: &str| {
        let problem = format!("invalid time of day: {}", quote(text));
        ScheduleError::new(ScheduleKey::AtNth(nth), problem, help.to_owned())
    };
    let parts: Vec<&str> = text.trim().split(':').collect();
    let number = |part: &str| -> Option<i8> {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    match parts.as_slice() {
        [hour, minute] if minute.len() == 2 => {
            let time = number(hour).zip(number(minute));
            time.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
                .ok_or_else(|| error("expected 00:00 to 23:59"))
        }
        [_, _, _] => Err(error(
            "remove the seconds: Azure supports only hours and minutes",
        )),
        _ => Err(error("expected hours and minutes, such as `08:30`")),
    }
}

/// Parses a local date with an optional time. Returns whether it has a time.
pub(in crate::schedule) fn read_start(text: &str) -> Result<(DateTime, bool), ScheduleError> {
    let text = text.trim();
    let error = |help: &str| {
        let problem = format!("invalid local date and time: {}", quote(text));
        ScheduleError::new(ScheduleKey::Start, problem, help.to_owned())
    };
    if !text.is_ascii() {
        return Err(error("expected a form such as `2026-12-01 08:00`"));
    }
    let date_alone = text.len() == 10;
    let offset = text.len() > 10 && (text.ends_with(['Z', 'z']) || text[10..].contains(['+', '-']));
    if offset {
        return Err(error(
            "remove `Z` or the offset: the date is in `time_zone`",
        ));
    }
    let read = if date_alone {
        text.parse::<Date>()
            .map(|date| date.to_datetime(Time::midnight()))
    } else {
        text.parse::<DateTime>()
    };
    match read {
        Ok(start) if start.subsec_nanosecond() != 0 => Err(error(
            "remove the fraction: Azure supports only whole seconds",
        )),
        Ok(start) if start.year() < 2000 => Err(error("use the year 2000 or later")),
        Ok(start) => Ok((start, !date_alone)),
        Err(_) => Err(error("expected a form such as `2026-12-01 08:00`")),
    }
}
