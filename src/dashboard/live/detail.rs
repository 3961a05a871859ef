//! One run with its actions, their inputs and outputs, and its dyno's log.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use picletter_logic_apps::history::Content;
use serde_json::Value;

use super::super::board::{advice, dynos_of_run};
use super::super::view::{ActionView, RunDetail, RunView};
use super::Live;
use crate::run_log::RunDyno;
use picletter_core::deploy::azure::{self, Action, ActionContent, Bounded, READS_AT_ONCE};
use picletter_core::deploy::concurrent::join_all;
use picletter_core::deploy::heroku;
use picletter_core::deploy::heroku::log::LogRequest;
use picletter_core::deploy::step::{Step, StepContext as _};
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};

/// Maximum size of displayed inputs or outputs, in bytes.
const LARGEST: usize = 64 << 10;

/// Maximum length of a secret, in bytes, that begins within [`LARGEST`] bytes.
const LONGEST_SECRET: usize = 8 << 10;

/// Number of log lines that Heroku keeps per app, for at most a week.
/// Source: <https://devcenter.heroku.com/articles/logging#log-history-limits>.
const LINES: u32 = 1500;
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Time after which an ended run and its log no longer change.
const SETTLED: SignedDuration = SignedDuration::from_mins(1);

/// Maximum number of cached details.
const DETAILS: usize = 4;

impl Live {
    pub(super) async fn detail(
        &self,
        job: usize,
        id: &str,
    ) -> Result<Option<RunDetail>, Diagnostic> {
        let shared = &self.0;
        let config = self.job(job)?;
        self.look();
        if let Some(detail) = self.known_detail(job, id) {
            return Ok(Some(detail));
        }
        let (known, subscription) = {
            let readings = shared.readings();
            let history = readings.jobs.get(job).and_then(|job| job.history.as_ref());
            let mut runs = history.into_iter().flat_map(|history| &history.runs.runs);
            let known = runs.find(|run| *run.id == *id).cloned();
            (known, readings.subscription.clone())
        };
        let clean = |error| self.clean(error);
        let subscription = if let Some(subscription) = subscription {
            subscription
        } else {
            let found = shared.clouds.subscription_id(&shared.desired).await;
            let found = found.in_step(Step::FindSubscription);
            found.map_err(|error| clean(error.diagnostic()))?
        };
        let workflow = shared.desired.names(&subscription);
        let workflow = workflow.workflow_id(&config.workflow);
        let arm = &shared.clouds.arm;
        let (run, actions, lines) = tokio::join!(
            arm.run(&workflow, id),
            arm.actions(&workflow, id),
            self.lines(id, known.as_deref())
        );
        let is_log_read = lines.is_ok();
        let lines = lines.unwrap_or_default();
        let run = match run {
            // The workflow was deleted, or its history has expired.
            Err(error) if error.is_not_found() => {
                return Ok(known.map(|run| RunDetail {
                    job,
                    dynos: dynos_of_run(&run, lines.as_deref().unwrap_or(&run.log), &[]),
                    run,
                    actions: Vec::new(),
                    lines,
                    advice: None,
                }));
            }
            run => run.in_step(Step::ReadRuns),
        };
        let run = run.map_err(|error| clean(error.diagnostic()))?;
        let actions = actions.in_step(Step::ReadRuns);
        let actions = actions.map_err(|error| clean(error.diagnostic()))?;
        let actions = actions.into_iter().map(|action| self.action(action));
        let actions = join_all(actions, READS_AT_ONCE).await;
        let is_complete = is_log_read && actions.iter().all(|(_, is_read)| *is_read);
        let actions = actions.into_iter().map(|(action, _)| action).collect();
        let advice = advice(config, &run);
        let Some(run) = RunView::new(run, &shared.redactor) else {
            return Ok(None);
        };
        let run = Arc::new(run);
        let alive = shared.readings().dynos.clone();
        let detail = RunDetail {
            job,
            dynos: dynos_of_run(&run, lines.as_deref().unwrap_or(&run.log), &alive),
            run,
            actions,
            lines,
            advice,
        };
        if is_complete {
            self.keep_detail(&detail);
        }
        Ok(Some(detail))
    }

    fn details(&self) -> MutexGuard<'_, VecDeque<RunDetail>> {
        let details = self.0.details.lock();
        details.unwrap_or_else(PoisonError::into_inner)
    }

    fn known_detail(&self, job: usize, id: &str) -> Option<RunDetail> {
        let details = self.details();
        let mut known = details.iter();
        let known = known.find(|detail| detail.job == job && *detail.run.id == *id);
        known.cloned()
    }

    /// Caches details that no longer change.
    fn keep_detail(&self, detail: &RunDetail) {
        let is_final = |end| end + SETTLED <= Timestamp::now();
        if detail.run.end.is_some_and(is_final) {
            let mut details = self.details();
            if details.len() >= DETAILS {
                details.pop_front();
            }
            details.push_back(detail.clone());
        }
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

    /// The log lines of a run's dynos, if Heroku still has them.
    async fn lines(
        &self,
        id: &str,
        known: Option<&RunView>,
    ) -> Result<Option<Vec<String>>, heroku::Error> {
        let oldest = Timestamp::now() - KEPT;
        if known.is_some_and(|run| run.start < oldest) {
            return Ok(None);
        }
        let lines = self.log().await?;
        let mut dyno = RunDyno::new(id);
        let lines = lines.iter().filter(|line| dyno.line(line).is_some());
        let lines = lines.map(|line| self.0.redactor.clean(line).into_owned());
        let lines: Vec<String> = lines.collect();
        Ok((!lines.is_empty()).then_some(lines))
    }

    async fn log(&self) -> Result<Vec<String>, heroku::Error> {
        let request = LogRequest {
            dyno: None,
            source: None,
            lines: LINES,
            tail: false,
        };
        let (heroku, app) = (&self.0.clouds.heroku, &self.0.desired.app);
        let mut log = heroku.log_session(app, &request).await?;
        let mut lines = Vec::new();
        while let Some(line) = log.next_line().await? {
            lines.push(line);
        }
        Ok(lines)
    }
}

fn unreadable(error: &azure::Error) -> Content {
    let words = format!("(could not be read: {})", error.reason());
    Content::Value(Arc::new(words.into()))
}
