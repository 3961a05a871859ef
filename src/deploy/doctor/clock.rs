//! This machine's clock.

use jiff::SignedDuration;

use super::check::{Check, Finding};
use crate::deploy::clock_offset::ClockOffset;
use crate::diagnostic::Diagnostic;

/// Answers take a while, and tell whole seconds.
const TOLERATED: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn examine(clock: &ClockOffset) -> Finding {
    let Some(offset) = clock.least() else {
        return Finding::skipped_as(Check::Clock, "no vendor's answer told the time");
    };
    if offset.abs() <= TOLERATED {
        return Finding::ok(
            Check::Clock,
            "right to within a minute, by the vendors' answers",
        );
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
            format!("it is {off:#} {side} the vendors'; sign-ins and certificates depend on it"),
            "set it: `timedatectl set-ntp true`, or your system's date settings",
        ),
    )
}
