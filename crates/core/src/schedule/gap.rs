//! Computes the minimum time between two runs.

use std::{iter, mem};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::trigger::Trigger;
use picletter_logic_apps::recurrence::{Frequency, Occurrence};

/// The maximum number of occurrences to examine. Schedules with gaps shorter than days repeat within
/// that number.
const MAX_OCCURRENCES: usize = 2000;

/// The minimum time between two occurrences of `triggers`. `occurrences` returns them from a given
/// time on.
///
/// Occurrences repeat, except when the zone's offset changes. So this examines the first ones, and
/// those around every change in the two years after.
pub(super) fn min_gap<I: Iterator<Item = Occurrence>>(
    triggers: &[Trigger],
    occurrences: impl Fn(Timestamp) -> I,
    clock: &TimeZone,
) -> SignedDuration {
    if let [only] = triggers
        && only.condition.is_always()
        && let Some(unit) = only.recurrence.frequency.elapsed()
    {
        return SignedDuration::from_secs(unit.as_secs() * i64::from(only.recurrence.interval));
    }
    let days = triggers.iter().map(|trigger| {
        let interval = i64::from(trigger.recurrence.interval);
        match trigger.recurrence.frequency {
            Frequency::Second | Frequency::Minute | Frequency::Hour => 1,
            Frequency::Day => interval,
            Frequency::Week => 7 * interval,
            Frequency::Month => 31 * interval,
        }
    });
    let days = days.max().unwrap_or(1);
    let starts = triggers
        .iter()
        .filter_map(|trigger| trigger.recurrence.start_at());
    let Some(begin) = starts
        .min()
        .and_then(|start| Some(occurrences(start).next()?.at))
    else {
        return SignedDuration::ZERO;
    };
    // Long enough for an occurrence before a change and two after it, of which the first may be moved.
    let around = SignedDuration::from_hours(24 * (days + 1));
    let later = |at: Timestamp, by| at.checked_add(by).unwrap_or(Timestamp::MAX);
    let changes = clock
        .following(begin)
        .map(|change| change.timestamp())
        .take_while(|at| at.duration_since(begin) < SignedDuration::from_hours(24 * 800))
        .map(|change| (later(change, -around), later(change, around)));
    // Four years include the February of a leap year.
    let by_date = |trigger: &Trigger| {
        trigger.recurrence.frequency == Frequency::Month || !trigger.condition.is_always()
    };
    let firsts = if triggers.iter().any(by_date) {
        SignedDuration::from_hours(24 * 1500)
    } else {
        around * 2
    };
    iter::once((begin, later(begin, firsts)))
        .chain(changes)
        .filter_map(|(from, until)| {
            let mut due = occurrences(from)
                .take_while(|due| due.at < until)
                .take(MAX_OCCURRENCES);
            let mut last = due.next()?.at;
            let gaps = due.map(|due| due.at.duration_since(mem::replace(&mut last, due.at)));
            gaps.min()
        })
        .min()
        .unwrap_or(SignedDuration::MAX)
}
