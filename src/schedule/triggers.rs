//! The triggers of a workflow that fall due when a schedule says.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::names::{self, day_list, list, named, period};
use super::rule::{Rule, SINCE, start_mistake};
use super::trigger::{Trigger, needs_by_hand};
use super::words::{Mistake, Place};
use super::zone::Zone;
use picletter_logic_apps::recurrence::{Frequency, Recurrence, Start};

/// As many triggers as a workflow may have (`logic-apps-limits-and-config.md`).
pub const MOST_TRIGGERS: usize = 10;

/// As many as may have a condition each, since then [`super::trigger::BY_HAND`] is one more.
pub(super) const MOST_SCHEDULED: usize = MOST_TRIGGERS - 1;

/// The triggers of all `rules`, each with a name of its own.
pub(super) fn triggers(rules: &[Rule], zone: &Zone) -> Result<Vec<Trigger>, Mistake> {
    let mut triggers: Vec<Trigger> = Vec::new();
    for rule in rules {
        for mut trigger in of_rule(rule, zone)? {
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
        Some(rule) if needed > MOST_TRIGGERS => Err(too_many(rule, needed)),
        _ => Ok(triggers),
    }
}

fn of_rule(rule: &Rule, zone: &Zone) -> Result<Vec<Trigger>, Mistake> {
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

/// A rule by months whose months are evenly spread over the year: an interval selects them without a
/// firing that its condition would reject.
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

/// By months, on days of theirs.
///
/// Microsoft documents hours and minutes for days and weeks only, and the designer drops them beside
/// `monthDays` (Azure/logicapps#73). So each time of the day is a trigger, whose start carries it. The
/// start is an occurrence, so that it does not matter whether Azure counts it as one.
fn monthly(rule: &Rule, plain: &Recurrence) -> Result<Vec<Trigger>, Mistake> {
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
            if let Some(mistake) = start_mistake(start, &plain.zone) {
                // Where the file gives no start, it is any occurrence that lies in the past.
                let another = second_date(&plain, &days, first).filter(|_| is_start_free);
                let another = another.map(|date| date.to_datetime(*time));
                let exists = |start: &DateTime| start_mistake(*start, &plain.zone).is_none();
                start = another.filter(exists).ok_or(Mistake {
                    place: Place::At,
                    ..mistake
                })?;
            }
            let recurrence = Recurrence {
                start: Some(Start::Local(start)),
                month_days: days.clone(),
                ..plain.clone()
            };
            triggers.push(Trigger {
                name: named(&name, &[*time]),
                recurrence,
                condition: rule.condition.clone(),
            });
        }
    }
    Ok(triggers)
}

/// The second date of a recurrence by months whose first is `first`.
fn second_date(plain: &Recurrence, days: &[i8], first: Date) -> Option<Date> {
    let at_noon = Recurrence {
        start: Some(Start::Local(first.at(12, 0, 0, 0))),
        month_days: days.to_vec(),
        ..plain.clone()
    };
    let second = at_noon.occurrences(at_noon.start_at()?).nth(1)?;
    Some(plain.zone.to_datetime(second.at).date())
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

/// By days and weeks, at times of the day.
fn timed(rule: &Rule, plain: &Recurrence) -> Vec<Trigger> {
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
                name: named(&name, &times),
                recurrence,
                condition: rule.condition.clone(),
            });
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
