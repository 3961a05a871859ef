//! Triggers of a workflow: recurrences with conditions.

use std::iter;

use jiff::Timestamp;
use jiff::civil::Time;
use serde_json::{Map, Value, json};

use super::condition::{Condition, Margin};
use super::zone::Zone;
use picletter_logic_apps::recurrence::{Frequency, Occurrence, Recurrence, Start};

/// The name of the trigger for manual runs, which is needed if all other triggers have a condition:
/// Azure also evaluates conditions of manually fired triggers. Its start is too far ahead to fire.
pub const BY_HAND: &str = "By_hand";

/// The start of [`BY_HAND`]. Azure accepts a start at most 49 years ahead
/// (`concepts-schedule-automated-recurring-tasks-workflows.md`), and simulations may start in the
/// past.
const NEVER: &str = "2070-01-01T00:00:00Z";

/// From this time on, a late firing may be on the next day.
const LATE: Time = Time::constant(23, 58, 0, 0);

/// A trigger of the workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) name: String,
    pub(super) recurrence: Recurrence,
    pub(super) condition: Condition,
}

impl Trigger {
    /// The times from `deployed_at` on at which the trigger starts a run, sorted.
    pub(super) fn occurrences(
        &self,
        deployed_at: Timestamp,
    ) -> impl Iterator<Item = Occurrence> + use<> {
        let Self {
            recurrence,
            condition,
            ..
        } = self.clone();
        let mut all = recurrence.occurrences(deployed_at);
        iter::from_fn(move || {
            loop {
                let due = all.next()?;
                if condition.is_always() {
                    return Some(due);
                }
                let local = recurrence.zone.to_datetime(due.at);
                if condition.holds(local) {
                    return Some(due);
                }
                // Skips the rest of a date on which no run can start.
                if !condition.holds_on(local.date()) {
                    let next = local.date().tomorrow().ok()?.to_datetime(Time::midnight());
                    let next = recurrence.zone.to_timestamp(next).ok()?;
                    all = recurrence.occurrences(next);
                }
            }
        })
    }

    /// The number of firings between `from` and `until` that start no run.
    pub(super) fn skipped(&self, from: Timestamp, until: Timestamp) -> usize {
        if self.condition.is_always() {
            return 0;
        }
        let due = self.recurrence.occurrences(from);
        let due = due.take_while(|due| due.at < until);
        due.filter(|due| {
            !self
                .condition
                .holds(self.recurrence.zone.to_datetime(due.at))
        })
        .count()
    }

    fn margin(&self) -> Margin {
        let Recurrence {
            hours,
            minutes,
            start,
            frequency,
            ..
        } = &self.recurrence;
        let latest = match (hours.iter().max(), minutes.iter().max(), start) {
            (Some(hour), Some(minute), _) => Time::new(*hour, *minute, 0, 0).ok(),
            (_, _, Some(Start::Local(start))) if frequency.elapsed().is_none() => {
                Some(start.time())
            }
            _ => None,
        };
        if latest.is_some_and(|latest| latest < LATE) {
            Margin::Minute
        } else {
            Margin::HalfMinute
        }
    }

    /// The JSON for a workflow's definition.
    pub(super) fn render(&self, zone: &Zone, catch_up: bool) -> Value {
        let mut trigger = render(&self.recurrence, zone, catch_up);
        if let Some(expression) = self.condition.expression(zone, self.margin()) {
            trigger["conditions"] = json!([{ "expression": expression }]);
        }
        trigger
    }
}

/// The JSON of the trigger [`BY_HAND`] for a workflow's definition.
pub(super) fn by_hand() -> Value {
    json!({
        "type": "Recurrence",
        "recurrence": {
            "frequency": Frequency::Month.name(),
            "interval": Frequency::Month.largest_interval(),
            "startTime": NEVER,
        },
    })
}

/// Whether [`BY_HAND`] is needed, because all `triggers` have a condition.
pub(super) fn needs_by_hand(triggers: &[Trigger]) -> bool {
    !triggers.iter().any(|trigger| trigger.condition.is_always())
}

/// The JSON of a trigger without its condition.
fn render(recurrence: &Recurrence, zone: &Zone, catch_up: bool) -> Value {
    let mut fields = Map::new();
    fields.insert("frequency".into(), recurrence.frequency.name().into());
    fields.insert("interval".into(), recurrence.interval.into());
    // With a `Z`, Azure would ignore the zone.
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
