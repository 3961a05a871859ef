//! Descriptions of triggers, such as `every day at 08:30, W. Europe Standard Time, from
//! 2026-01-01T00:00:00`.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use serde_json::{Map, Value};

use crate::schedule::{BY_HAND, windows_zone_name, without_due_times};
use picletter_logic_apps::recurrence::{Frequency, Start};

/// The recurrences of a workflow's triggers, without text from the live system: numbers, times, and
/// known words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recurrences(Vec<Words>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Words {
    frequency: Frequency,
    interval: u64,
    times: Vec<Time>,
    week_days: Vec<Weekday>,
    month_days: Vec<i8>,
    zone: Option<&'static str>,
    start: Option<Start>,
    catches_up: bool,
    /// Consists of known words, numbers, and `date`.
    condition: Option<String>,
}

/// The expression for the local time at which a trigger is due.
const DATE: &str = "date";

/// The words that a condition may contain, besides numbers.
const CONDITION_WORDS: [&str; 15] = [
    "MM",
    "addDays",
    "and",
    "contains",
    "createArray",
    DATE,
    "dayOfMonth",
    "dayOfWeek",
    "equals",
    "formatDateTime",
    "greaterOrEquals",
    "lessOrEquals",
    "mm",
    "not",
    "or",
];

impl Recurrences {
    /// The recurrences of `triggers`, without that for manual runs; `None` if a trigger has an
    /// unknown property.
    pub(super) fn read(triggers: &Map<String, Value>) -> Option<Self> {
        let scheduled = triggers.iter().filter(|(name, _)| *name != BY_HAND);
        scheduled
            .map(|(_, trigger)| Words::read(trigger))
            .collect::<Option<_>>()
            .map(Self)
    }
}

impl Words {
    fn read(trigger: &Value) -> Option<Self> {
        let catches_up = match trigger["type"].as_str()? {
            "Recurrence" => false,
            "SlidingWindow" => true,
            _ => return None,
        };
        let recurrence = trigger["recurrence"].as_object()?;
        let known = ["frequency", "interval", "startTime", "timeZone", "schedule"];
        if !recurrence.keys().all(|name| known.contains(&name.as_str())) {
            return None;
        }
        let text = |name: &str| match recurrence.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => value.as_str().map(Some),
        };
        let frequency = recurrence.get("frequency")?.as_str()?;
        let none = Map::new();
        let schedule = match recurrence.get("schedule") {
            None | Some(Value::Null) => &none,
            Some(schedule) => schedule.as_object()?,
        };
        let mut words = Self {
            frequency: Frequency::ALL
                .into_iter()
                .find(|one| one.name().eq_ignore_ascii_case(frequency))?,
            interval: match recurrence.get("interval") {
                None | Some(Value::Null) => 1,
                Some(interval) => interval.as_u64()?,
            },
            times: Vec::new(),
            week_days: Vec::new(),
            month_days: Vec::new(),
            zone: match text("timeZone")? {
                None => None,
                Some(name) => Some(windows_zone_name(name)?),
            },
            start: match text("startTime")? {
                None => None,
                Some(start) => Some(read_start(start)?),
            },
            catches_up,
            condition: match trigger.get("conditions") {
                None | Some(Value::Null) => None,
                Some(Value::Array(conditions)) if conditions.is_empty() => None,
                Some(conditions) => Some(read_condition(conditions)?),
            },
        };
        let (mut hours, mut minutes) = (Vec::new(), Vec::new());
        for (name, values) in schedule {
            let values = values.as_array()?.iter();
            match name.as_str() {
                "hours" => hours = values.map(number).collect::<Option<_>>()?,
                "minutes" => minutes = values.map(number).collect::<Option<_>>()?,
                "weekDays" => words.week_days = values.map(day).collect::<Option<_>>()?,
                "monthDays" => words.month_days = values.map(number).collect::<Option<_>>()?,
                _ => return None,
            }
        }
        if hours.is_empty() != minutes.is_empty() {
            return None;
        }
        for hour in hours {
            for minute in &minutes {
                words.times.push(Time::new(hour, *minute, 0, 0).ok()?);
            }
        }
        Some(words)
    }
}

/// The only condition, with `date` instead of the expression for the time; `None` if it contains
/// unknown words.
fn read_condition(conditions: &Value) -> Option<String> {
    let [condition] = conditions.as_array()?.as_slice() else {
        return None;
    };
    let expression = condition["expression"].as_str()?.strip_prefix('@')?;
    let condition = without_due_times(expression)?;
    let letter = |c: char| c.is_ascii_alphanumeric();
    let mut words = condition
        .split(|c| !letter(c))
        .filter(|word| !word.is_empty());
    let is_number = |word: &str| word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    let is_known = words.all(|word| CONDITION_WORDS.contains(&word) || is_number(word))
        && condition.chars().all(|c| letter(c) || "(), '".contains(c));
    is_known.then_some(condition)
}

fn number(value: &Value) -> Option<i8> {
    value.as_i64().and_then(|number| number.try_into().ok())
}

fn day(value: &Value) -> Option<Weekday> {
    let name = value.as_str()?;
    let mut days = Weekday::Monday.cycle_forward().take(7);
    days.find(|day| format!("{day:?}").eq_ignore_ascii_case(name))
}

fn read_start(text: &str) -> Option<Start> {
    if text.ends_with('Z') {
        text.parse::<Timestamp>().ok().map(Start::Utc)
    } else {
        text.parse::<DateTime>().ok().map(Start::Local)
    }
}

impl fmt::Display for Recurrences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, words) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{words}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.frequency.name().to_lowercase();
        match self.interval {
            1 => write!(f, "every {unit}")?,
            interval => write!(f, "every {interval} {unit}s")?,
        }
        for (n, day) in self.week_days.iter().enumerate() {
            let separator = if n == 0 { " on " } else { ", " };
            write!(f, "{separator}{day:?}")?;
        }
        for (n, day) in self.month_days.iter().enumerate() {
            f.write_str(if n == 0 { " on " } else { ", " })?;
            match day {
                -1 => f.write_str("the last day")?,
                day => write!(f, "day {day}")?,
            }
        }
        for (n, time) in self.times.iter().enumerate() {
            let separator = if n == 0 { " at " } else { ", " };
            write!(f, "{separator}{}", time.strftime("%H:%M"))?;
        }
        // Before the parts that are truncated in a long text.
        if let Some(condition) = &self.condition {
            write!(f, ", if {condition}")?;
        }
        if let Some(zone) = self.zone {
            write!(f, ", {zone}")?;
        }
        match self.start {
            Some(Start::Utc(start)) => {
                write!(f, ", from {start}")?;
                if self.zone.is_some() {
                    f.write_str(" (UTC, not the time zone)")?;
                }
            }
            Some(Start::Local(start)) => write!(f, ", from {start}")?,
            None => {}
        }
        if self.catches_up {
            f.write_str(", catching up")?;
        }
        Ok(())
    }
}
