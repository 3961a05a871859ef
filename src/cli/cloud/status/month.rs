//! What a job has done and cost since the first of the month.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::Job;
use crate::cost::Executions;
use crate::deploy::azure::Run;
use crate::deploy::status::{JobStatus, Outcome};

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
    pub(super) fn so_far(job: &Job, status: &JobStatus, now: Timestamp) -> Self {
        let runs = &status.runs;
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
        // A paused job's trigger does not fire; until its last run it did.
        let newest = listed.iter().filter_map(|run| run.start).max();
        let fired_until = if status.is_enabled() {
            now
        } else {
            newest.unwrap_or(first)
        };
        let skipped = schedule.skipped_firings(first, fired_until);
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    const FILE: &str = "\
[heroku]
app = \"my-shop\"
[azure]
resource_group = \"jobs\"
[jobs.poll]
command = \"rake poll\"
every = \"hour\"
time_zone = \"UTC\"
[jobs.first]
command = \"rake first\"
cron = \"0 9 * * 1#1\"
";

    /// One run an hour, the newest first, of which the last began at `last`.
    fn paused(last: Timestamp, count: usize) -> JobStatus {
        let starts = (0..).map(|n| last - SignedDuration::from_hours(n));
        let run = |start| Run {
            id: "1".to_owned(),
            status: "Succeeded".to_owned(),
            start: Some(start),
            end: Some(start + SignedDuration::from_secs(10)),
            trigger: None,
            code: None,
            message: None,
            log: Vec::new(),
        };
        JobStatus {
            workflow: None,
            runs: starts.take(count).map(run).collect(),
        }
    }

    #[test]
    fn what_is_due_while_a_job_is_paused_is_not_counted() {
        let config = Config::parse(Path::new("picletter.toml"), FILE).unwrap();
        let job = &config.jobs[0];
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (last, now) = (at("2026-11-20T00:00:02Z"), at("2026-11-30T12:00:00Z"));
        let month = Month::so_far(job, &paused(last, PAGE), now);
        assert_eq!((month.runs, month.counted), (19 * 24 + 1, false));
        assert_eq!(month.executions.sum(), month.runs * EXECUTIONS);
        let none = Month::so_far(&config.jobs[1], &paused(last, 0), now);
        assert_eq!(none.executions.sum(), 0);
        let few = Month::so_far(job, &paused(last, 20), now);
        assert_eq!((few.runs, few.counted), (20, true));
    }
}
