//! What a job has done and cost since the first of the month.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cost::Executions;
use picletter_core::config::Job;

/// Executions of a run that succeeds without retries: its trigger and eight actions.
const EXECUTIONS: u64 = 9;

/// The month so far.
pub(crate) struct Month {
    pub(crate) runs: u64,
    /// Runs that failed, of those that were read.
    pub(crate) failed: usize,
    /// Whether the runs are counted, not taken from the schedule.
    pub(crate) counted: bool,
    pub(crate) executions: Executions,
    pub(crate) dyno_time: SignedDuration,
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use picletter_core::config::Config;

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

    /// A month with one run an hour, of which the last began at `last`, and the job paused since.
    fn paused(job: &Job, last: Timestamp, count: usize, is_all: bool) -> Month {
        let starts = (0..).map(|n| last - SignedDuration::from_hours(n));
        let runs = starts.take(count).map(|start| MonthRun {
            start,
            duration: Some(SignedDuration::from_secs(10)),
            failed: false,
        });
        let runs: Vec<MonthRun> = runs.collect();
        // The list begins after its oldest run, which the schedule counts.
        let after = SignedDuration::from_nanos(1);
        let since = runs.last().map(|run| run.start + after);
        let since = since.filter(|_| !is_all);
        let now = "2026-11-30T12:00:00Z".parse().unwrap();
        Month::so_far(job, None, false, runs, since, now)
    }

    #[test]
    fn runs_that_were_due_while_a_job_is_paused_are_not_counted() {
        let config = Config::parse(Path::new("picletter.toml"), FILE).unwrap();
        let job = &config.jobs[0];
        let last = "2026-11-20T00:00:02Z".parse().unwrap();
        let month = paused(job, last, 250, false);
        assert_eq!((month.runs, month.counted), (19 * 24 + 1, false));
        assert_eq!(month.executions.sum(), month.runs * EXECUTIONS);
        let none = paused(&config.jobs[1], last, 0, true);
        assert_eq!(none.executions.sum(), 0);
        let few = paused(job, last, 20, true);
        assert_eq!((few.runs, few.counted), (20, true));
    }
    #[test]
    fn firings_before_the_workflow_was_created_are_not_counted() {
        let config = Config::parse(
            Path::new("picletter.toml"),
            "[heroku]\napp = \"my-shop\"\n[jobs.first]\ncommand = \"x\"\ncron = \"0 9 * * 1#1\"\n",
        );
        let job = &config.unwrap().jobs[0];
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-30T12:00:00Z");
        let executions = |created| {
            let month = Month::so_far(job, created, true, [], None, now);
            month.executions.sum()
        };
        let created = at("2026-11-29T00:00:00Z");
        assert!(executions(None) > executions(Some(created)));
    }
}
