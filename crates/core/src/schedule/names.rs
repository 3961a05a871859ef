//! Names of triggers, as displayed in the Azure portal.

use jiff::civil::{Time, Weekday};

use super::condition::{Condition, DateSet};
use super::keys::{day_name, month_name, unit_name};
use super::rule::Rule;

/// The maximum length of a trigger's name (`logic-apps-limits-and-config.md`).
const MAX_NAME_LENGTH: usize = 80;

/// The maximum number of months that are listed in a name.
const MAX_MONTHS: usize = 4;

/// The part of a name for a condition, such as `_on_days_1_to_7` or `_in_Jan_Jul`.
pub(super) fn condition(condition: &Condition) -> String {
    let days = match condition.within.as_slice() {
        [] => String::new(),
        [sets] => days(sets),
        _ => SOME_DAYS.to_owned(),
    };
    let otherwise = if condition.except.is_empty() {
        ""
    } else {
        "_otherwise"
    };
    let months: Vec<String> = condition
        .months
        .iter()
        .map(|month| capital(month_name(*month)))
        .collect();
    let months = match months.len() {
        0 => String::new(),
        1..=MAX_MONTHS => format!("_in_{}", months.join("_")),
        _ => "_in_some_months".to_owned(),
    };
    format!("{days}{otherwise}{months}")
}

const SOME_DAYS: &str = "_on_some_days";

fn days(sets: &[DateSet]) -> String {
    let [
        DateSet {
            week_days,
            month_days,
            last,
        },
    ] = sets
    else {
        return SOME_DAYS.to_owned();
    };
    match (month_days.as_slice(), last) {
        _ if !week_days.is_empty() => SOME_DAYS.to_owned(),
        ([], last) => format!("_on_last_{last}_days"),
        ([day], 0) => format!("_on_day_{day}"),
        ([first, .., end], 0) if i8::try_from(month_days.len()) == Ok(end - first + 1) => {
            format!("_on_days_{first}_to_{end}")
        }
        _ => SOME_DAYS.to_owned(),
    }
}

/// The part of a name for days of the month, such as `day_15`, `last_day`, or
/// `days_1_and_15_and_last`. Long lists are abbreviated.
pub(super) fn day_list(days: &[i8]) -> String {
    let name = |day: &i8| match day {
        -1 => "last".to_owned(),
        day => day.to_string(),
    };
    match days {
        [-1] => "last_day".to_owned(),
        [day] => format!("day_{day}"),
        [first, rest @ ..] if rest.len() > 5 => {
            format!("days_{}_and_{}_more", name(first), rest.len())
        }
        days => {
            let names: Vec<String> = days.iter().map(name).collect();
            format!("days_{}", names.join("_and_"))
        }
    }
}

/// The part of a name for an interval, such as `day` or `2_weeks`.
pub(super) fn period(rule: &Rule) -> String {
    let unit = unit_name(rule.frequency);
    match rule.interval {
        1 => unit.to_owned(),
        interval => format!("{interval}_{unit}s"),
    }
}

pub(super) fn list(days: &[Weekday]) -> String {
    let short = |day: &Weekday| day_name(*day).get(..3).unwrap_or_default();
    let names: Vec<String> = days.iter().map(|day| capital(short(day))).collect();
    names.join("_")
}

/// Appends times to a name. Long lists are abbreviated.
pub(super) fn with_times(name: &str, times: &[Time]) -> String {
    let all: Vec<String> = times
        .iter()
        .map(|time| time.strftime("%H_%M").to_string())
        .collect();
    let long = format!("{name}_at_{}", all.join("_and_"));
    match all.split_first() {
        Some((first, rest)) if long.len() > MAX_NAME_LENGTH => {
            format!("{name}_at_{first}_and_{}_more", rest.len())
        }
        _ => long,
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}
