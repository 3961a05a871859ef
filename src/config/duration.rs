//! Lengths of time in words, such as `30 minutes`.

use jiff::SignedDuration;

/// The most that a length of time can be, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) time: SignedDuration,
    pub(super) why: &'static str,
}

/// Whole seconds, from `least` to `most`; else what is wrong.
pub(super) fn read(
    text: &str,
    least: SignedDuration,
    most: Most,
) -> Result<SignedDuration, String> {
    match text.trim().parse::<SignedDuration>() {
        Err(_) => Err(format!(
            "`{text}` is no length of time: write it such as `30 minutes`, `1 hour` or `90 seconds`"
        )),
        Ok(time) if time.subsec_nanos() != 0 => Err(format!("`{text}` has a fraction of a second")),
        Ok(time) if time < least => Err(format!("`{text}` is too short: the least is {least:#}")),
        Ok(time) if time > most.time => Err(format!("`{text}` is too long: {}", most.why)),
        Ok(time) => Ok(time),
    }
}
