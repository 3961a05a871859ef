//! Warnings about schedules with unexpected behavior.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::Schedule;
use super::keys::{Overlap, ScheduleKey, unit_name};
use super::rule::Rule;
use picletter_logic_apps::recurrence::{Frequency, Shift};

/// How far ahead to look for a change of the zone's offset.
const A_YEAR: SignedDuration = SignedDuration::from_hours(24 * 400);

/// A warning about a valid schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The key that the warning refers to.
    pub key: ScheduleKey,
    /// What happens, and how to avoid it.
    pub text: String,
}

impl Schedule {
    /// The warnings at the time `now`.
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = clock_changes(self, now);
        warnings.extend(different_windows_zone(self, now));
        for rule in &self.rules {
            warnings.extend(days_of_24_hours(self, rule, now));
            warnings.extend(short_months(rule));
            warnings.extend(fifth_days(rule));
        }
        let others = [
            start_too_soon(self, now),
            missed_runs(self, now),
            runs_too_close(self),
        ];
        warnings.extend(others.into_iter().flatten());
        warnings
    }
}

/// Warns about the next night with a local time that does not exist, and the next with one that
/// occurs twice.
fn clock_changes(schedule: &Schedule, now: Timestamp) -> Vec<Warning> {
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
        "{} does not exist in {} on {}, when clocks go forward: the run starts at {} instead; \
         Microsoft recommends times at which clocks do not change",
        meant.strftime("%R"),
        schedule.zone.name(),
        meant.strftime("%A, %F"),
        local.strftime("%R"),
    ))
}

fn repeated_night(schedule: &Schedule, local: DateTime) -> Warning {
    warning(format!(
        "{} occurs twice in {} on {}, when clocks go back: the run starts at the first; Microsoft \
         recommends times at which clocks do not change",
        local.strftime("%R"),
        schedule.zone.name(),
        local.strftime("%A, %F"),
    ))
}

fn warning(text: String) -> Warning {
    Warning {
        key: ScheduleKey::At,
        text,
    }
}

fn different_windows_zone(schedule: &Schedule, now: Timestamp) -> Option<Warning> {
    let (at, theirs) = schedule.zone.differs_from_windows(now)?;
    let name = schedule.zone.name();
    let windows = schedule.zone.windows_name()?;
    let on = schedule.zone.clock().to_datetime(at).date();
    Some(Warning {
        key: ScheduleKey::TimeZone,
        text: format!(
            "Azure maps {name} to `{windows}`, which is {theirs}: their clocks differ from {on} on, \
             and runs follow {theirs}; use a zone that Azure supports, or UTC"
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
        "`catch_up` does not support days".to_owned()
    } else {
        let days = match rule.interval / 24 {
            1 => "day".to_owned(),
            n => format!("{n} days"),
        };
        format!("`every = \"{days}\"` keeps the time of day")
    };
    Some(Warning {
        key: ScheduleKey::Every,
        text: format!(
            "an interval of {} hours shifts to another time of day when clocks change in {} on {on}; \
             {instead}",
            rule.interval,
            schedule.zone.name(),
        ),
    })
}

/// Warns about days that do not exist in some months, which Azure skips.
fn short_months(rule: &Rule) -> Vec<Warning> {
    // Long lists such as `*/2` are not meant to run on each of these days.
    let is_wide =
        rule.month_days.len() > MAX_LISTED_DAYS && rule.month_days.iter().any(|day| *day <= 28);
    if rule.frequency != Frequency::Month || rule.month_days.contains(&-1) || is_wide {
        return Vec::new();
    }
    // The months of a year without a leap day.
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
            key: if of_start {
                ScheduleKey::Start
            } else {
                ScheduleKey::On
            },
            text: format!(
                "day {day} is skipped in {}; `on = \"last day\"` runs in every month",
                list(&names)
            ),
        })
    })
    .collect()
}

/// The maximum number of days of the month in a list to warn about.
const MAX_LISTED_DAYS: usize = 7;

/// Warns about a fifth day of the week, which most months do not have.
fn fifth_days(rule: &Rule) -> Option<Warning> {
    let mut sets = rule.condition.within.iter().flatten();
    let is_fifth = sets.any(|set| set.last == 0 && set.month_days == [29, 30, 31]);
    is_fifth.then(|| Warning {
        key: ScheduleKey::On,
        text:
            "months without a fifth such day are skipped; `on = \"last monday\"` runs in every month"
                .to_owned(),
    })
}

fn list(names: &[String]) -> String {
    match names {
        [names @ .., last] if names.len() > 1 => format!("{}, and {last}", names.join(", ")),
        names => names.join(" and "),
    }
}

/// Warns about a start that is too soon. Source: `connectors-native-recurrence.md`, "set up the
/// recurrence in advance".
fn start_too_soon(schedule: &Schedule, now: Timestamp) -> Option<Warning> {
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
        key: ScheduleKey::Start,
        text: format!(
            "the start is less than a {} ahead, so Azure may skip the first run: use an earlier \
             start, which may be in the past",
            unit_name(rule.frequency),
        ),
    })
}

/// Warns about runs less than a minute apart: Heroku may not list the previous dyno yet.
fn runs_too_close(schedule: &Schedule) -> Option<Warning> {
    let gap = schedule.min_gap();
    let warned = schedule.overlap == Overlap::Skip && gap < SignedDuration::from_mins(1);
    warned.then(|| Warning {
        key: ScheduleKey::Every,
        text: format!(
            "runs are {gap:#} apart: below a minute, `skip` cannot guarantee that two runs never \
             overlap; `overlap = \"queue\"` can"
        ),
    })
}

fn missed_runs(schedule: &Schedule, now: Timestamp) -> Option<Warning> {
    let (_, recurrence) = schedule.recurrences().next()?;
    let start = recurrence.start_at()?;
    if !schedule.catch_up || start >= now {
        return None;
    }
    let every = schedule.min_gap();
    let runs = now.duration_since(start).as_secs() / every.as_secs().max(1) + 1;
    Some(Warning {
        key: ScheduleKey::Start,
        text: format!(
            "the start is in the past: a first deployment now would immediately start {runs} missed \
             runs"
        ),
    })
}
