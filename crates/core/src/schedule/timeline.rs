//! Merges the due times of several schedules.

use std::iter::Peekable;

use jiff::Timestamp;

use super::Schedule;
use picletter_logic_apps::recurrence::Occurrence;

/// The occurrences of all `schedules` from `from` on, with the index of the schedule. Sorted by
/// time, then by index.
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
