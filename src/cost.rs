//! Estimated cost of dynos and executions.
//!
//! Source: <https://www.heroku.com/pricing> and
//! <https://azure.microsoft.com/pricing/details/logic-apps>, as of August 2026.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Dollars a month for a dyno of each size (in lower case), billed by the second.
const DYNOS: [(&str, f64); 3] = [("basic", 7.0), ("standard-1x", 25.0), ("standard-2x", 50.0)];

/// Seconds in an average month.
const SECONDS_PER_MONTH: f64 = 30.4375 * 86_400.0;

/// Free executions of built-in actions and triggers, per month and subscription.
const FREE_EXECUTIONS: u64 = 4000;

/// Dollars for each further execution.
const EXECUTION: f64 = 0.000_025;

/// Executions by month: the free ones are granted per month.
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

    /// Their cost in dollars.
    pub(crate) fn cost(&self) -> f64 {
        let paid = self.0.values().map(|n| n.saturating_sub(FREE_EXECUTIONS));
        float(paid.sum()) * EXECUTION
    }

    /// Their share, in dollars, of the cost of `all`, which includes them.
    pub(crate) fn share_of(&self, all: &Self) -> f64 {
        match all.sum() {
            0 => 0.0,
            sum => all.cost() * float(self.sum()) / float(sum),
        }
    }
}

/// The cost of dynos, as text.
pub(crate) fn dynos(size: &str, time: SignedDuration) -> String {
    match DYNOS.iter().find(|(name, _)| *name == size) {
        Some((_, month)) => {
            let cost = time.as_secs_f64() / SECONDS_PER_MONTH * month;
            format!(
                "{} ({size}: ${month} a month, billed by the second)",
                dollars(cost)
            )
        }
        None if size == "eco" => {
            "included in the Eco plan ($5 a month for all Eco dynos)".to_owned()
        }
        None => format!("unknown price of {size}; see https://www.heroku.com/pricing"),
    }
}

/// The cost of executions, as text.
pub(crate) fn executions(executions: &Executions) -> String {
    format!(
        "{} (${EXECUTION} an execution; {FREE_EXECUTIONS} a month are free)",
        dollars(executions.cost())
    )
}

/// The cost of the executions of one of several jobs, as text. An upper bound: the jobs share the free
/// executions.
pub(crate) fn shared_executions(executions: &Executions) -> String {
    let cost = float(executions.sum()) * EXECUTION;
    let at_most = if cost < 0.01 { "" } else { "at most " };
    format!(
        "{at_most}{} (${EXECUTION} an execution; all jobs of the subscription share {FREE_EXECUTIONS} \
         free ones a month)",
        dollars(cost)
    )
}

/// The cost of dynos and of executions that cost `executions` dollars, as short text.
pub(crate) fn total(size: &str, time: SignedDuration, executions: f64) -> String {
    let price = DYNOS.iter().find(|(name, _)| *name == size);
    match price {
        Some((_, month)) => {
            let dynos = time.as_secs_f64() / SECONDS_PER_MONTH * month;
            dollars(dynos + executions)
        }
        None => format!("Azure: {}", dollars(executions)),
    }
}

fn dollars(cost: f64) -> String {
    match cost {
        0.0 => "nothing".to_owned(),
        ..0.01 => "less than $0.01".to_owned(),
        _ => format!("${cost:.2}"),
    }
}

#[allow(clippy::cast_precision_loss, reason = "an estimate")]
fn float(n: u64) -> f64 {
    n as f64
}
