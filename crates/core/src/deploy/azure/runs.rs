//! A workflow's runs and their actions.
//!
//! Source: <https://learn.microsoft.com/rest/api/logic/workflow-runs>.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

use super::arm::{Arm, found};
use super::content::ContentLink;
use super::error::Error;
use super::resources::within_group;
use super::run_filter::RunFilter;
use crate::deploy::api_version::WORKFLOWS;

/// Final states.
const ENDS: [&str; 8] = [
    "Succeeded",
    "Failed",
    "Cancelled",
    "Skipped",
    "TimedOut",
    "Aborted",
    "Faulted",
    "Ignored",
];

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id, the last part of the worker's `RUN_ID`.
    pub id: String,
    /// `Running`, `Waiting`, `Succeeded`, `Failed`, `Cancelled`, or another Azure status.
    pub status: String,
    /// Start time.
    pub start: Option<Timestamp>,
    /// End time.
    pub end: Option<Timestamp>,
    /// The trigger that started it.
    pub trigger: Option<String>,
    /// The code of its failure: the workflow's outcome, such as `refused`, or Azure's code.
    pub code: Option<String>,
    /// The message of its failure, in one line.
    pub message: Option<String>,
    /// The last lines of its dyno's log, which the workflow stores if the run fails.
    pub log: Vec<String>,
}

impl Run {
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        ENDS.contains(&self.status.as_str())
    }

    /// Its duration, if it has ended.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.end?.duration_since(self.start?))
    }
}

/// An action of a run.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its name in the workflow's definition.
    pub name: String,
    /// Its status, as in [`Run::status`].
    pub status: String,
    /// Start time.
    pub start: Option<Timestamp>,
    /// End time.
    pub end: Option<Timestamp>,
    /// Azure's code for its result, such as `OK`, `BadRequest`, `ActionTimedOut`.
    pub code: Option<String>,
    /// The reason of its failure.
    pub error: Option<String>,
    /// Its inputs.
    pub inputs: ActionContent,
    /// Its outputs.
    pub outputs: ActionContent,
    /// Number of repetitions of a loop.
    pub repetitions: Option<u32>,
    /// Attempts that were followed by a retry, oldest first.
    pub attempts: Vec<Attempt>,
}

/// An attempt of an action that was followed by a retry.
///
/// Source: `RetryHistory` of
/// <https://learn.microsoft.com/rest/api/logic/workflow-run-actions/get#retryhistory>.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Start time.
    #[serde(default, rename = "startTime", deserialize_with = "timestamp")]
    pub start: Option<Timestamp>,
    /// End time.
    #[serde(default, rename = "endTime", deserialize_with = "timestamp")]
    pub end: Option<Timestamp>,
    /// Azure's code for its result, such as `ServiceUnavailable`.
    pub code: Option<String>,
}

/// Inputs or outputs of an action.
#[derive(Debug, Clone)]
pub enum ActionContent {
    /// It has none, or none yet.
    None,
    /// The workflow secures them, so Azure does not return them.
    Secured,
    /// They can be read.
    Linked(ContentLink),
}

impl Action {
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        ENDS.contains(&self.status.as_str())
    }
}

/// A run or an action, as Azure returns it.
#[derive(Debug, Deserialize)]
pub(super) struct RunOrActionResponse {
    name: String,
    properties: Properties,
}

/// The common properties of runs and actions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    status: String,
    #[serde(default, deserialize_with = "timestamp")]
    start_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "timestamp")]
    end_time: Option<Timestamp>,
    code: Option<String>,
    error: Option<ErrorResponse>,
    trigger: Option<TriggerResponse>,
    inputs_link: Option<ContentLink>,
    outputs_link: Option<ContentLink>,
    #[serde(default)]
    secure_data: SecureData,
    repetition_count: Option<u32>,
    retry_history: Option<Vec<Attempt>>,
}

/// The secured parts of an action: `inputs`, `outputs`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecureData {
    properties: Vec<String>,
}

impl SecureData {
    fn content(&self, name: &str, link: Option<ContentLink>) -> ActionContent {
        match link {
            _ if self.properties.iter().any(|secured| secured == name) => ActionContent::Secured,
            Some(link) => ActionContent::Linked(link),
            None => ActionContent::None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorResponse {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TriggerResponse {
    name: Option<String>,
}

impl From<RunOrActionResponse> for Run {
    fn from(response: RunOrActionResponse) -> Self {
        let properties = response.properties;
        let error = properties.error.unwrap_or_default();
        // The template appends the log lines to the message.
        let message = error.message.unwrap_or_default();
        let mut lines = message.lines().map(str::to_owned);
        Self {
            id: response.name,
            status: properties.status,
            start: properties.start_time,
            end: properties.end_time,
            trigger: properties.trigger.and_then(|trigger| trigger.name),
            code: error.code.or(properties.code),
            message: lines.next(),
            log: lines.collect(),
        }
    }
}

impl From<RunOrActionResponse> for Action {
    fn from(response: RunOrActionResponse) -> Self {
        let properties = response.properties;
        let error = properties.error.unwrap_or_default();
        Self {
            name: response.name,
            status: properties.status,
            start: properties.start_time,
            end: properties.end_time,
            code: properties.code.or(error.code),
            error: error.message,
            inputs: properties
                .secure_data
                .content("inputs", properties.inputs_link),
            outputs: properties
                .secure_data
                .content("outputs", properties.outputs_link),
            repetitions: properties.repetition_count,
            attempts: properties.retry_history.unwrap_or_default(),
        }
    }
}

impl Arm {
    /// A workflow's last runs, newest first: at most `most`, and only those that started at `since`
    /// or later.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn runs(
        &self,
        workflow: &str,
        most: usize,
        since: Option<Timestamp>,
    ) -> Result<Vec<Run>, Error> {
        let filter = since.map(RunFilter::Since);
        self.filtered_runs(workflow, most, filter).await
    }

    /// A workflow's active runs, running or waiting for others; none if the workflow does not
    /// exist.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn active_runs(&self, workflow: &str) -> Result<Vec<Run>, Error> {
        let with_status = |status| {
            let filter = Some(RunFilter::Status(status));
            async move { found(self.filtered_runs(workflow, usize::MAX, filter).await) }
        };
        let (running, waiting) = tokio::try_join!(with_status("Running"), with_status("Waiting"))?;
        let mut active = running.unwrap_or_default();
        active.extend(waiting.unwrap_or_default());
        // If the service ignores the filter, an ended run must not count as active.
        active.retain(|run| !run.has_ended());
        Ok(active)
    }

    async fn filtered_runs(
        &self,
        workflow: &str,
        most: usize,
        filter: Option<RunFilter>,
    ) -> Result<Vec<Run>, Error> {
        let doing = format!("read the runs of {}", within_group(workflow));
        let url = self.runs_url(workflow, most, filter);
        let listed: Vec<RunOrActionResponse> = self.list(&doing, url, most).await?;
        Ok(listed.into_iter().map(Run::from).collect())
    }

    /// One run of a workflow.
    ///
    /// # Errors
    /// It cannot be read, or does not exist.
    pub async fn run(&self, workflow: &str, run: &str) -> Result<Run, Error> {
        let doing = format!("read the run {run} of {}", within_group(workflow));
        let url = self.url(&format!("{workflow}/runs/{run}"), WORKFLOWS);
        let response: RunOrActionResponse = self.read(&doing, url).await?;
        Ok(response.into())
    }

    /// The actions of a run, including nested ones, in the order of their start.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn actions(&self, workflow: &str, run: &str) -> Result<Vec<Action>, Error> {
        let doing = format!(
            "read the actions of the run {run} of {}",
            within_group(workflow)
        );
        let url = self.url(&format!("{workflow}/runs/{run}/actions"), WORKFLOWS);
        let listed: Vec<RunOrActionResponse> = self.list(&doing, url, usize::MAX).await?;
        let mut actions: Vec<_> = listed.into_iter().map(Action::from).collect();
        actions.sort_by_key(|action| action.start.unwrap_or(Timestamp::MAX));
        Ok(actions)
    }
}

/// A time, or `None` if it is missing or malformed.
pub(super) fn timestamp<'de, D>(deserializer: D) -> Result<Option<Timestamp>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}
