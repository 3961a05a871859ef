//! What a job has done and cost since the first of the month.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cost::Executions;
use picletter_core::config::Job;
use picletter_core::deploy::status::{JobStatus, Outcome};

/// Executions of a run that succeeds without retries: its trigger and eight actions.
const EXECUTIONS: u64 = 9;

/// The month so far, in the job's time zone.
pub struct Month {
    /// Number of runs, counted or estimated from the schedule.
    pub runs: u64,
    /// Runs that failed, of those that were read.
    pub failed: usize,
    /// Whether the runs are counted, not taken from the schedule.
    pub counted: bool,
    pub(crate) executions: Executions,
    /// Estimated time of all dynos.
    pub dyno_time: SignedDuration,
}

/// A run, as far as a month is computed from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MonthRun {
    pub(crate) start: Timestamp,
    /// Its duration, if it has ended.
    pub(crate) duration: Option<SignedDuration>,
    pub(crate) failed: bool,
}

impl Month {
    /// The month of `now`, from the newest runs of a job, of which at most `limit` were read.
    pub fn from_status(job: &Job, status: &JobStatus, limit: usize, now: Timestamp) -> Self {
        let runs = status.runs.iter().filter_map(|run| {
            Some(MonthRun {
                start: run.start?,
                duration: run.duration(),
                failed: Outcome::from_run(run) == Outcome::Failed,
            })
        });
        // A full list may not contain the whole month. Before its oldest run, runs are estimated from
        // the schedule.
        let oldest = status.runs.iter().filter_map(|run| run.start).min();
        let oldest = oldest.filter(|_| status.runs.len() >= limit);
        let since = oldest.map(|oldest| oldest + SignedDuration::from_nanos(1));
        let created = status.workflow.as_ref().and_then(|it| it.created);
        Self::so_far(job, created, status.is_enabled(), runs, since, now)
    }

    /// Billed executions of the Logic App.
    pub fn billed_executions(&self) -> u64 {
        self.executions.sum()
    }

    /// The month of `now`. `runs` has all runs since `all_since`, or all there are, and perhaps some
    /// that failed before. `created` is when the workflow was created, where that is known: before, no
    /// trigger fired.
    pub(crate) fn so_far(
        job: &Job,
        created: Option<Timestamp>,
        is_enabled: bool,
        runs: impl IntoIterator<Item = MonthRun>,
        all_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let schedule = &job.schedule;
        let today = schedule.zone().clock().to_datetime(now).date();
        let first = first_of_month(today, schedule.zone().clock());
        let begin = created.map_or(first, |created| created.max(first));
        let runs = runs.into_iter().filter(|run| run.start >= first);
        let runs: Vec<MonthRun> = runs.collect();
        let failed = runs.iter().filter(|run| run.failed).count();
        let since = all_since.filter(|since| *since > first);
        // The schedule gives the number of runs before the list begins, and not of those after it:
        // what is due while a job is paused starts no run.
        let before = since.map_or(0, |since| {
            let due = schedule.occurrences(begin);
            due.take_while(|due| due.at < since).count()
        });
        let listed = runs.iter();
        let listed = listed.filter(|run| since.is_none_or(|since| run.start >= since));
        let listed: Vec<&MonthRun> = listed.collect();
        let count = before + listed.len();
        let times: Vec<SignedDuration> = listed.iter().filter_map(|run| run.duration).collect();
        let sum: SignedDuration = times.iter().sum();
        let average = i32::try_from(times.len())
            .ok()
            .filter(|n| *n > 0)
            .map(|n| sum / n);
        let count_32 = i32::try_from(count).unwrap_or(i32::MAX);
        let runs = u64::try_from(count).unwrap_or(u64::MAX);
        let mut executions = Executions::default();
        executions.add(now, runs.saturating_mul(EXECUTIONS));
        // A paused job's trigger does not fire; until its last run it did.
        let newest = listed.iter().map(|run| run.start).max();
        let fired_until = if is_enabled {
            now
        } else {
            newest.unwrap_or(begin)
        };
        let skipped = schedule.skipped_firings(begin, fired_until);
        executions.add(now, u64::try_from(skipped).unwrap_or(u64::MAX));
        Self {
            runs,
            failed,
            counted: since.is_none(),
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
