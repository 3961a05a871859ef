//! One run with its actions, their inputs and outputs, and its dyno's log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use picletter_logic_apps::history::Content;
use serde_json::Value;

use super::super::board::{advice, dynos_of_run};
use super::super::view::{ActionView, Outdated, RunDetail, RunLog, RunView};
use super::Live;
use super::polling::INTERVAL;
use super::shared_reading::{SharedReading, Validity};
use picletter_core::config::Job;
use picletter_core::deploy::azure::{self, Action, ActionContent, Bounded, READS_AT_ONCE};
use picletter_core::deploy::concurrent::join_all;
use picletter_core::deploy::step::{Step, StepContext as _, StepError};
use picletter_core::diagnostic::Diagnostic;

/// Maximum size of displayed inputs or outputs, in bytes.
const LARGEST: usize = 64 << 10;

/// Maximum length of a secret, in bytes, that begins within [`LARGEST`] bytes.
const LONGEST_SECRET: usize = 8 << 10;

/// Time after which an ended run and its log no longer change.
pub(super) const SETTLED: SignedDuration = SignedDuration::from_mins(1);

/// Maximum number of runs whose details are kept.
const DETAILS: usize = 8;

/// Details of the most recently viewed runs, the last viewed last.
pub(super) type Details = Mutex<VecDeque<KeptRun>>;

/// The last read of a run, which all of its tabs share.
pub(super) struct KeptRun {
    job: usize,
    id: String,
    readings: Arc<RunReadings>,
}

#[derive(Default)]
struct RunReadings {
    last: SharedReading<ReadDetail>,
    /// The last read that succeeded, and its time.
    succeeded: Mutex<Option<(Timestamp, RunDetail)>>,
}

impl RunReadings {
    /// The result of a read, or the run as last read.
    fn or_last(&self, read: ReadDetail, now: Timestamp) -> ReadDetail {
        let mut succeeded = self.succeeded();
        let failure = match &read.result {
            Ok(Some(detail)) => detail.outdated.as_ref().map(|it| &it.diagnostic),
            Ok(None) => None,
            Err(diagnostic) => Some(diagnostic),
        };
        match (failure, &*succeeded) {
            (Some(diagnostic), Some((since, detail))) => {
                let outdated = Some(Outdated {
                    since: *since,
                    diagnostic: diagnostic.clone(),
                });
                let detail = RunDetail {
                    outdated,
                    ..detail.clone()
                };
                return Ok(Some(detail)).into();
            }
            (Some(_), None) => {}
            (None, _) => {
                let detail = read.result.as_ref().ok().cloned().flatten();
                *succeeded = detail.map(|detail| (now, detail));
            }
        }
        read
    }

    /// A log, or its lines as last read if it could not be read again.
    fn log_or_last(&self, log: RunLog) -> RunLog {
        let RunLog::Unreadable(diagnostic) = log else {
            return log;
        };
        let succeeded = self.succeeded();
        let last = succeeded.as_ref();
        let last = last.and_then(|(since, detail)| match &detail.log {
            RunLog::Lines(lines) => Some((*since, lines.clone())),
            RunLog::Outdated { lines, outdated } => Some((outdated.since, lines.clone())),
            RunLog::NoLines | RunLog::Unreadable(_) => None,
        });
        match last {
            Some((since, lines)) => RunLog::Outdated {
                lines,
                outdated: Outdated { since, diagnostic },
            },
            None => RunLog::Unreadable(diagnostic),
        }
    }

    fn succeeded(&self) -> MutexGuard<'_, Option<(Timestamp, RunDetail)>> {
        self.succeeded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run as last read.
#[derive(Clone)]
struct ReadDetail {
    result: Result<Option<RunDetail>, Diagnostic>,
    /// Whether it was read completely and no longer changes.
    is_final: bool,
}

impl From<Result<Option<RunDetail>, Diagnostic>> for ReadDetail {
    fn from(result: Result<Option<RunDetail>, Diagnostic>) -> Self {
        Self {
            result,
            is_final: false,
        }
    }
}

impl Live {
    pub(super) async fn detail(
        &self,
        job: usize,
        id: &str,
    ) -> Result<Option<RunDetail>, Diagnostic> {
        let shared = &self.0;
        let config = self.job(job)?;
        self.look();
        let validity = |last: Option<&ReadDetail>| {
            if last.is_some_and(|last| last.is_final)
                || !shared.readings().azure.is_due(Timestamp::now())
            {
                Validity::Unlimited
            } else {
                Validity::UntilChange(INTERVAL)
            }
        };
        let readings = self.kept_run(job, id);
        let read = async {
            let read = Box::pin(self.read_detail(job, config, id, &readings)).await;
            let read = read.unwrap_or_else(|diagnostic| Err(diagnostic).into());
            readings.or_last(read, Timestamp::now())
        };
        let change = || shared.change_count();
        readings.last.get(validity, change, read).await.result
    }

    /// The reading of a run, which becomes the most recently viewed one.
    fn kept_run(&self, job: usize, id: &str) -> Arc<RunReadings> {
        let kept = self.0.details.lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|run| run.job == job && run.id == id);
        let run = known.and_then(|known| kept.remove(known));
        let run = run.unwrap_or_else(|| KeptRun {
            job,
            id: id.to_owned(),
            readings: Arc::default(),
        });
        let readings = run.readings.clone();
        kept.push_back(run);
        let surplus = kept.len().saturating_sub(DETAILS);
        kept.drain(..surplus);
        readings
    }

    async fn read_detail(
        &self,
        job: usize,
        config: &Job,
        id: &str,
        last: &RunReadings,
    ) -> Result<ReadDetail, Diagnostic> {
        let shared = &self.0;
        let read_at = Timestamp::now();
        let (known, subscription, refusal) = {
            let readings = shared.readings();
            let history = readings.jobs.get(job).and_then(|job| job.history.as_ref());
            let known = history.and_then(|history| {
                let mut runs = history.runs.runs.iter();
                let run = runs.find(|run| *run.id == *id)?;
                Some((history.read_at, run.clone()))
            });
            let refusal = readings.azure.refusal(read_at);
            (known, readings.subscription.clone(), refusal)
        };
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let clean = |error: StepError| shared.refused(error).diagnostic_for_page();
        let subscription = if let Some(subscription) = subscription {
            subscription
        } else {
            let found = shared.clouds.subscription_id(&shared.desired).await;
            found.in_step(Step::FindSubscription).map_err(clean)?
        };
        let workflow = shared.desired.names(&subscription);
        let workflow = workflow.workflow_id(&config.workflow);
        let arm = &shared.clouds.arm;
        let (run, actions, log) = tokio::join!(
            arm.run(&workflow, id),
            arm.actions(&workflow, id),
            self.app_log(known.as_ref().map(|(_, run)| &**run))
        );
        // The workflow was deleted, or its history has expired.
        let is_gone = run.as_ref().is_err_and(azure::Error::is_not_found);
        let run = match run.in_step(Step::ReadRuns).map_err(clean) {
            Err(diagnostic) if is_gone => {
                let detail = known.map(|(since, run)| {
                    let (log, _) = self.run_log(&run, log);
                    RunDetail {
                        job,
                        dynos: dynos_of_run(&run, log.lines().unwrap_or(&run.log), &[]),
                        run,
                        actions: Vec::new(),
                        log,
                        advice: None,
                        outdated: Some(Outdated { since, diagnostic }),
                    }
                });
                return Ok(Ok(detail).into());
            }
            run => run?,
        };
        let actions = actions.in_step(Step::ReadRuns).map_err(clean)?;
        let actions = actions.into_iter().map(|action| self.action(action));
        let actions = join_all(actions, READS_AT_ONCE).await;
        let is_complete = actions.iter().all(|(_, is_read)| *is_read);
        let actions = actions.into_iter().map(|(action, _)| action).collect();
        let advice = advice(config, &run);
        let Some(run) = RunView::new(run, &shared.redactor) else {
            return Ok(Ok(None).into());
        };
        let (log, is_log_final) = self.run_log(&run, log);
        let log = last.log_or_last(log);
        let is_settled = |end| end + SETTLED <= read_at;
        let is_final = is_complete && is_log_final && run.end.is_some_and(is_settled);
        let run = Arc::new(run);
        let alive = shared.readings().dynos.clone();
        let detail = RunDetail {
            job,
            dynos: dynos_of_run(&run, log.lines().unwrap_or(&run.log), &alive),
            run,
            actions,
            log,
            advice,
            outdated: None,
        };
        Ok(ReadDetail {
            result: Ok(Some(detail)),
            is_final,
        })
    }

    /// An action with its inputs and outputs, and whether both could be read.
    async fn action(&self, action: Action) -> (ActionView, bool) {
        let (inputs, outputs) = tokio::join!(
            self.content(action.inputs.clone()),
            self.content(action.outputs.clone())
        );
        let is_read = inputs.is_ok() && outputs.is_ok();
        let [inputs, outputs] =
            [inputs, outputs].map(|content| content.unwrap_or_else(|error| unreadable(&error)));
        let view = ActionView::new(action, inputs, outputs, &self.0.redactor);
        (view, is_read)
    }

    async fn content(&self, content: ActionContent) -> Result<Content, azure::Error> {
        let link = match content {
            ActionContent::None => return Ok(Content::None),
            ActionContent::Secured => return Ok(Content::Redacted),
            ActionContent::Linked(link) => link,
        };
        let arm = &self.0.clouds.arm;
        let content = arm.content(&link, LARGEST + LONGEST_SECRET).await?;
        Ok(Content::Value(Arc::new(self.value(&content))))
    }

    /// The JSON of inputs or outputs, or their beginning as text. Secrets are masked before
    /// truncation.
    fn value(&self, content: &Bounded) -> Value {
        let is_small = !content.is_cut && content.bytes.len() <= LARGEST;
        let text = String::from_utf8_lossy(&content.bytes);
        if is_small {
            return serde_json::from_slice(&content.bytes).unwrap_or_else(|_| text.into());
        }
        let text = self.0.redactor.clean(&text);
        let end = text.floor_char_boundary(LARGEST);
        format!(
            "{}… (truncated: first {LARGEST} of {} bytes)",
            &text[..end],
            content.size
        )
        .into()
    }
}

fn unreadable(error: &azure::Error) -> Content {
    let words = format!("(could not be read: {})", error.reason());
    Content::Value(Arc::new(words.into()))
}
