//! What a job has done and cost since the first of the month.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::Job;
use crate::cost::Executions;
use crate::deploy::azure::Run;
use crate::deploy::status::Outcome;

/// How many runs are read: a page, of which --runs shows no more.
pub(super) const PAGE: usize = 250;

/// Executions of a run that succeeds at once: its trigger and eight actions.
const EXECUTIONS: u64 = 9;

/// The month so far.
pub(super) struct Month {
    pub(super) runs: u64,
    /// Runs that failed, of those that were read.
    pub(super) failed: usize,
    /// Whether the runs are counted, not taken from the schedule.
    pub(super) counted: bool,
    pub(super) executions: Executions,
    pub(super) dyno_time: SignedDuration,
}

impl Month {
    /// The month of `now`, by the job's last runs.
    pub(super) fn so_far(job: &Job, runs: &[Run], now: Timestamp) -> Self {
        let schedule = &job.schedule;
        let today = schedule.zone().clock().to_datetime(now).date();
        let first = first_of_month(today, schedule.zone().clock());
        let of_month = |run: &&Run| run.start.is_some_and(|start| start >= first);
        let listed: Vec<&Run> = runs.iter().filter(of_month).collect();
        // A page that is full may not reach back to the first of the month.
        let counted = runs.len() < PAGE || listed.len() < runs.len();
        // The schedule tells those before the oldest that is listed, and not those after it: what is due
        // while a job is paused starts no run.
        let oldest = listed.iter().filter_map(|run| run.start).min();
        let before = match oldest {
            Some(oldest) if !counted => {
                let due = schedule.occurrences(first);
                // The last of them is the oldest run's own.
                let due = due.take_while(|due| due.at <= oldest).count();
                due.saturating_sub(1)
            }
            _ => 0,
        };
        let count = before + listed.len();
        let times: Vec<SignedDuration> = listed.iter().filter_map(|run| took(run)).collect();
        let sum: SignedDuration = times.iter().sum();
        let average = i32::try_from(times.len())
            .ok()
            .filter(|n| *n > 0)
            .map(|n| sum / n);
        let count_32 = i32::try_from(count).unwrap_or(i32::MAX);
        let runs = u64::try_from(count).unwrap_or(u64::MAX);
        let mut executions = Executions::default();
        executions.add(now, runs.saturating_mul(EXECUTIONS));
        let skipped = schedule.skipped_firings(first, now);
        executions.add(now, u64::try_from(skipped).unwrap_or(u64::MAX));
        let failed = listed
            .iter()
            .filter(|run| Outcome::from_run(run) == Outcome::Failed);
        Self {
            runs,
            failed: failed.count(),
            counted,
            executions,
            dyno_time: average.unwrap_or_default() * count_32,
        }
    }
}

fn first_of_month(today: Date, zone: &TimeZone) -> Timestamp {
    let first = today
        .first_of_month()
        .to_datetime(jiff::civil::Time::midnight());
    zone.to_timestamp(first).unwrap_or(Timestamp::MIN)
}

/// How long a run took, if it has ended.
pub(super) fn took(run: &Run) -> Option<SignedDuration> {
    Some(run.end?.duration_since(run.start?))
}
