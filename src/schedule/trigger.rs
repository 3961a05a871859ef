//! One trigger of a workflow: a recurrence with a condition.

use std::iter;

use jiff::Timestamp;
use jiff::civil::Time;
use serde_json::{Map, Value, json};

use super::condition::{Condition, Margin};
use super::zone::Zone;
use picletter_logic_apps::recurrence::{Frequency, Occurrence, Recurrence, Start};

/// The trigger by which a run is started by hand, where each of the others has a condition: Azure
/// evaluates conditions then as well. It falls due so late that it never does.
pub const BY_HAND: &str = "By_hand";

/// Azure accepts a start of at most 49 years ahead
/// (`concepts-schedule-automated-recurring-tasks-workflows.md`), and simulations may begin in the
/// past.
const NEVER: &str = "2070-01-01T00:00:00Z";

/// From this time on, a firing that is late may come on the next day.
const LATE: Time = Time::constant(23, 58, 0, 0);

/// One of the workflow's triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) name: String,
    pub(super) recurrence: Recurrence,
    pub(super) condition: Condition,
}

impl Trigger {
    /// Every time from `deployed_at` on at which it starts a run, in order.
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
                // Nothing else on that date starts a run.
                if !condition.holds_on(local.date()) {
                    let next = local.date().tomorrow().ok()?.to_datetime(Time::midnight());
                    let next = recurrence.zone.to_timestamp(next).ok()?;
                    all = recurrence.occurrences(next);
                }
            }
        })
    }

    /// How often it falls due from `from` until `until` without starting a run.
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

    /// Its JSON in a workflow's definition.
    pub(super) fn render(&self, zone: &Zone, catch_up: bool) -> Value {
        let mut trigger = render(&self.recurrence, zone, catch_up);
        if let Some(expression) = self.condition.expression(zone, self.margin()) {
            trigger["conditions"] = json!([{ "expression": expression }]);
        }
        trigger
    }
}

/// The JSON of [`BY_HAND`] in a workflow's definition.
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

/// Whether a run cannot be started by hand with any of `triggers` at any time.
pub(super) fn needs_by_hand(triggers: &[Trigger]) -> bool {
    !triggers.iter().any(|trigger| trigger.condition.is_always())
}

/// The JSON of a trigger without its condition.
fn render(recurrence: &Recurrence, zone: &Zone, catch_up: bool) -> Value {
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
