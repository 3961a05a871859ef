//! The schedule of reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::board;
use super::super::view::{DynoView, JobState};
use super::readings::ReadJob;
use super::vendor::{ReadFailure, Vendor};
use super::{Live, Shared};
use picletter_core::deploy::azure::READS_AT_ONCE;
use picletter_core::deploy::concurrent::join_all;
use picletter_core::deploy::drift::{Drift, drift};
use picletter_core::deploy::live::LiveAzure;
use picletter_core::deploy::step::{CloudError, Step, StepContext as _, StepError};
use picletter_core::diagnostic::Diagnose as _;

/// The interval of reads while a page is open.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// The interval at which a job's runs are read while none is active or due, and dynos while no run
/// is active. A run may be started by hand.
const SELDOM: SignedDuration = SignedDuration::from_mins(1);

/// Time after a due time during which the run may be missing from the history.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// With fewer remaining requests at Heroku, dynos and logs are read less often, because workflows use
/// the same account. Heroku allows 4,500 requests per hour.
const FEW_REQUESTS: u32 = 1_000;

/// With fewer remaining requests at Heroku, dynos and logs are hardly read.
const TOO_FEW_REQUESTS: u32 = 100;

/// The interval of the reads that get the number of remaining requests.
const ALLOWANCE: SignedDuration = SignedDuration::from_mins(10);

impl Live {
    /// Starts background reads while a page is open. They end when the last clone is dropped.
    pub fn start_polling(&self) {
        let shared = Arc::downgrade(&self.0);
        let viewed = self.0.viewed.clone();
        tokio::spawn(async move {
            loop {
                let Some(live) = shared.upgrade().map(Live) else {
                    return;
                };
                if live.is_watched() {
                    live.read(Extent::Due).await;
                }
                drop(live);
                // A second request within the interval reads nothing, so readings are at most that
                // old.
                tokio::time::sleep(INTERVAL).await;
                let is_watched = shared.upgrade().map(|shared| Live(shared).is_wanted());
                if is_watched == Some(false) {
                    viewed.notified().await;
                }
            }
        });
    }

    /// Reads everything that may have changed, and waits for it.
    pub async fn refresh(&self) {
        self.read(Extent::All).await;
    }

    /// Records that a page was requested.
    pub(super) fn look(&self) {
        self.0.is_viewed.store(true, Ordering::Relaxed);
        self.0.viewed.notify_one();
    }

    fn is_wanted(&self) -> bool {
        self.0.changes.receiver_count() > 0 || self.0.is_viewed.load(Ordering::Relaxed)
    }

    /// Whether a page is open, or was requested since the last call.
    fn is_watched(&self) -> bool {
        let is_watched = self.is_wanted();
        self.0.is_viewed.store(false, Ordering::Relaxed);
        is_watched
    }

    /// Reads a job after a command, and what else is due. A vendor that cannot be read is left alone
    /// until its next read is due.
    pub(super) async fn read_job(&self, job: usize) {
        self.read(Extent::Job(job)).await;
    }

    async fn read(&self, extent: Extent) {
        let _only = self.0.reading.lock().await;
        let now = Timestamp::now();
        self.check_file();
        tokio::join!(
            Box::pin(self.read_azure(extent, now)),
            Box::pin(self.read_heroku(extent, now))
        );
        // Pages display relative times.
        if self.0.readings().reported + SELDOM <= now {
            self.0.report_change();
        }
    }

    fn check_file(&self) {
        let shared = &self.0;
        let file = shared.file.as_ref();
        let change = file.and_then(|file| file.change(&shared.config));
        let change = change.map(|diagnostic| shared.clean(diagnostic));
        shared.change(|readings| {
            let before = std::mem::replace(&mut readings.file_change, change);
            readings.file_change != before
        });
    }

    async fn read_azure(&self, extent: Extent, now: Timestamp) {
        let shared = &self.0;
        if extent != Extent::All && !shared.readings().azure.is_due(now) {
            return;
        }
        let result = self.read_jobs(extent, now).await;
        shared.change(|readings| readings.azure.note(result, now));
    }

    /// Reads workflows and alerts, then histories.
    async fn read_jobs(&self, extent: Extent, now: Timestamp) -> Result<(), ReadFailure> {
        let shared = &self.0;
        let mut desired = shared.desired.clone();
        // The id is constant, but a name would be looked up each time.
        let subscription = shared.readings().subscription.clone();
        desired.subscription = subscription.or(desired.subscription);
        let azure = LiveAzure::read(&shared.clouds, &desired).await;
        let azure = azure.map_err(|error| shared.failure(error))?;
        shared.change(|readings| {
            readings.subscription = Some(azure.subscription.clone());
            let mut is_changed = false;
            for (job, read) in readings.jobs.iter_mut().enumerate() {
                is_changed |= shared.apply(&azure, job, read);
            }
            is_changed
        });
        let due: Vec<(usize, String)> = {
            let readings = shared.readings();
            let jobs = readings.jobs.iter().enumerate();
            let due = jobs.filter(|(job, read)| match extent {
                Extent::All => true,
                Extent::Job(only) => *job == only,
                Extent::Due => shared.is_due(*job, read, now),
            });
            let workflows = due.filter_map(|(job, _)| {
                let workflow = azure.workflow(shared.desired_job(job)?)?;
                Some((job, workflow.id.clone()))
            });
            workflows.collect()
        };
        let histories = due
            .iter()
            .map(|(job, workflow)| self.read_history(*job, workflow, now));
        let histories = join_all(histories, READS_AT_ONCE);
        let (histories, drifts) = tokio::join!(histories, shared.compare(&azure));
        for history in histories {
            let history = history.in_step(Step::ReadRuns);
            history.map_err(|error| shared.failure(error))?;
        }
        drifts.map_err(|error| shared.failure(error))
    }

    async fn read_heroku(&self, extent: Extent, now: Timestamp) {
        let shared = &self.0;
        if extent != Extent::All && !shared.are_dynos_due(now) {
            return;
        }
        let dynos = match shared.clouds.heroku.dynos(&shared.desired.app).await {
            // The app does not exist.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            dynos => dynos.in_step(Step::ReadDynos),
        };
        let result = match dynos {
            Ok(dynos) => {
                let views: Vec<_> = dynos.iter().map(DynoView::new).collect();
                shared.change(|readings| {
                    let before = std::mem::replace(&mut readings.dynos, views);
                    readings.dynos != before
                });
                Ok(())
            }
            Err(error) => Err(shared.failure(error)),
        };
        shared.change(|readings| readings.heroku.note(result, now));
    }
}

/// The scope of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Only what is due.
    Due,
    /// The workflows and alerts, which take the same requests for any number of jobs, and the runs of
    /// this job.
    Job(usize),
    /// Everything that may have changed, even after a failure.
    All,
}

impl Shared {
    /// Stores the state of a job's workflow and its alerts. Returns whether they have changed.
    fn apply(&self, azure: &LiveAzure, job: usize, read: &mut ReadJob) -> bool {
        let (Some(desired), Some(config)) = (self.desired_job(job), self.jobs.get(job)) else {
            return false;
        };
        let workflow = azure.workflow(desired);
        let state = Some(JobState::from_workflow(workflow));
        let created = workflow.and_then(|workflow| workflow.created);
        let alerts = board::alerts(&self.config, config, desired, azure);
        let is_changed = read.state != state || read.created != created || read.alerts != alerts;
        read.state = state;
        read.created = created;
        read.alerts = alerts;
        is_changed
    }

    /// Compares changed workflows with the configuration. This takes a while, so states are
    /// displayed first.
    async fn compare(&self, azure: &LiveAzure) -> Result<(), StepError> {
        for (job, desired) in self.desired.jobs.iter().enumerate() {
            let workflow = azure.workflow(desired);
            let version = workflow.map(|workflow| workflow.version.clone());
            let is_known = {
                let readings = self.readings();
                readings
                    .jobs
                    .get(job)
                    .is_none_or(|read| read.version == version)
            };
            if is_known {
                continue;
            }
            let group = azure.group.as_ref();
            let drift = match workflow {
                Some(there) => drift(&self.desired, &azure.subscription, group, desired, there)?,
                None => Drift::default(),
            };
            self.change(|readings| {
                let Some(read) = readings.jobs.get_mut(job) else {
                    return false;
                };
                read.version = version;
                let before = std::mem::replace(&mut read.drift, drift);
                read.drift != before
            });
            // Yields to other tasks.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Whether the runs of a job may have changed since they were read.
    fn is_due(&self, job: usize, read: &ReadJob, now: Timestamp) -> bool {
        let Some(history) = read.history.as_ref().filter(|it| it.is_complete) else {
            return true;
        };
        if history.read_at + SELDOM <= now || history.active().next().is_some() {
            return true;
        }
        let Some(job) = self.jobs.get(job) else {
            return false;
        };
        let since = history.read_at - LATE;
        let mut due = job.schedule.occurrences(since).map(|due| due.at);
        read.state == Some(JobState::OnSchedule)
            && due.find(|at| *at > since).is_some_and(|at| at <= now)
    }

    fn are_dynos_due(&self, now: Timestamp) -> bool {
        let readings = self.readings();
        let is_older_than = |age| {
            let read = readings.heroku.succeeded;
            read.is_none_or(|read| read + age <= now)
        };
        let mut histories = readings.jobs.iter().filter_map(|job| job.history.as_ref());
        let is_active = histories.any(|history| history.active().next().is_some());
        Vendor::is_due(&readings.heroku, now)
            && match self.sparing_interval() {
                Some(interval) => is_older_than(interval),
                None => is_active || is_older_than(SELDOM),
            }
    }

    /// The interval of requests to Heroku while few remain.
    pub(super) fn sparing_interval(&self) -> Option<SignedDuration> {
        match self.clouds.heroku.rate_limit_remaining()? {
            ..TOO_FEW_REQUESTS => Some(ALLOWANCE),
            TOO_FEW_REQUESTS..FEW_REQUESTS => Some(SELDOM),
            FEW_REQUESTS.. => None,
        }
    }

    /// The error of a request that a page made, for that page. If the vendor requires a wait, it is
    /// left alone until then: the limit applies to all requests of the account.
    pub(super) fn refused(&self, error: StepError) -> ReadFailure {
        let failure = self.failure(error);
        if failure.retry_after.is_some() {
            let note = failure.clone();
            let is_heroku = matches!(failure.error.error, CloudError::Heroku(_));
            self.change(|readings| {
                let vendor = if is_heroku {
                    &mut readings.heroku
                } else {
                    &mut readings.azure
                };
                vendor.note(Err(note), Timestamp::now())
            });
        }
        failure
    }

    pub(super) fn failure(&self, error: StepError) -> ReadFailure {
        ReadFailure {
            diagnostic: self.clean(error.diagnostic()),
            retry_after: match &error.error {
                CloudError::Azure(error) => error.retry_after(),
                CloudError::Heroku(error) => error.retry_after(),
                _ => None,
            },
            error: Arc::new(error),
        }
    }
}
