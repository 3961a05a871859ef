//! The latest readings.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::board::{self, JobReading, RunsRead};
use super::super::view::{AlertRule, DynoView, JobState, Outage, RunView};
use picletter_core::config::Job;
use picletter_core::deploy::status::Outcome;
use picletter_core::deploy::step::{CloudError, StepError};
use picletter_core::diagnostic::Diagnostic;

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The longest wait, unless the vendor requires a longer one.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// The longest wait that a vendor can require.
const LONGEST_REQUIRED_WAIT: Duration = Duration::from_hours(1);

/// The help for a temporary error on a page.
pub(super) const PAGE_RETRIES: &str = "wait: the page reads it again by itself";

pub(super) struct Readings {
    /// In the order of the file.
    pub(super) jobs: Vec<ReadJob>,
    pub(super) dynos: Vec<DynoView>,
    /// The subscription's id, once Azure has reported it.
    pub(super) subscription: Option<String>,
    pub(super) azure: Vendor,
    pub(super) heroku: Vendor,
    /// The change of the configuration file.
    pub(super) file_change: Option<Diagnostic>,
    /// Time of the last reported change.
    pub(super) reported: Timestamp,
}

/// The latest reading of a job.
#[derive(Default)]
pub(super) struct ReadJob {
    pub(super) state: Option<JobState>,
    /// When the workflow was created.
    pub(super) created: Option<Timestamp>,
    /// The workflow version to which `drift` applies.
    pub(super) version: Option<String>,
    pub(super) drift: Vec<String>,
    pub(super) alerts: Vec<AlertRule>,
    pub(super) history: Option<ReadHistory>,
}

/// The latest reading of a job's runs.
#[derive(Clone)]
pub(super) struct ReadHistory {
    pub(super) runs: RunsRead,
    /// Whether the first read has ended.
    pub(super) is_complete: bool,
    /// Time of the last read.
    pub(super) read_at: Timestamp,
}

/// The result of a later read of a job's runs.
#[derive(Default)]
pub(super) struct News {
    pub(super) runs: Vec<Arc<RunView>>,
    /// Ids of runs that no longer exist.
    pub(super) gone: Vec<Arc<str>>,
    /// The time from which these and the known runs are complete; `None` if no run is missing.
    pub(super) all_since: Option<Timestamp>,
}

/// The state of reads from a vendor.
pub(super) struct Vendor {
    name: &'static str,
    /// Time of the last read without a failure.
    pub(super) succeeded: Option<Timestamp>,
    failure: Option<Failure>,
}

struct Failure {
    error: Arc<StepError>,
    diagnostic: Diagnostic,
    /// Number of consecutive failures.
    count: u32,
    /// Time of the last of them.
    failed_at: Timestamp,
    retry_at: Timestamp,
}

/// Why a read failed.
#[derive(Clone)]
pub(super) struct ReadFailure {
    pub(super) error: Arc<StepError>,
    /// The error's diagnostic with secrets masked.
    pub(super) diagnostic: Diagnostic,
    /// The wait that the vendor requires.
    pub(super) retry_after: Option<Duration>,
}

impl Readings {
    pub(super) fn new(jobs: usize) -> Self {
        Self {
            jobs: (0..jobs).map(|_| ReadJob::default()).collect(),
            dynos: Vec::new(),
            subscription: None,
            azure: Vendor::new("Azure"),
            heroku: Vendor::new("Heroku"),
            file_change: None,
            reported: Timestamp::UNIX_EPOCH,
        }
    }

    pub(super) fn outages(&self) -> Vec<Outage> {
        let vendors = [&self.azure, &self.heroku].into_iter();
        vendors.filter_map(Vendor::outage).collect()
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = &Arc<StepError>> {
        let vendors = [&self.azure, &self.heroku].into_iter();
        vendors.filter_map(|vendor| vendor.failure.as_ref().map(|failure| &failure.error))
    }
}

impl ReadJob {
    pub(super) fn for_board(&self, job: &Arc<Job>) -> JobReading {
        let history = self.history.as_ref();
        let mut drift = self.drift.clone();
        if let (Some(JobState::NotDeployed), Some(history)) = (self.state, history) {
            let zone = job.schedule.zone();
            let read = zone.clock().to_datetime(history.read_at);
            drift.push(format!(
                "The workflow {} was deleted. Its runs are those of {} {}.",
                job.workflow,
                read.strftime("%F %R"),
                zone.name()
            ));
        }
        JobReading {
            job: job.clone(),
            state: self.state.unwrap_or(JobState::NotRead),
            drift,
            alerts: self.alerts.clone(),
            created: self.created,
            runs: history.map(|history| history.runs.clone()),
        }
    }
}

impl ReadHistory {
    /// The active runs.
    pub(super) fn active(&self) -> impl Iterator<Item = &Arc<RunView>> {
        let runs = self.runs.runs.iter();
        runs.filter(|run| run.outcome == Outcome::Running)
    }

    /// Adds or replaces runs that were read at `now`, and drops runs that are too old or too many.
    /// The result is complete since `all_since`. Returns whether a run was added or changed.
    pub(super) fn merge(&mut self, news: News, first: Timestamp, now: Timestamp) -> bool {
        let News {
            runs,
            gone,
            all_since,
        } = news;
        let replaced: HashSet<Arc<str>> = runs.iter().map(|run| run.id.clone()).collect();
        let before = std::mem::take(&mut self.runs.runs);
        let mut all = before.clone();
        all.retain(|known| !replaced.contains(&known.id) && !gone.contains(&known.id));
        all.extend(runs);
        all.retain(|run| run.start >= first);
        self.runs.all_since = self.runs.all_since.max(all_since);
        board::limit(&mut all, &mut self.runs.all_since);
        self.runs.runs = all;
        self.read_at = now;
        self.runs.runs != before
    }
}

impl Vendor {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            succeeded: None,
            failure: None,
        }
    }

    /// Whether a read is due after a failure.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let failure = self.failure.as_ref();
        failure.is_none_or(|failure| failure.retry_at <= now)
    }

    /// Why nothing may be read before the next read is due.
    pub(super) fn refusal(&self, now: Timestamp) -> Option<Diagnostic> {
        let failure = self.failure.as_ref().filter(|it| it.retry_at > now)?;
        Some(for_page(&failure.error.error, failure.diagnostic.clone()))
    }

    /// Stores the result of a read that began at `now`, or a failure at `now`. A success does not end
    /// an outage that began after its read. Returns whether an outage began, ended, or changed.
    pub(super) fn note(&mut self, result: Result<(), ReadFailure>, now: Timestamp) -> bool {
        let before = self.outage();
        match result {
            Ok(()) => {
                self.succeeded = self.succeeded.max(Some(now));
                self.failure = self.failure.take().filter(|it| it.failed_at > now);
            }
            Err(ReadFailure {
                error,
                diagnostic,
                retry_after,
            }) => {
                let last = self.failure.as_ref();
                let before = last.map_or(0, |failure| failure.count);
                let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(before));
                let required = retry_after.unwrap_or_default().min(LONGEST_REQUIRED_WAIT);
                let wait = wait.min(LONGEST_WAIT).max(required);
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
                let retry_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                // Another request may have failed meanwhile, with a longer wait.
                let retry_at = last.map_or(retry_at, |last| last.retry_at.max(retry_at));
                let failed_at = last.map_or(now, |last| last.failed_at.max(now));
                self.failure = Some(Failure {
                    error,
                    diagnostic,
                    count: before.saturating_add(1),
                    failed_at,
                    retry_at,
                });
            }
        }
        self.outage() != before
    }

    fn outage(&self) -> Option<Outage> {
        let failure = self.failure.as_ref()?;
        Some(Outage {
            vendor: self.name,
            since: self.succeeded,
            summary: failure.diagnostic.summary.clone(),
            help: failure.diagnostic.help.clone().unwrap_or_default(),
            is_temporary: failure.error.error.is_temporary(),
            retry_at: failure.retry_at,
        })
    }
}

/// The diagnostic of an error on a page, which reads again by itself.
fn for_page(error: &CloudError, diagnostic: Diagnostic) -> Diagnostic {
    if error.is_temporary() {
        diagnostic.with_help(PAGE_RETRIES)
    } else {
        diagnostic
    }
}

impl ReadFailure {
    /// The diagnostic for a page.
    pub(super) fn diagnostic_for_page(&self) -> Diagnostic {
        for_page(&self.error.error, self.diagnostic.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use picletter_core::deploy::step::Step;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn failure(retry_after: Option<u64>) -> Result<(), ReadFailure> {
        let step = Step::ReadDynos;
        let error = CloudError::NoApp("my-shop".to_owned());
        Err(ReadFailure {
            error: Arc::new(StepError { step, error }),
            diagnostic: Diagnostic::plain("it is down"),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    #[test]
    fn waits_grow_up_to_five_minutes_and_end_with_a_success() {
        let mut vendor = Vendor::new("Azure");
        vendor.note(Ok(()), at(0));
        let mut now = 0;
        for wait in [10, 20, 40, 80, 160, 300, 300] {
            vendor.note(failure(None), at(now));
            assert!(!vendor.is_due(at(now + wait - 1)), "{wait}");
            now += wait;
            assert!(vendor.is_due(at(now)), "{wait}");
        }
        assert_eq!(vendor.outage().unwrap().since, Some(at(0)));
        vendor.note(Ok(()), at(now));
        assert!(vendor.is_due(at(now)));
        assert_eq!(vendor.outage(), None);
    }

    #[test]
    fn a_vendor_is_not_read_before_the_time_that_it_asks_for() {
        let mut vendor = Vendor::new("Heroku");
        vendor.note(failure(Some(3_600)), at(0));
        assert!(!vendor.is_due(at(3_599)));
        assert!(vendor.is_due(at(3_600)));
    }

    #[test]
    fn a_failure_does_not_shorten_an_earlier_wait() {
        let mut vendor = Vendor::new("Heroku");
        vendor.note(failure(Some(600)), at(0));
        vendor.note(failure(None), at(5));
        assert!(!vendor.is_due(at(599)));
        assert!(vendor.is_due(at(600)));
    }

    #[test]
    fn a_success_does_not_end_a_wait_that_began_after_its_read() {
        let mut vendor = Vendor::new("Heroku");
        vendor.note(failure(Some(120)), at(5));
        vendor.note(Ok(()), at(0));
        assert!(!vendor.is_due(at(124)));
        assert_eq!(vendor.outage().unwrap().since, Some(at(0)));
        vendor.note(Ok(()), at(5));
        assert!(vendor.is_due(at(5)));
    }

    #[test]
    fn a_vendor_cannot_require_a_wait_of_more_than_an_hour() {
        let mut vendor = Vendor::new("Heroku");
        vendor.note(failure(Some(86_400)), at(0));
        assert!(!vendor.is_due(at(3_599)));
        assert!(vendor.is_due(at(3_600)));
    }

    #[test]
    fn a_history_that_grows_keeps_the_newest_runs_and_those_that_failed() {
        let run = |n: i64, outcome| {
            Arc::new(RunView {
                id: n.to_string().into(),
                trigger: None,
                start: at(n * 60),
                end: None,
                outcome,
                code: None,
                message: None,
                log: Arc::default(),
            })
        };
        let mut history = ReadHistory {
            runs: RunsRead::default(),
            is_complete: true,
            read_at: at(0),
        };
        for n in 0..4_000 {
            let outcome = if n % 100 == 0 {
                Outcome::Failed
            } else {
                Outcome::Succeeded
            };
            let news = News {
                runs: vec![run(n, outcome)],
                ..News::default()
            };
            history.merge(news, at(600), at(n * 60));
        }
        let RunsRead { runs, all_since } = &history.runs;
        let failed = |run: &&Arc<RunView>| run.outcome == Outcome::Failed;
        // The first ten are older than 90 days.
        assert_eq!(runs.iter().filter(failed).count(), 39);
        assert_eq!(runs.len(), 2_500 + 14);
        assert_eq!(runs[0].start, at(3_999 * 60));
        let oldest = at(1_499 * 60) + SignedDuration::from_nanos(1);
        assert_eq!(*all_since, Some(oldest));
    }
}
