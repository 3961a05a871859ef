//! Days of all jobs in simulated time, with random failures.

mod scenario;
mod simulated;
mod totals;

use std::io;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _};

pub(crate) use self::scenario::Outage;
pub(crate) use self::simulated::simulate;
pub(crate) use self::totals::{Run, SimulatedDays, cancelled};
use picletter_core::config::{Config, Job, common_zone};
use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_core::schedule::{Schedule, Zone, timeline};
use picletter_core::template::DeployError;

/// Maximum number of runs: one a minute for a year.
const MOST_RUNS: usize = 366 * 24 * 60;

/// Days to simulate.
pub(crate) struct Days {
    pub(crate) config: Config,
    /// The time zone of all jobs; UTC if they have several.
    pub(crate) zone: Zone,
    pub(crate) count: usize,
    /// Seed of the random failures.
    pub(crate) seed: u64,
    pub(crate) begin: Timestamp,
    end: Timestamp,
}

/// Why the days were not simulated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DaysError {
    NeverDue(Timestamp),
    /// The days from `--from` contain no run; contains the time of the first one.
    NotDue(Timestamp),
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
            Self::NeverDue(from) => Diagnostic::plain(format_args!("no job is due after {from}")),
            Self::NotDue(first) => Diagnostic::new(
                format!(
                    "invalid --from: no job is due in these days; the first run is due at {first}"
                ),
                "omit --from, pass a later one, or pass more --days",
            ),
            Self::TooLate => Diagnostic::new(
                "simulated time ends in the year 9998",
                "pass an earlier --from",
            ),
            Self::TooManyRuns => Diagnostic::new(
                format!("too many runs: more than {MOST_RUNS}"),
                "pass fewer --days",
            ),
            Self::Runtime(error) => {
                Diagnostic::plain(format_args!("cannot simulate time: {error}"))
            }
            Self::Deploy(error) => Diagnostic::plain(error),
            Self::Lost => Diagnostic::new(
                "too many simultaneous events: some were lost",
                "simulate fewer jobs",
            ),
            Self::CatchUp(start) => Diagnostic::new(
                format!(
                    "invalid --from: with catch_up, a deployment starts all runs since the schedule's start, {start}"
                ),
                "omit --from, or pass this time or an earlier one",
            ),
        }
    }
}

display_as_diagnostic!(DaysError);

impl Days {
    /// The first `days` days of the schedules since `from` or today, with random failures from `seed`.
    pub(crate) fn new(
        config: Config,
        days: u16,
        seed: u64,
        from: Option<Timestamp>,
    ) -> Result<Self, DaysError> {
        let zone = common_zone(&config.jobs.iter().collect::<Vec<_>>());
        let clock = zone.clock();
        let at = |local: DateTime| clock.to_timestamp(local).unwrap_or(Timestamp::MAX);
        let midnight = |time| at(clock.to_datetime(time).start_of_day());
        let begin = match (from, catches_up_from(&config.jobs)) {
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
        let first = due(&config.jobs, begin).next();
        let first = first.ok_or(DaysError::NeverDue(begin))?;
        let begin = match from {
            _ if first < after(begin) => begin,
            Some(_) => return Err(DaysError::NotDue(first)),
            // Schedules that begin later are simulated from their start.
            None => midnight(first),
        };
        let days = Self {
            end: after(begin),
            begin,
            count: usize::from(days),
            seed,
            zone,
            config,
        };
        // Runs and dynos may end after the last day.
        if days.end.checked_add((366 * 24).hours()).is_err() {
            return Err(DaysError::TooLate);
        }
        if days.due().nth(MOST_RUNS).is_some() {
            return Err(DaysError::TooManyRuns);
        }
        Ok(days)
    }

    /// The jobs, in the order of the file.
    pub(crate) fn jobs(&self) -> &[Job] {
        &self.config.jobs
    }

    /// The due times of all jobs.
    fn due(&self) -> impl Iterator<Item = Timestamp> {
        due(self.jobs(), self.begin).take_while(|due| *due < self.end)
    }
}

/// Whether a dyno may still run when the job's next run is due.
pub(crate) fn may_overlap(job: &Job) -> bool {
    job.schedule.min_gap() < job.time_to_live
}

fn due(jobs: &[Job], from: Timestamp) -> impl Iterator<Item = Timestamp> {
    timeline(jobs.iter().map(|job| &job.schedule), from).map(|(_, due)| due.at)
}

/// The earliest start of the schedules with `catch_up`.
fn catches_up_from(jobs: &[Job]) -> Option<Timestamp> {
    let schedules = jobs.iter().map(|job| &job.schedule);
    let catching_up = schedules.filter(|schedule| schedule.catches_up());
    let recurrences = catching_up.flat_map(Schedule::recurrences);
    recurrences.filter_map(|(_, one)| one.start_at()).min()
}
