//! Run histories: read once in full, and later only what is new or active.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::board::{MOST_RUNS, RunsRead, first_day};
use super::super::view::RunView;
use super::Live;
use super::readings::ReadHistory;
use picletter_core::deploy::azure::{self, NextPage, READS_AT_ONCE, Run, RunFilter};
use picletter_core::deploy::concurrent::join_all;

/// Maximum number of pages of a job's runs, with 250 runs each.
const PAGES: usize = MOST_RUNS / 250;

/// The statuses that count as failed, for Azure's filter.
const FAILED: [&str; 2] = ["Failed", "TimedOut"];

/// Overlap of reads: how long before the newest known run a read begins, because a run may appear
/// late in the history.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

/// Maximum number of active runs that are read individually.
const ACTIVE: usize = 25;

/// Part of a list of runs.
struct Listed {
    runs: Vec<Arc<RunView>>,
    is_all: bool,
}

impl Listed {
    /// The time from which the list is complete; `None` if it is complete.
    fn all_since(&self) -> Option<Timestamp> {
        let oldest = self.runs.iter().map(|run| run.start).min();
        let after = SignedDuration::from_nanos(1);
        oldest.filter(|_| !self.is_all).map(|oldest| oldest + after)
    }
}

impl Live {
    /// Reads the runs of a job: all of them at first, then those that may have changed. Runs of a
    /// deleted workflow are kept.
    pub(super) async fn read_history(
        &self,
        job: usize,
        workflow: &str,
        now: Timestamp,
    ) -> Result<(), azure::Error> {
        let Some(config) = self.0.jobs.get(job) else {
            return Ok(());
        };
        let first = first_day(now, config.schedule.zone().clock());
        let known = {
            let readings = self.0.readings();
            let history = readings.jobs.get(job).and_then(|job| job.history.clone());
            history.filter(|history| history.is_complete)
        };
        let read = match known {
            None => self.read_all(job, workflow, first, now).await,
            Some(known) => self.read_news(job, workflow, &known, first, now).await,
        };
        match read {
            Err(error) if error.is_not_found() => Ok(()),
            read => read,
        }
    }

    async fn read_all(
        &self,
        job: usize,
        workflow: &str,
        first: Timestamp,
        now: Timestamp,
    ) -> Result<(), azure::Error> {
        let arm = &self.0.clouds.arm;
        let page = arm.run_page(workflow, RunFilter::Since(first)).await?;
        let mut listed = Listed {
            runs: self.views(page.runs),
            is_all: page.next.is_none(),
        };
        // The first page is displayed while others are read.
        self.replace(job, &listed, listed.is_all, now);
        let Some(next) = page.next else {
            return Ok(());
        };
        let [failed, timed_out] =
            FAILED.map(|status| self.runs_with_status(workflow, status, first));
        let (rest, failed, timed_out) =
            tokio::try_join!(self.pages(workflow, next, PAGES - 1), failed, timed_out)?;
        listed.runs.extend(rest.runs);
        listed.is_all = rest.is_all;
        let all_since = listed.all_since();
        self.replace(job, &listed, true, now);
        let news = RunsRead {
            runs: failed.into_iter().chain(timed_out).collect(),
            all_since,
        };
        self.merge(job, news, &[], first, now);
        Ok(())
    }

    async fn read_news(
        &self,
        job: usize,
        workflow: &str,
        known: &ReadHistory,
        first: Timestamp,
        now: Timestamp,
    ) -> Result<(), azure::Error> {
        let arm = &self.0.clouds.arm;
        let newest = known.runs.runs.iter().map(|run| run.start).max();
        let since = newest.unwrap_or(known.read_at) - OVERLAP;
        let news = async {
            let page = arm.run_page(workflow, RunFilter::Since(since)).await?;
            let mut listed = Listed {
                runs: self.views(page.runs),
                is_all: page.next.is_none(),
            };
            if let Some(next) = page.next {
                let rest = self.pages(workflow, next, PAGES - 1).await?;
                listed.runs.extend(rest.runs);
                listed.is_all = rest.is_all;
            }
            Ok::<_, azure::Error>(listed)
        };
        let active = known.active().filter(|run| run.start < since).take(ACTIVE);
        let active = active.map(|run| async {
            match arm.run(workflow, &run.id).await {
                Err(error) if error.is_not_found() => Ok(Err(run.id.clone())),
                run => run.map(Ok),
            }
        });
        let (listed, active) = tokio::join!(news, join_all(active, READS_AT_ONCE));
        let listed = listed?;
        let mut news = RunsRead {
            all_since: listed.all_since(),
            runs: listed.runs,
        };
        let mut gone = Vec::new();
        for run in active {
            match run? {
                Ok(run) => news.runs.extend(self.views(vec![run])),
                Err(id) => gone.push(id),
            }
        }
        self.merge(job, news, &gone, first, now);
        Ok(())
    }

    /// Reads at most `most` pages of a list of runs.
    async fn pages(
        &self,
        workflow: &str,
        next: NextPage,
        most: usize,
    ) -> Result<Listed, azure::Error> {
        let mut next = Some(next);
        let mut runs = Vec::new();
        for _ in 0..most {
            let Some(page) = next.take() else { break };
            let page = self.0.clouds.arm.next_run_page(workflow, page).await?;
            runs.extend(self.views(page.runs));
            next = page.next;
        }
        Ok(Listed {
            runs,
            is_all: next.is_none(),
        })
    }

    /// Reads runs with that status since `first`, with the same page limit.
    async fn runs_with_status(
        &self,
        workflow: &str,
        status: &'static str,
        first: Timestamp,
    ) -> Result<Vec<Arc<RunView>>, azure::Error> {
        let arm = &self.0.clouds.arm;
        let mut page = arm.run_page(workflow, RunFilter::Status(status)).await?;
        let mut runs = Vec::new();
        for _ in 1..PAGES {
            let oldest = page.runs.last().and_then(|run| run.start);
            runs.extend(self.views(page.runs));
            match page.next {
                Some(next) if oldest.is_none_or(|oldest| oldest >= first) => {
                    page = arm.next_run_page(workflow, next).await?;
                }
                _ => return Ok(runs),
            }
        }
        runs.extend(self.views(page.runs));
        Ok(runs)
    }

    fn views(&self, runs: Vec<Run>) -> Vec<Arc<RunView>> {
        let views = runs.into_iter();
        let views = views.filter_map(|run| RunView::new(run, &self.0.redactor));
        views.map(Arc::new).collect()
    }

    fn replace(&self, job: usize, listed: &Listed, is_complete: bool, now: Timestamp) {
        let runs = RunsRead {
            runs: listed.runs.clone(),
            all_since: listed.all_since(),
        };
        self.0.change(|readings| {
            if let Some(job) = readings.jobs.get_mut(job) {
                job.history = Some(ReadHistory {
                    runs,
                    is_complete,
                    read_at: now,
                });
            }
            true
        });
    }

    fn merge(
        &self,
        job: usize,
        news: RunsRead,
        gone: &[Arc<str>],
        first: Timestamp,
        now: Timestamp,
    ) {
        self.0.change(|readings| {
            let job = readings.jobs.get_mut(job);
            let history = job.and_then(|job| job.history.as_mut());
            history.is_some_and(|history| history.merge(news, gone, first, now))
        });
    }
}
