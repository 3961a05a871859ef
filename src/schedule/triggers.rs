//! The triggers of a workflow that fall due when a schedule says.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, Weekday};
use serde_json::{Map, Value, json};

use super::rule::{Rule, start_mistake};
use super::words::{Mistake, Place, day_name, unit_name};
use super::zone::Zone;
use picletter_logic_apps::recurrence::{Frequency, Recurrence, Start};

/// As many triggers as a workflow may have (`logic-apps-limits-and-config.md`).
pub const MOST_TRIGGERS: usize = 10;

/// The longest name that a trigger may have (`logic-apps-limits-and-config.md`).
const LONGEST_NAME: usize = 80;

/// What recurs, by the name of its trigger.
pub(super) fn recurrences(rule: &Rule, zone: &Zone) -> Result<Vec<(String, Recurrence)>, Mistake> {
    let plain = Recurrence {
        frequency: rule.frequency,
        interval: rule.interval,
        start: Some(Start::Local(rule.start)),
        zone: zone.clock().clone(),
        hours: Vec::new(),
        minutes: Vec::new(),
        week_days: Vec::new(),
        month_days: Vec::new(),
    };
    let recurrences = match rule.frequency {
        Frequency::Second | Frequency::Minute | Frequency::Hour => {
            vec![(format!("Every_{}", period(rule)), plain)]
        }
        Frequency::Month => monthly(rule, &plain)?,
        Frequency::Day | Frequency::Week => timed(rule, &plain),
    };
    if recurrences.len() > MOST_TRIGGERS {
        return Err(too_many(rule, recurrences.len()));
    }
    Ok(recurrences)
}

/// By months, on days of theirs.
///
/// Microsoft documents hours and minutes for days and weeks only, and the designer drops them beside
/// `monthDays` (Azure/logicapps#73). So each time of the day is a trigger, whose start carries it. The
/// start is an occurrence, so that it does not matter whether Azure counts it as one.
fn monthly(rule: &Rule, plain: &Recurrence) -> Result<Vec<(String, Recurrence)>, Mistake> {
    let mut triggers = Vec::new();
    for (first, days) in by_first_date(rule, plain)? {
        let name = format!("Every_{}_on_{}", period(rule), day_list(&days));
        for time in &rule.times {
            let start = first.to_datetime(*time);
            if let Some(mistake) = start_mistake(start, &plain.zone) {
                return Err(Mistake {
                    place: Place::At,
                    ..mistake
                });
            }
            let recurrence = Recurrence {
                start: Some(Start::Local(start)),
                month_days: days.clone(),
                ..plain.clone()
            };
            triggers.push((named(&name, &[*time]), recurrence));
        }
    }
    Ok(triggers)
}

/// Days of the month by the first date that one of them falls on.
///
/// Which months a trigger takes that counts several is documented nowhere, while the month of its
/// first date leaves no doubt: days whose first dates are in different months are kept apart.
fn by_first_date(rule: &Rule, plain: &Recurrence) -> Result<Vec<(Date, Vec<i8>)>, Mistake> {
    let start = rule.start.date();
    let mut groups: Vec<(Date, Vec<i8>)> = Vec::new();
    for day in &rule.month_days {
        let alone = Recurrence {
            month_days: vec![*day],
            ..plain.clone()
        };
        let Some(first) = alone.first_date(start) else {
            let problem = format!("none of the months has a day {day}");
            let help = "use `on = \"last day\"`, or another `start`".to_owned();
            return Err(Mistake::new(Place::On, problem, help).together());
        };
        let together =
            |date: &Date| rule.interval == 1 || date.first_of_month() == first.first_of_month();
        match groups.iter_mut().find(|(date, _)| together(date)) {
            Some((date, days)) => {
                *date = first.min(*date);
                days.push(*day);
            }
            None => groups.push((first, vec![*day])),
        }
    }
    Ok(groups)
}

/// Such as `day_15`, `last_day` or `days_1_and_15_and_last`, as far as there is room.
fn day_list(days: &[i8]) -> String {
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

/// By days and weeks, at times of the day.
fn timed(rule: &Rule, plain: &Recurrence) -> Vec<(String, Recurrence)> {
    // Every second week on two days: a trigger for each, because which weeks a trigger of several
    // days takes is documented nowhere, while a day that its start falls on leaves no doubt.
    let days: Vec<&[Weekday]> = if rule.interval > 1 && !rule.week_days.is_empty() {
        rule.week_days.chunks(1).collect()
    } else {
        vec![&rule.week_days]
    };
    let mut triggers = Vec::new();
    for days in days {
        let start = match days {
            [day] if rule.interval > 1 => first_on(rule, *day),
            _ => rule.start,
        };
        for (hours, minutes) in grouped(&rule.times) {
            let times: Vec<Time> = rule
                .times
                .iter()
                .filter(|time| hours.contains(&time.hour()) && minutes.contains(&time.minute()))
                .copied()
                .collect();
            let name = match days {
                [] => format!("Every_{}", period(rule)),
                days if rule.interval == 1 => format!("Every_{}", list(days)),
                days => format!("Every_{}_on_{}", period(rule), list(days)),
            };
            let recurrence = Recurrence {
                start: Some(Start::Local(start)),
                hours,
                minutes,
                week_days: days.to_vec(),
                ..plain.clone()
            };
            triggers.push((named(&name, &times), recurrence));
        }
    }
    triggers
}

/// The first such day in a week that is counted, and not before the start. Weeks begin on Monday,
/// and those are counted that are a multiple of the interval after that of the start.
fn first_on(rule: &Rule, day: Weekday) -> DateTime {
    let since = rule.start.weekday().to_monday_zero_offset();
    let later = i64::from(day.to_monday_zero_offset() - since);
    let days = if later < 0 {
        later + 7 * i64::from(rule.interval)
    } else {
        later
    };
    if days == 0 {
        return rule.start;
    }
    let date = rule.start.date().saturating_add(days.days());
    date.to_datetime(Time::midnight())
}

/// Splits `times` into as few sets as it can, each of which is all of its hours with all of its
/// minutes, since that is what a trigger does with them. None is in two sets, so none is due twice.
fn grouped(times: &[Time]) -> Vec<(Vec<i8>, Vec<i8>)> {
    let by_hour = alike(times.iter().map(|time| (time.hour(), time.minute())));
    let by_minute = alike(times.iter().map(|time| (time.minute(), time.hour())));
    if by_minute.len() < by_hour.len() {
        by_minute
            .into_iter()
            .map(|(minutes, hours)| (hours, minutes))
            .collect()
    } else {
        by_hour
    }
}

/// The keys that have the same values, with those.
fn alike(pairs: impl Iterator<Item = (i8, i8)>) -> Vec<(Vec<i8>, Vec<i8>)> {
    let mut values: BTreeMap<i8, Vec<i8>> = BTreeMap::new();
    for (key, value) in pairs {
        values.entry(key).or_default().push(value);
    }
    let mut sets: Vec<(Vec<i8>, Vec<i8>)> = Vec::new();
    for (key, values) in values {
        match sets.iter_mut().find(|(_, same)| *same == values) {
            Some((keys, _)) => keys.push(key),
            None => sets.push((vec![key], values)),
        }
    }
    sets
}

fn too_many(rule: &Rule, needed: usize) -> Mistake {
    let help = if rule.frequency == Frequency::Month {
        "use fewer times of the day"
    } else if rule.interval > 1 && rule.week_days.len() > 1 {
        "give fewer days, or times that share their minutes"
    } else {
        "let more of the times share their minutes, such as 08:30 and 16:30"
    };
    Mistake::new(
        Place::At,
        format!("these times need {needed} triggers, and a workflow has at most {MOST_TRIGGERS}"),
        help.to_owned(),
    )
    .together()
}

/// Such as `day` or `2_weeks`.
fn period(rule: &Rule) -> String {
    let unit = unit_name(rule.frequency);
    match rule.interval {
        1 => unit.to_owned(),
        interval => format!("{interval}_{unit}s"),
    }
}

fn list(days: &[Weekday]) -> String {
    let short = |day: &Weekday| {
        let name = day_name(*day);
        let (first, rest) = name.split_at(1);
        first.to_uppercase() + rest.get(..2).unwrap_or(rest)
    };
    let names: Vec<String> = days.iter().map(short).collect();
    names.join("_")
}

/// The name with its times, as far as there is room.
fn named(name: &str, times: &[Time]) -> String {
    let all: Vec<String> = times
        .iter()
        .map(|time| time.strftime("%H_%M").to_string())
        .collect();
    let long = format!("{name}_at_{}", all.join("_and_"));
    match all.split_first() {
        Some((first, rest)) if long.len() > LONGEST_NAME => {
            format!("{name}_at_{first}_and_{}_more", rest.len())
        }
        _ => long,
    }
}

/// A trigger as a workflow's definition has it.
pub(super) fn render(recurrence: &Recurrence, zone: &Zone, catch_up: bool) -> Value {
    let mut fields = Map::new();
    fields.insert("frequency".into(), recurrence.frequency.name().into());
    fields.insert("interval".into(), recurrence.interval.into());
    // A `Z` and a zone are never given together: Azure would ignore the zone.
    let (suffix, name) = match zone.windows_name() {
        None => ("Z", None),
        Some(name) => ("", Some(name)),
    };
    if let Some(Start::Local(start)) = recurrence.start {
        let start = format!("{}{suffix}", start.strftime("%Y-%m-%dT%H:%M:%S"));
        fields.insert("startTime".into(), start.into());
    }
    if let Some(name) = name {
        fields.insert("timeZone".into(), name.into());
    }
    let mut schedule = Map::new();
    if !recurrence.hours.is_empty() {
        schedule.insert("hours".into(), json!(recurrence.hours));
        schedule.insert("minutes".into(), json!(recurrence.minutes));
    }
    if !recurrence.week_days.is_empty() {
        let names: Vec<String> = recurrence
            .week_days
            .iter()
            .map(|day| format!("{day:?}"))
            .collect();
        schedule.insert("weekDays".into(), json!(names));
    }
    if !recurrence.month_days.is_empty() {
        schedule.insert("monthDays".into(), json!(recurrence.month_days));
    }
    if !schedule.is_empty() {
        fields.insert("schedule".into(), schedule.into());
    }
    let kind = if catch_up {
        "SlidingWindow"
    } else {
        "Recurrence"
    };
    json!({ "type": kind, "recurrence": fields })
}
