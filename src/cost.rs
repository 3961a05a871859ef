//! An estimate of what dynos and executions cost.
//!
//! Source: <https://www.heroku.com/pricing> and
//! <https://azure.microsoft.com/pricing/details/logic-apps>, as they were in August 2026.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// By the lower case name of a dyno's size: $ a month of use, billed by the second.
const DYNOS: [(&str, f64); 3] = [("basic", 7.0), ("standard-1x", 25.0), ("standard-2x", 50.0)];

/// Of an average month.
const SECONDS_OF_MONTH: f64 = 30.4375 * 86_400.0;

/// Of built-in actions and triggers, for a subscription.
const FREE_EXECUTIONS: u64 = 4000;

/// $ for each of the further ones.
const EXECUTION: f64 = 0.000_025;

/// Executions by month, since those that are free are so by month.
#[derive(Default)]
pub(crate) struct Executions(BTreeMap<(i16, i8), u64>);

impl Executions {
    pub(crate) fn add(&mut self, at: Timestamp, billed: u64) {
        let date = TimeZone::UTC.to_datetime(at).date();
        *self.0.entry((date.year(), date.month())).or_default() += billed;
    }

    pub(crate) fn sum(&self) -> u64 {
        self.0.values().sum()
    }

    /// In $.
    pub(crate) fn cost(&self) -> f64 {
        let paid = self.0.values().map(|n| n.saturating_sub(FREE_EXECUTIONS));
        float(paid.sum()) * EXECUTION
    }

    /// In $: the part of what `all` cost that falls to these, which are among them.
    pub(crate) fn share_of(&self, all: &Self) -> f64 {
        match all.sum() {
            0 => 0.0,
            sum => all.cost() * float(self.sum()) / float(sum),
        }
    }
}

/// What dynos cost, in words.
pub(crate) fn of_dynos(size: &str, time: SignedDuration) -> String {
    match DYNOS.iter().find(|(name, _)| *name == size) {
        Some((_, month)) => {
            let cost = time.as_secs_f64() / SECONDS_OF_MONTH * month;
            format!(
                "{} ({size}: {month} $ a month, by the second)",
                dollars(cost)
            )
        }
        None if size == "eco" => "within the 5 $ a month of all eco dynos".to_owned(),
        None => format!("unknown for {size}: see Heroku's prices"),
    }
}

/// What executions cost, in words.
pub(crate) fn of_executions(executions: &Executions) -> String {
    format!(
        "{} ({EXECUTION} $ an execution, of which {FREE_EXECUTIONS} a month are free)",
        dollars(executions.cost())
    )
}

/// What executions of one of several jobs cost, in words. Which of them are free depends on the other
/// jobs.
pub(crate) fn of_executions_of_one(executions: &Executions) -> String {
    let sum = executions.sum();
    format!(
        "at most {} ({EXECUTION} $ an execution; the {FREE_EXECUTIONS} a month that are free are shared by \
         the subscription's jobs)",
        dollars(float(sum) * EXECUTION)
    )
}

/// What dynos cost together with executions of a cost in $, in a few words.
pub(crate) fn of_both(size: &str, time: SignedDuration, executions: f64) -> String {
    let price = DYNOS.iter().find(|(name, _)| *name == size);
    match price {
        Some((_, month)) => {
            let dynos = time.as_secs_f64() / SECONDS_OF_MONTH * month;
            dollars(dynos + executions)
        }
        None => format!("Azure: {}", dollars(executions)),
    }
}

fn dollars(cost: f64) -> String {
    match cost {
        0.0 => "nothing".to_owned(),
        ..0.01 => "less than 0.01 $".to_owned(),
        _ => format!("{cost:.2} $"),
    }
}

#[allow(clippy::cast_precision_loss, reason = "an estimate")]
fn float(n: u64) -> f64 {
    n as f64
}
