//! Lengths of time in words, such as `30 minutes`.

use jiff::SignedDuration;

/// A day: as long as a dyno lives at most.
pub(super) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Whole seconds, from `least` to a day; else what is wrong.
pub(super) fn read(text: &str, least: SignedDuration) -> Result<SignedDuration, String> {
    match text.trim().parse::<SignedDuration>() {
        Err(_) => Err(format!(
            "`{text}` is no length of time: write it such as `30 minutes`, `1 hour` or `90 seconds`"
        )),
        Ok(time) if time.subsec_nanos() != 0 => Err(format!("`{text}` has a fraction of a second")),
        Ok(time) if time < least => Err(format!("`{text}` is too short: the least is {least:#}")),
        Ok(time) if time > DAY => Err(format!(
            "`{text}` is too long: Heroku ends a dyno after 24 hours"
        )),
        Ok(time) => Ok(time),
    }
}
