//! Due times of triggers, as evaluated by the workflow interpreter.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use picletter_core::schedule::{BY_HAND, Schedule};
use picletter_logic_apps::definition::Definition;
use picletter_logic_apps::expression::{Environment, EvalError, Templated};
use picletter_logic_apps::ticks;
use serde_json::{Value, json};

/// The deployed triggers of a schedule.
pub(super) struct Deployed {
    definition: Definition,
    /// The condition of each trigger, if any.
    conditions: Vec<Option<Templated>>,
}

impl Deployed {
    pub(super) fn new(schedule: &Schedule) -> Self {
        let mut triggers = schedule.triggers();
        triggers.remove(BY_HAND);
        let conditions = triggers
            .values()
            .map(|trigger| {
                let expression = trigger.get("conditions")?[0]["expression"].clone();
                Some(Templated::parse(&expression).unwrap())
            })
            .collect();
        let properties = json!({ "definition": { "triggers": triggers } });
        let now = "2026-11-30T00:00:00Z".parse().unwrap();
        Self {
            definition: Definition::load(&properties, now).unwrap(),
            conditions,
        }
    }

    /// The instants between `from` and `until` at which runs are due, if each trigger fires `early`
    /// before its due time.
    pub(super) fn due(
        &self,
        (from, until): (Timestamp, Timestamp),
        early: SignedDuration,
    ) -> BTreeSet<Timestamp> {
        let triggers = self.definition.recurrences().zip(&self.conditions);
        triggers
            .flat_map(|((_, recurrence), condition)| {
                let due = recurrence.occurrences(from).map(|due| due.at);
                due.take_while(|due| *due < until)
                    .filter(|due| starts(condition.as_ref(), *due - early))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

fn starts(condition: Option<&Templated>, fired: Timestamp) -> bool {
    condition.is_none_or(|condition| {
        let firing = Firing(fired);
        condition.evaluate(&firing).unwrap().as_bool().unwrap()
    })
}

/// A firing whose scheduled time is not exact, because Azure does not document that it is.
struct Firing(Timestamp);

impl Environment for Firing {
    fn call(&self, name: &str, _: &[Cow<'_, Value>]) -> Option<Result<Cow<'_, Value>, EvalError>> {
        let trigger = json!({ "scheduledTime": ticks::to_text(self.0) });
        (name == "trigger").then_some(Ok(Cow::Owned(trigger)))
    }

    fn now(&self) -> Timestamp {
        self.0
    }
}
