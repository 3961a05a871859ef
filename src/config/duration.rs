//! Durations in words, such as `30 minutes`.

use jiff::SignedDuration;

use picletter_worker::quote::quote;

/// The longest duration that a key takes, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) time: SignedDuration,
    pub(super) why: &'static str,
}

/// The longest `time_to_live`.
pub(super) const LONGEST_LIFE: Most = Most {
    time: SignedDuration::from_hours(24),
    why: "Heroku ends a dyno after 24 hours",
};

/// The longest `start_window`, as in the template's parameter of that name.
pub(super) const LONGEST_WINDOW: Most = Most {
    time: SignedDuration::from_hours(6),
    why: "a start is tried again for 6 hours at most",
};

/// Reads whole seconds, from `least` to `most`.
///
/// # Errors
/// What is wrong, and what would be right.
pub(super) fn read(
    text: &str,
    least: SignedDuration,
    most: Most,
) -> Result<SignedDuration, (String, Option<String>)> {
    let quoted = quote(text);
    match text.trim().parse::<SignedDuration>() {
        Err(_) => {
            let text = text.trim();
            let help = if let Ok(number) = text.parse::<i64>() {
                format!("did you mean `{}`?", minutes(number, least, most))
            } else if let Some(hours) = hours_of_days(text)
                && hours <= most.time.as_hours()
            {
                format!("did you mean `{hours} hours`?")
            } else {
                "write it such as `30 minutes`, `1 hour` or `90 seconds`".to_owned()
            };
            Err((format!("{quoted} is not a duration"), Some(help)))
        }
        Ok(time) if time.subsec_nanos() != 0 => {
            Err((format!("{quoted} has a fraction of a second"), None))
        }
        Ok(time) if time < least => {
            let problem = format!("{quoted} is too short: the shortest is {least:#}");
            Err((problem, None))
        }
        Ok(time) if time > most.time => Err((format!("{quoted} is too long: {}", most.why), None)),
        Ok(time) => Ok(time),
    }
}

/// The hours of a number of days, such as `1d` or `2 days`.
fn hours_of_days(text: &str) -> Option<i64> {
    let days = text.strip_suffix('s').unwrap_or(text);
    let days = days
        .strip_suffix("day")
        .or_else(|| days.strip_suffix('d'))?;
    days.trim().parse::<i64>().ok()?.checked_mul(24)
}

/// A number without a unit as the duration that was probably meant.
pub(super) fn minutes(number: i64, least: SignedDuration, most: Most) -> String {
    let meant = SignedDuration::from_secs(number.saturating_mul(60));
    match number {
        0 if least.is_zero() => "0 seconds".to_owned(),
        1 => "1 minute".to_owned(),
        _ if (least..=most.time).contains(&meant) && number > 0 => format!("{number} minutes"),
        _ => "30 minutes".to_owned(),
    }
}
