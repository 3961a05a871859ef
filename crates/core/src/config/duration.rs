//! Parser for durations, such as `30 minutes`.

use jiff::SignedDuration;

use picletter_worker::quote::quote;

/// The maximum duration for a key, and the reason for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct MaxDuration {
    pub(super) time: SignedDuration,
    pub(super) reason: &'static str,
}

/// The maximum `time_to_live`.
pub(super) const MAX_TIME_TO_LIVE: MaxDuration = MaxDuration {
    time: SignedDuration::from_hours(24),
    reason: "Heroku stops a dyno after 24 hours",
};

/// The maximum `start_window`, as in the template's parameter of that name.
pub(super) const MAX_START_WINDOW: MaxDuration = MaxDuration {
    time: SignedDuration::from_hours(6),
    reason: "a start is retried for at most 6 hours",
};

/// Parses a duration of whole seconds, from `min` to `max`.
///
/// # Errors
/// The problem, and a help text.
pub(super) fn read(
    text: &str,
    min: SignedDuration,
    max: MaxDuration,
) -> Result<SignedDuration, (String, Option<String>)> {
    let quoted = quote(text);
    match text.trim().parse::<SignedDuration>() {
        Err(_) => {
            let text = text.trim();
            let help = if let Ok(number) = text.parse::<i64>() {
                format!("did you mean `{}`?", minutes(number, min, max))
            } else if let Some(hours) = hours_from_days(text)
                && hours <= max.time.as_hours()
            {
                format!("did you mean `{hours} hours`?")
            } else {
                "write a duration such as `30 minutes`, `1 hour`, or `90 seconds`".to_owned()
            };
            Err((format!("invalid duration: {quoted}"), Some(help)))
        }
        Ok(time) if time.subsec_nanos() != 0 => {
            Err((format!("{quoted} is not a whole number of seconds"), None))
        }
        Ok(time) if time < min => {
            let problem = format!("{quoted} is too short: the minimum is {min:#}");
            Err((problem, None))
        }
        Ok(time) if time > max.time => Err((format!("{quoted} is too long: {}", max.reason), None)),
        Ok(time) => Ok(time),
    }
}

/// The hours in a number of days, such as `1d` or `2 days`.
fn hours_from_days(text: &str) -> Option<i64> {
    let days = text.strip_suffix('s').unwrap_or(text);
    let days = days
        .strip_suffix("day")
        .or_else(|| days.strip_suffix('d'))?;
    days.trim().parse::<i64>().ok()?.checked_mul(24)
}

/// The duration that a number without a unit probably means.
pub(super) fn minutes(number: i64, min: SignedDuration, max: MaxDuration) -> String {
    let meant = SignedDuration::from_secs(number.saturating_mul(60));
    match number {
        0 if min.is_zero() => "0 seconds".to_owned(),
        1 => "1 minute".to_owned(),
        _ if (min..=max.time).contains(&meant) && number > 0 => format!("{number} minutes"),
        _ => "30 minutes".to_owned(),
    }
}
