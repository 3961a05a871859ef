//! The due times of several schedules in one order.

use std::iter::Peekable;

use jiff::Timestamp;

use super::Schedule;
use picletter_logic_apps::recurrence::Occurrence;

/// The occurrences of `schedules` from `from` on, in order of time, and those of the same time in order
/// of the schedules; each with the index of its schedule.
pub fn timeline<'s>(
    schedules: impl IntoIterator<Item = &'s Schedule>,
    from: Timestamp,
) -> impl Iterator<Item = (usize, Occurrence)> {
    let schedules = schedules.into_iter();
    let each = schedules.map(|schedule| schedule.occurrences(from).peekable());
    Timeline(each.collect())
}

struct Timeline<I: Iterator<Item = Occurrence>>(Vec<Peekable<I>>);

impl<I: Iterator<Item = Occurrence>> Iterator for Timeline<I> {
    type Item = (usize, Occurrence);

    fn next(&mut self) -> Option<Self::Item> {
        let each = self.0.iter_mut().enumerate();
        let due = each.filter_map(|(n, it)| Some((n, it.peek()?.at)));
        let (first, _) = due.min_by_key(|(n, at)| (*at, *n))?;
        let occurrence = self.0.get_mut(first)?.next()?;
        Some((first, occurrence))
    }
}
