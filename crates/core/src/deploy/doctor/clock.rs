//! This machine's clock.

use jiff::SignedDuration;

use super::check::{Check, Finding};
use crate::deploy::clock_offset::ClockOffset;
use crate::diagnostic::Diagnostic;

/// Answers have a latency, and their times are in whole seconds.
const TOLERATED: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn examine(clock: &ClockOffset) -> Finding {
    let Some(offset) = clock.least() else {
        return Finding::skipped_as(Check::Clock, "no answer contained the time");
    };
    if offset.abs() <= TOLERATED {
        return Finding::ok(Check::Clock, "within a minute of the vendors' clocks");
    }
    let side = if offset.is_positive() {
        "behind"
    } else {
        "ahead of"
    };
    let off = SignedDuration::from_secs(offset.abs().as_secs());
    Finding::wrong(
        Check::Clock,
        Diagnostic::new(
            format!(
                "{off:#} {side} the vendors' clocks, so sign-ins and certificate checks can fail"
            ),
            "set the clock with `timedatectl set-ntp true`, or in your system's date settings",
        ),
    )
}
