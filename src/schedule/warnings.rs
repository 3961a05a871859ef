//! What a schedule may do that surprises.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::Schedule;
use super::rule::Rule;
use super::words::{Overlap, Place, unit_name};
use picletter_logic_apps::recurrence::{Frequency, Shift};

/// How far ahead a change of the zone's offset is looked for.
const A_YEAR: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Something that is allowed, and that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What of the schedule it is about.
    pub place: Place,
    /// What happens, and what would avoid it.
    pub text: String,
}

impl Schedule {
    /// What is allowed but may surprise, as things are at `now`.
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = nights(self, now);
        warnings.extend(other_clock(self, now));
        for rule in &self.rules {
            warnings.extend(days_of_24_hours(self, rule, now));
            warnings.extend(short_months(rule));
            warnings.extend(fifth_days(rule));
        }
        let others = [soon(self, now), missed(self, now), close(self)];
        warnings.extend(others.into_iter().flatten());
        warnings
    }
}

/// The next night in which a time does not exist, and the next in which one exists twice.
fn nights(schedule: &Schedule, now: Timestamp) -> Vec<Warning> {
    let clock = schedule.zone.clock();
    let (mut skipped, mut repeated) = (None, None);
    for change in clock.following(now) {
        let change = change.timestamp();
        if change.duration_since(now) > A_YEAR || skipped.is_some() && repeated.is_some() {
            break;
        }
        let before = clock.to_offset(change.checked_sub(SECOND).unwrap_or(change));
        let moved = before.until(clock.to_offset(change));
        let (Ok(from), Ok(to)) = (
            change.checked_sub(SignedDuration::from_hours(26)),
            change.checked_add(SignedDuration::from_hours(26)),
        ) else {
            continue;
        };
        let due = schedule.occurrences(from.max(now));
        for due in due.take_while(|due| due.at < to) {
            let local = clock.to_datetime(due.at);
            match due.shift {
                Some(Shift::Skipped) if skipped.is_none() => {
                    let meant = local.saturating_sub(moved);
                    skipped = Some(skipped_night(schedule, meant, local));
                }
                Some(Shift::Repeated) if repeated.is_none() => {
                    repeated = Some(repeated_night(schedule, local));
                }
                _ => {}
            }
        }
    }
    skipped.into_iter().chain(repeated).collect()
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn skipped_night(schedule: &Schedule, meant: DateTime, local: DateTime) -> Warning {
    warning(format!(
        "{} does not exist in {} on {}, when clocks go forward: that run comes at {}; Microsoft \
         advises against times at which clocks change",
        meant.strftime("%R"),
        schedule.zone.name(),
        meant.strftime("%A, %F"),
        local.strftime("%R"),
    ))
}

fn repeated_night(schedule: &Schedule, local: DateTime) -> Warning {
    warning(format!(
        "{} exists twice in {} on {}, when clocks go back: the run comes at the first; Microsoft \
         advises against times at which clocks change",
        local.strftime("%R"),
        schedule.zone.name(),
        local.strftime("%A, %F"),
    ))
}

fn warning(text: String) -> Warning {
    Warning {
        place: Place::At,
        text,
    }
}

fn other_clock(schedule: &Schedule, now: Timestamp) -> Option<Warning> {
    let (at, theirs) = schedule.zone.differs_from_windows(now)?;
    let name = schedule.zone.name();
    let windows = schedule.zone.windows_name()?;
    let on = schedule.zone.clock().to_datetime(at).date();
    Some(Warning {
        place: Place::TimeZone,
        text: format!(
            "Azure takes {name} for `{windows}`, which is {theirs}: from {on} on their clocks \
             differ, and runs come by the latter; take a zone that both know, or UTC"
        ),
    })
}

fn days_of_24_hours(schedule: &Schedule, rule: &Rule, now: Timestamp) -> Option<Warning> {
    if rule.frequency != Frequency::Hour || !rule.interval.is_multiple_of(24) {
        return None;
    }
    let change = schedule.zone.clock().following(now).next()?.timestamp();
    if change.duration_since(now) > A_YEAR {
        return None;
    }
    let on = schedule.zone.clock().to_datetime(change).date();
    let instead = if schedule.catch_up {
        "days that keep their time cannot catch up".to_owned()
    } else {
        let days = match rule.interval / 24 {
            1 => "day".to_owned(),
            n => format!("{n} days"),
        };
        format!("`every = \"{days}\"` keeps its time")
    };
    Some(Warning {
        place: Place::Every,
        text: format!(
            "{} hours are hours: when clocks change in {} on {on}, its runs come at another time of \
             the day; {instead}",
            rule.interval,
            schedule.zone.name(),
        ),
    })
}

/// The days that some of the months lack, each with those months: Azure skips them.
fn short_months(rule: &Rule) -> Vec<Warning> {
    // In a list such as `*/2`, they are not what the list is about.
    let is_wide = rule.month_days.len() > LISTED && rule.month_days.iter().any(|day| *day <= 28);
    if rule.frequency != Frequency::Month || rule.month_days.contains(&-1) || is_wide {
        return Vec::new();
    }
    // Of a year without a leap day.
    let month = |n: u32| Date::new(2026, i8::try_from(n % 12 + 1).ok()?, 1).ok();
    let first = u32::from(rule.start.month().unsigned_abs()) - 1;
    let mut months: Vec<Date> = (0..12)
        .filter_map(|n| month(first + n * rule.interval))
        .filter(|month| {
            let selected = &rule.condition.months;
            selected.is_empty() || selected.contains(&month.month())
        })
        .collect();
    months.sort_unstable();
    months.dedup();
    let of_start = rule.month_days == [rule.start.day()];
    let late = rule.month_days.iter().filter(|day| **day > 28);
    late.filter_map(|day| {
        let short = months.iter().filter(|month| month.days_in_month() < *day);
        let names: Vec<String> = short
            .map(|month| match month.month() {
                2 if *day == 29 => "February (except in leap years)".to_owned(),
                _ => month.strftime("%B").to_string(),
            })
            .collect();
        (!names.is_empty()).then(|| Warning {
            place: if of_start { Place::Start } else { Place::On },
            text: format!(
                "day {day} is skipped in {}; `on = \"last day\"` runs in every month",
                list(&names)
            ),
        })
    })
    .collect()
}

/// Lists of more days of the month are not taken for a choice of each.
const LISTED: usize = 7;

/// A day of the week that most months have only four times.
fn fifth_days(rule: &Rule) -> Option<Warning> {
    let mut sets = rule.condition.within.iter().flatten();
    let is_fifth = sets.any(|set| set.last == 0 && set.month_days == [29, 30, 31]);
    is_fifth.then(|| Warning {
        place: Place::On,
        text:
            "most months have no fifth of that day and are skipped; a last one, as in `on = \"last \
               monday\"`, is in every month"
                .to_owned(),
    })
}

fn list(names: &[String]) -> String {
    match names {
        [names @ .., last] if names.len() > 1 => format!("{}, and {last}", names.join(", ")),
        names => names.join(" and "),
    }
}

/// Source: `connectors-native-recurrence.md`, "set up the recurrence in advance".
fn soon(schedule: &Schedule, now: Timestamp) -> Option<Warning> {
    let rule = schedule.rules.first()?;
    let days = match rule.frequency {
        Frequency::Day => 1,
        Frequency::Week => 7,
        Frequency::Month => 31,
        _ => return None,
    };
    let start = schedule.zone.clock().to_timestamp(rule.start).ok()?;
    let ahead = start.duration_since(now);
    let near = ahead.is_positive() && ahead < SignedDuration::from_hours(24 * days);
    near.then(|| Warning {
        place: Place::Start,
        text: format!(
            "the start is less than a {} ahead, and Azure may skip the first run then: start \
             earlier, in the past if you like",
            unit_name(rule.frequency),
        ),
    })
}

/// Within a minute of a start, the one before may not be in Heroku's list of dynos yet.
fn close(schedule: &Schedule) -> Option<Warning> {
    let gap = schedule.min_gap();
    let warned = schedule.overlap == Overlap::Skip && gap < SignedDuration::from_mins(1);
    warned.then(|| Warning {
        place: Place::Every,
        text: format!(
            "runs follow one another after {gap:#}: below a minute `skip` cannot promise that two \
             never start together; `overlap = \"queue\"` can"
        ),
    })
}

fn missed(schedule: &Schedule, now: Timestamp) -> Option<Warning> {
    let (_, recurrence) = schedule.recurrences().next()?;
    let start = recurrence.start_at()?;
    if !schedule.catch_up || start >= now {
        return None;
    }
    let every = schedule.min_gap();
    let runs = now.duration_since(start).as_secs() / every.as_secs().max(1) + 1;
    Some(Warning {
        place: Place::Start,
        text: format!(
            "the start lies in the past: a first deployment now would at once make up for {runs} \
             runs"
        ),
    })
}
