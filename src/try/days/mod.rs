//! Days of a schedule on simulated time, in which things go wrong.

mod scenario;
mod simulated;

use std::io;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _};

pub(crate) use self::scenario::Outage;
pub(crate) use self::simulated::{Happened, Run, cancelled, simulate};
use crate::config::{Config, Job};
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::template::DeployError;

/// More runs than a year of minutes has are not waited for.
const MOST_RUNS: usize = 366 * 24 * 60;

/// Days to simulate.
pub(crate) struct Days {
    pub(crate) config: Config,
    pub(crate) job: Job,
    pub(crate) count: usize,
    /// What is drawn from this number goes wrong.
    pub(crate) seed: u64,
    pub(crate) begin: Timestamp,
    end: Timestamp,
}

/// Why no days were simulated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DaysError {
    NeverDue(Timestamp),
    TooLate,
    TooManyRuns,
    Runtime(io::Error),
    Deploy(#[from] DeployError),
    Lost,
    CatchUp(Timestamp),
}

impl Diagnose for DaysError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::NeverDue(from) => {
                Diagnostic::plain(format_args!("the schedule is never due from {from} on"))
            }
            Self::TooLate => {
                Diagnostic::new("simulated time ends in the year 9998", "begin earlier")
            }
            Self::TooManyRuns => Diagnostic::new(
                format!("these days have more than {MOST_RUNS} runs"),
                "ask for fewer with --days",
            ),
            Self::Runtime(error) => {
                Diagnostic::plain(format_args!("cannot simulate time: {error}"))
            }
            Self::Deploy(error) => Diagnostic::plain(error),
            Self::Lost => Diagnostic::new(
                "more happened at once than can be followed",
                "ask for fewer runs at a time",
            ),
            Self::CatchUp(start) => Diagnostic::new(
                format!(
                    "with catch_up a deployment begins with all runs since the schedule's start, {start}"
                ),
                "leave --from out, or begin no later",
            ),
        }
    }
}

display_as_diagnostic!(DaysError);

impl Days {
    /// The first `days` days of the schedule, from a time or today on; `seed` decides what goes wrong
    /// in them.
    pub(crate) fn new(
        config: Config,
        days: u16,
        seed: u64,
        from: Option<Timestamp>,
    ) -> Result<Self, DaysError> {
        let job = config.jobs.first().cloned();
        let job = job.ok_or(DaysError::NeverDue(Timestamp::MIN))?;
        let schedule = &job.schedule;
        let clock = schedule.zone().clock();
        let at = |local: DateTime| clock.to_timestamp(local).unwrap_or(Timestamp::MAX);
        let midnight = |time| at(clock.to_datetime(time).start_of_day());
        let starts = schedule.recurrences().filter_map(|(_, one)| one.start_at());
        let begin = match (from, starts.min().filter(|_| schedule.catches_up())) {
            (None, None) => midnight(Timestamp::now()),
            (None, Some(start)) => midnight(start),
            (Some(from), Some(start)) if from > start => return Err(DaysError::CatchUp(start)),
            (Some(from), _) => from,
        };
        let count = i64::from(days);
        let after = |begin: Timestamp| {
            let end = clock.to_datetime(begin).checked_add(count.days());
            end.map_or(Timestamp::MAX, at)
        };
        let first = schedule.occurrences(begin).next();
        let first = first.ok_or(DaysError::NeverDue(begin))?.at;
        // Of a schedule that begins later, its own first days.
        let begin = if first < after(begin) {
            begin
        } else {
            midnight(first)
        };
        let days = Self {
            end: after(begin),
            begin,
            count: usize::from(days),
            seed,
            config,
            job,
        };
        // Runs and dynos outlast the days.
        if days.end.checked_add((366 * 24).hours()).is_err() {
            return Err(DaysError::TooLate);
        }
        if days.due().nth(MOST_RUNS).is_some() {
            return Err(DaysError::TooManyRuns);
        }
        Ok(days)
    }

    /// Whether a dyno may live until the next run is due.
    pub(crate) fn may_overlap(&self) -> bool {
        self.job.schedule.min_gap() < self.job.time_to_live
    }

    /// When runs are due.
    fn due(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let end = self.end;
        let due = self.job.schedule.occurrences(self.begin);
        due.map(|due| due.at).take_while(move |due| *due < end)
    }
}
