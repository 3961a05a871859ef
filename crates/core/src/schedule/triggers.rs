//! Translates rules to a workflow's triggers.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::keys::{ScheduleError, ScheduleKey};
use super::names::{self, day_list, list, period, with_times};
use super::rule::{Rule, SINCE, start_error};
use super::trigger::{Trigger, needs_by_hand};
use super::zone::Zone;
use picletter_logic_apps::recurrence::{Frequency, Recurrence, Start};

/// The maximum number of triggers of a workflow (`logic-apps-limits-and-config.md`).
pub const MAX_TRIGGERS: usize = 10;

/// The maximum number of triggers if all have a condition, because [`super::trigger::BY_HAND`] is
/// also needed.
pub(super) const MAX_CONDITIONAL_TRIGGERS: usize = MAX_TRIGGERS - 1;

/// The triggers of all `rules`, with unique names.
pub(super) fn triggers(rules: &[Rule], zone: &Zone) -> Result<Vec<Trigger>, ScheduleError> {
    let mut triggers: Vec<Trigger> = Vec::new();
    for rule in rules {
        for mut trigger in triggers_for_rule(rule, zone)? {
            let same = |other: &&Trigger| {
                let name = other.name.strip_prefix(&trigger.name);
                name.is_some_and(|rest| rest.is_empty() || rest.starts_with("_no_"))
            };
            let earlier = triggers.iter().filter(same).count();
            if earlier > 0 {
                trigger.name = format!("{}_no_{}", trigger.name, earlier + 1);
            }
            triggers.push(trigger);
        }
    }
    let needed = triggers.len() + usize::from(needs_by_hand(&triggers));
    match rules.first() {
        Some(rule) if needed > MAX_TRIGGERS => Err(too_many(rule, needed)),
        _ => Ok(triggers),
    }
}

fn triggers_for_rule(rule: &Rule, zone: &Zone) -> Result<Vec<Trigger>, ScheduleError> {
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
    Ok(match rule.frequency {
        Frequency::Second | Frequency::Minute | Frequency::Hour => vec![Trigger {
            name: format!(
                "Every_{}{}",
                period(rule),
                names::condition(&rule.condition)
            ),
            recurrence: plain,
            condition: rule.condition.clone(),
        }],
        Frequency::Month => monthly(rule, &plain)?,
        Frequency::Day | Frequency::Week => timed(rule, &plain),
    })
}

/// Replaces the months of a monthly rule by an interval if they are evenly spread over the year.
/// The condition then rejects no firings.
fn in_months(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    let [first, ..] = rule.condition.months[..] else {
        return rule;
    };
    let interval = 12 / i8::try_from(rule.condition.months.len()).unwrap_or(12);
    let all = (0..12)
        .map(|n| n + 1)
        .filter(|month| (month - first) % interval == 0);
    if rule.interval == 1 && all.eq(rule.condition.months.iter().copied()) {
        let is_counted = |date: &Date| rule.condition.months.contains(&date.month());
        let months = rule.start.date().first_of_month().series(1.month());
        let start = rule.start.date();
        let month = months.map(|month| month.max(start)).find(is_counted);
        rule.start = month.unwrap_or(start).to_datetime(rule.start.time());
        rule.interval = interval.unsigned_abs().into();
        rule.condition.months.clear();
    }
    rule
}

/// The triggers for a monthly rule.
///
/// Microsoft documents hours and minutes only for days and weeks, and the designer removes them if
/// there are `monthDays` (Azure/logicapps#73). So each time of day becomes a trigger whose start
/// has that time. The start is an occurrence, so it does not matter whether Azure counts it as one.
fn monthly(rule: &Rule, plain: &Recurrence) -> Result<Vec<Trigger>, ScheduleError> {
    let is_start_free = rule.start == SINCE;
    let rule = &in_months(rule);
    let plain = Recurrence {
        interval: rule.interval,
        start: Some(Start::Local(rule.start)),
        ..plain.clone()
    };
    let mut triggers = Vec::new();
    for (first, days) in by_first_date(rule, &plain)? {
        let condition = names::condition(&rule.condition);
        let name = format!("Every_{}_on_{}{condition}", period(rule), day_list(&days));
        for time in &rule.times {
            let mut start = first.to_datetime(*time);
            if let Some(error) = start_error(start, &plain.zone) {
                // If the file sets no start, any past occurrence can be the start.
                let another = second_date(&plain, &days, first).filter(|_| is_start_free);
                let another = another.map(|date| date.to_datetime(*time));
                let exists = |start: &DateTime| start_error(*start, &plain.zone).is_none();
                start = another.filter(exists).ok_or(ScheduleError {
                    key: ScheduleKey::At,
                    ..error
                })?;
            }
            let recurrence = Recurrence {
                start: Some(Start::Local(start)),
                month_days: days.clone(),
                ..plain.clone()
            };
            triggers.push(Trigger {
                name: with_times(&name, &[*time]),
                recurrence,
                condition: rule.condition.clone(),
            });
        }
    }
    Ok(triggers)
}

/// The second date of a monthly recurrence whose first date is `first`.
fn second_date(plain: &Recurrence, days: &[i8], first: Date) -> Option<Date> {
    let at_noon = Recurrence {
        start: Some(Start::Local(first.at(12, 0, 0, 0))),
        month_days: days.to_vec(),
        ..plain.clone()
    };
    let second = at_noon.occurrences(at_noon.start_at()?).nth(1)?;
    Some(plain.zone.to_datetime(second.at).date())
}

/// Groups days of the month by their first date.
///
/// Azure does not document which months a trigger with an interval of several months selects, but
/// it must include the month of its first date. So days whose first dates are in different months
/// go into separate groups.
fn by_first_date(rule: &Rule, plain: &Recurrence) -> Result<Vec<(Date, Vec<i8>)>, ScheduleError> {
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
            return Err(ScheduleError::new(ScheduleKey::On, problem, help).together());
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

/// The triggers for a daily or weekly rule.
fn timed(rule: &Rule, plain: &Recurrence) -> Vec<Trigger> {
    // With an interval of several weeks, each day gets its own trigger. Azure does not document
    // which weeks a trigger with several days selects, but it must include the date of its start.
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
        for (hours, minutes) in group_times(&rule.times) {
            let times: Vec<Time> = rule
                .times
                .iter()
                .filter(|time| hours.contains(&time.hour()) && minutes.contains(&time.minute()))
                .copied()
                .collect();
            let condition = names::condition(&rule.condition);
            let name = match days {
                [] => format!("Every_{}{condition}", period(rule)),
                days if rule.interval == 1 => format!("Every_{}{condition}", list(days)),
                days => format!("Every_{}_on_{}{condition}", period(rule), list(days)),
            };
            let recurrence = Recurrence {
                start: Some(Start::Local(start)),
                hours,
                minutes,
                week_days: days.to_vec(),
                ..plain.clone()
            };
            triggers.push(Trigger {
                name: with_times(&name, &times),
                recurrence,
                condition: rule.condition.clone(),
            });
        }
    }
    triggers
}

/// The first `day` on or after the start, in a week that the interval selects. Weeks start on
/// Monday and are counted from the week of the start.
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

/// Splits `times` into disjoint sets, each of which combines all of its hours with all of its
/// minutes, as a trigger does.
fn group_times(times: &[Time]) -> Vec<(Vec<i8>, Vec<i8>)> {
    let by_hour = group_by_values(times.iter().map(|time| (time.hour(), time.minute())));
    let by_minute = group_by_values(times.iter().map(|time| (time.minute(), time.hour())));
    if by_minute.len() < by_hour.len() {
        by_minute
            .into_iter()
            .map(|(minutes, hours)| (hours, minutes))
            .collect()
    } else {
        by_hour
    }
}

/// Groups keys with the same values.
fn group_by_values(pairs: impl Iterator<Item = (i8, i8)>) -> Vec<(Vec<i8>, Vec<i8>)> {
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

fn too_many(rule: &Rule, needed: usize) -> ScheduleError {
    let help = if rule.frequency == Frequency::Month {
        "use fewer times of day"
    } else if rule.interval > 1 && rule.week_days.len() > 1 {
        "use fewer days, or times with the same minutes"
    } else {
        "use times with the same minutes, such as 08:30 and 16:30"
    };
    ScheduleError::new(
        ScheduleKey::At,
        format!(
            "these times need {needed} triggers, but a workflow can have at most {MAX_TRIGGERS}"
        ),
        help.to_owned(),
    )
    .together()
}
