//! Loader of triggers.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};
use windows_timezones::WindowsTimezone;

use super::action::SecuredValues;
use super::duration::{self, Span};
use super::error::{At, Fields, LoadError, array, integer, keyword, object, text};
use super::functions::TRIGGER_FUNCTIONS;
use super::loader::{operation_options, runtime_configuration, secure_data};
use crate::expression::{ParseError, Templated};
use crate::recurrence::{Frequency, Recurrence, Start};
use crate::suggest::did_you_mean;

/// "Triggers per workflow", "Trigger concurrency", and "Maximum waiting runs": by default "10 runs
/// plus the number of concurrent runs", at most 100 (`logic-apps-limits-and-config.md`). The
/// service rejects fewer than 10 (Azure/logicapps#1420).
const MAX_TRIGGERS: usize = 10;
const MAX_RUNS: i64 = 50;
const DEFAULT_RUNS: usize = 25;
const MIN_WAITING_RUNS: i64 = 10;
const MAX_WAITING_RUNS: i64 = 100;
const DEFAULT_EXTRA_WAITING_RUNS: usize = 10;
/// "The maximum start time is 49 years in the future"
/// (`concepts-schedule-automated-recurring-tasks-workflows.md`).
const MAX_START_YEARS: i64 = 49;

/// A trigger, which starts runs.
#[derive(Debug)]
pub(crate) struct Trigger {
    pub(crate) name: Arc<str>,
    pub(crate) kind: TriggerKind,
    pub(crate) recurrence: Recurrence,
    pub(crate) concurrency: Option<Concurrency>,
    /// Conditions that must all be true for a run to start.
    pub(crate) conditions: Vec<Templated>,
}

/// How a trigger handles times at which it cannot start a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TriggerKind {
    /// Skips them.
    Recurrence,
    /// Catches up on them. Fires `delay` after the scheduled time.
    SlidingWindow { delay: Span },
}

/// Limits on concurrent and waiting runs of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concurrency {
    pub(crate) runs: usize,
    pub(crate) waiting: usize,
}

const FREQUENCIES: [(&str, Frequency); 6] = [
    ("Second", Frequency::Second),
    ("Minute", Frequency::Minute),
    ("Hour", Frequency::Hour),
    ("Day", Frequency::Day),
    ("Week", Frequency::Week),
    ("Month", Frequency::Month),
];
const WEEK_DAYS: [(&str, Weekday); 7] = [
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
    ("Sunday", Weekday::Sunday),
];
const UNSUPPORTED: [&str; 6] = [
    "Request",
    "Http",
    "HttpWebhook",
    "ApiConnection",
    "ApiConnectionWebhook",
    "Batch",
];

pub(super) fn load(
    value: &Value,
    parameters: &HashMap<String, Value>,
    now: Timestamp,
) -> Result<Vec<Trigger>, LoadError> {
    let at = At::root("triggers");
    let triggers = object(value, &at)?;
    if triggers.len() > MAX_TRIGGERS {
        return Err(at.error(format!(
            "{} triggers exceed the limit of {MAX_TRIGGERS} per workflow",
            triggers.len()
        )));
    }
    triggers
        .iter()
        .map(|(name, value)| trigger(name, value, &at.to(name), parameters, now))
        .collect()
}

fn trigger(
    name: &str,
    value: &Value,
    at: &At<'_>,
    parameters: &HashMap<String, Value>,
    now: Timestamp,
) -> Result<Trigger, LoadError> {
    let type_at = at.to("type");
    let kind = object(value, at)?
        .get("type")
        .ok_or_else(|| type_at.error("missing property"))
        .and_then(|kind| text(kind, &type_at))?;
    let sliding = if kind.eq_ignore_ascii_case("Recurrence") {
        false
    } else if kind.eq_ignore_ascii_case("SlidingWindow") {
        true
    } else if UNSUPPORTED
        .iter()
        .any(|name| name.eq_ignore_ascii_case(kind))
    {
        return Err(type_at.error(format!(
            "{kind} is not supported; use Recurrence or SlidingWindow"
        )));
    } else {
        let near = did_you_mean(kind, &["Recurrence", "SlidingWindow"]);
        return Err(type_at.error(format!("unknown type {kind:?}{near}")));
    };
    let mut known = vec![
        "type",
        "recurrence",
        // The service adds this to its responses and ignores it in requests.
        "evaluatedRecurrence",
        "conditions",
        "runtimeConfiguration",
        "operationOptions",
        "description",
        "metadata",
    ];
    if sliding {
        known.push("inputs");
    }
    let fields = Fields::read(value, at, &known)?;
    let mut configurable = vec!["concurrency"];
    if sliding {
        configurable.push("secureData");
    }
    let configuration = runtime_configuration(&fields, &configurable)?;
    secure_data(
        configuration,
        at,
        SecuredValues {
            inputs: true,
            outputs: true,
        },
    )?;
    let options = operation_options(&fields, &["SingleInstance"])?;
    let concurrency = concurrency(configuration, !options.is_empty(), sliding, at)?;
    let kind = if sliding {
        TriggerKind::SlidingWindow {
            delay: delay(fields.get("inputs"), &at.to("inputs"))?,
        }
    } else {
        TriggerKind::Recurrence
    };
    let conditions = conditions(fields.get("conditions"), &at.to("conditions"), parameters)?;
    let recurrence = fields.require("recurrence")?;
    let recurrence = parse_recurrence(recurrence, &at.to("recurrence"), sliding, now)?;
    Ok(Trigger {
        name: name.into(),
        kind,
        recurrence,
        concurrency,
        conditions,
    })
}

/// Loads trigger conditions: "For any trigger, and only triggers, you can include an array that
/// contains one or more expressions for conditions that determine whether the workflow should run"
/// (trigger reference, "Trigger conditions").
fn conditions(
    value: Option<&Value>,
    at: &At<'_>,
    parameters: &HashMap<String, Value>,
) -> Result<Vec<Templated>, LoadError> {
    let conditions = value.map_or(Ok(&[][..]), |value| array(value, at))?;
    let condition = |(n, condition): (usize, &Value)| {
        let n = n.to_string();
        let at = at.to(&n);
        let expression = Fields::read(condition, &at, &["expression"])?.require("expression")?;
        let at = at.to("expression");
        if !text(expression, &at)?.starts_with('@') {
            return Err(at.error("expected an expression; it must start with @"));
        }
        let error_at = |error: ParseError| at.error(error.to_string());
        let expression = Templated::parse(expression).map_err(error_at)?;
        expression.check(&TRIGGER_FUNCTIONS).map_err(error_at)?;
        for call in expression.calls() {
            if call.name == "parameters" {
                super::references::check_parameter(call.literal, parameters)
                    .map_err(|message| at.error(message))?;
            }
        }
        Ok(expression)
    };
    conditions.iter().enumerate().map(condition).collect()
}

fn delay(inputs: Option<&Value>, at: &At<'_>) -> Result<Span, LoadError> {
    let Some(inputs) = inputs else {
        return Ok(Duration::ZERO);
    };
    let Some(delay) = Fields::read(inputs, at, &["delay"])?.get("delay") else {
        return Ok(Duration::ZERO);
    };
    let at = at.to("delay");
    duration::parse(text(delay, &at)?).map_err(|message| at.error(message))
}

/// A `Recurrence` trigger does not support `maximumWaitingRuns`, according to the product group
/// (LogicAppsUX#8824).
fn concurrency(
    configuration: Option<&Map<String, Value>>,
    single: bool,
    sliding: bool,
    at: &At<'_>,
) -> Result<Option<Concurrency>, LoadError> {
    let configured = configuration.and_then(|map| map.get("concurrency"));
    let at = at.to("runtimeConfiguration");
    let at = at.to("concurrency");
    let waiting = |runs: usize| runs + DEFAULT_EXTRA_WAITING_RUNS;
    let Some(value) = configured else {
        return Ok(single.then_some(Concurrency {
            runs: 1,
            waiting: waiting(1),
        }));
    };
    if single {
        return Err(
            at.error("concurrency and the operation option SingleInstance are mutually exclusive")
        );
    }
    let fields = Fields::read(value, &at, &["runs", "maximumWaitingRuns"])?;
    if !sliding && fields.get("maximumWaitingRuns").is_some() {
        let message = "a Recurrence trigger does not support maximumWaitingRuns; remove it";
        return Err(at.to("maximumWaitingRuns").error(message));
    }
    let number = |key: &str, min, max| -> Result<Option<usize>, LoadError> {
        let Some(value) = fields.get(key) else {
            return Ok(None);
        };
        let number = integer(value, &at.to(key), min, max)?;
        Ok(usize::try_from(number).ok())
    };
    let runs = number("runs", 1, MAX_RUNS)?.unwrap_or(DEFAULT_RUNS);
    let (min, max) = (MIN_WAITING_RUNS, MAX_WAITING_RUNS);
    let waiting = number("maximumWaitingRuns", min, max)?.unwrap_or(waiting(runs));
    Ok(Some(Concurrency { runs, waiting }))
}

fn parse_recurrence(
    value: &Value,
    at: &At<'_>,
    sliding: bool,
    now: Timestamp,
) -> Result<Recurrence, LoadError> {
    let mut known = vec!["frequency", "interval", "startTime", "timeZone"];
    if !sliding {
        known.push("schedule");
    }
    let fields = Fields::read(value, at, &known)?;
    let frequency_at = at.to("frequency");
    let frequency = fields.require("frequency")?;
    let frequency = keyword(frequency, &frequency_at, "frequency", &FREQUENCIES)?;
    if sliding && frequency > Frequency::Hour {
        return Err(frequency_at.error(
            "a SlidingWindow supports Second, Minute, and Hour; use 24 hours instead of a day",
        ));
    }
    let interval_at = at.to("interval");
    let max = i64::from(frequency.largest_interval());
    let interval = integer(fields.require("interval")?, &interval_at, 1, max)?;
    let zone = match fields.get("timeZone") {
        Some(zone) => Some(time_zone(
            text(zone, &at.to("timeZone"))?,
            &at.to("timeZone"),
        )?),
        None => None,
    };
    let start = match fields.get("startTime") {
        Some(start) => {
            let at = at.to("startTime");
            Some(start_time(text(start, &at)?, zone.is_some(), &at)?)
        }
        None => None,
    };
    let mut recurrence = Recurrence {
        frequency,
        interval: u32::try_from(interval).unwrap_or(1),
        start,
        zone: zone.unwrap_or(TimeZone::UTC),
        hours: Vec::new(),
        minutes: Vec::new(),
        week_days: Vec::new(),
        month_days: Vec::new(),
    };
    let latest = TimeZone::UTC
        .to_datetime(now)
        .checked_add(MAX_START_YEARS.years())
        .and_then(|latest| TimeZone::UTC.to_timestamp(latest));
    if let (Some(start), Ok(latest)) = (recurrence.start_at(), latest)
        && start > latest
    {
        return Err(at.to("startTime").error(format!(
            "must not be more than {MAX_START_YEARS} years in the future"
        )));
    }
    if let Some(schedule) = fields.get("schedule") {
        let at = at.to("schedule");
        let fields = Fields::read(
            schedule,
            &at,
            &["hours", "minutes", "weekDays", "monthDays"],
        )?;
        recurrence.hours = numbers(fields.get("hours"), &at.to("hours"), 0..=23)?;
        recurrence.minutes = numbers(fields.get("minutes"), &at.to("minutes"), 0..=59)?;
        let days = fields.get("monthDays");
        recurrence.month_days = numbers(days, &at.to("monthDays"), -31..=31)?;
        let at = at.to("weekDays");
        recurrence.week_days = list(fields.get("weekDays"))
            .iter()
            .map(|day| keyword(day, &at, "day", &WEEK_DAYS))
            .collect::<Result<_, _>>()?;
    }
    recurrence
        .check()
        .map_err(|error| at.error(error.to_string()))?;
    Ok(recurrence)
}

fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(values)) => values,
        Some(single) => std::slice::from_ref(single),
    }
}

/// Loads numbers. The designer may write them as strings.
fn numbers(
    value: Option<&Value>,
    at: &At<'_>,
    range: RangeInclusive<i64>,
) -> Result<Vec<i8>, LoadError> {
    list(value)
        .iter()
        .map(|value| {
            let read = value.as_str().and_then(|text| text.parse::<i64>().ok());
            let number = integer(
                &read.map_or_else(|| value.clone(), Value::from),
                at,
                *range.start(),
                *range.end(),
            )?;
            Ok(i8::try_from(number).unwrap_or_default())
        })
        .collect()
}

/// "YYYY-MM-DDThh:mm:ss if you select a time zone" or "YYYY-MM-DDThh:mm:ssZ if you don't select a
/// time zone". A time with `Z` is UTC even if there is a time zone.
fn start_time(text: &str, zoned: bool, at: &At<'_>) -> Result<Start, LoadError> {
    let invalid = || {
        at.error(format!(
            "invalid time {text:?} (expected YYYY-MM-DDThh:mm:ss or YYYY-MM-DDThh:mm:ssZ)"
        ))
    };
    let (local, utc) = match text.strip_suffix('Z') {
        Some(local) => (local, true),
        None => (text, false),
    };
    if local.len() < 19 || !local.is_ascii() || local[10..].contains(['+', '-', '[']) {
        return Err(invalid());
    }
    let local = DateTime::from_str(local).map_err(|_| invalid())?;
    match (utc, zoned) {
        (true, _) => TimeZone::UTC
            .to_timestamp(local)
            .map(Start::Utc)
            .map_err(|_| invalid()),
        (false, true) => Ok(Start::Local(local)),
        (false, false) => Err(at.error("a time without a trailing Z requires a timeZone")),
    }
}

fn time_zone(name: &str, at: &At<'_>) -> Result<TimeZone, LoadError> {
    let zone = WindowsTimezone::from_str(name).map_err(|_| {
        at.error(format!(
            "unknown Windows time zone {name:?} (expected a name such as \"W. Europe Standard Time\")"
        ))
    })?;
    let id = zone.tzdb_id();
    TimeZone::get(id).map_err(|error| at.error(error.to_string()))
}
