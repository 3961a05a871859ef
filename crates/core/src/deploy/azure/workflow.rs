//! The Logic App's workflow and its triggers.
//!
//! Source: <https://learn.microsoft.com/rest/api/logic/workflows>.

use std::collections::BTreeMap;

use http::header::DATE;
use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arm::{Arm, Page, found};
use super::error::{Error, Refusal};
use super::long_running::is;
use super::resources::{path, within_group};
use super::runs::{Run, RunOrActionResponse, timestamp};
use crate::config::is_app_name;
use crate::deploy::api_version::WORKFLOWS;
use crate::deploy::http::{Call, HttpError, Repeat};

/// The header with the id of the started run.
const RUN_ID: &str = "x-ms-workflow-run-id";

/// Maximum number of reads to confirm the start of a run or a change of state.
const MAX_READS: u32 = 5;

/// A deployed workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its resource id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its region.
    pub location: String,
    /// `Enabled`, or `Disabled` while it is paused.
    pub state: String,
    /// Its version, which Azure replaces at each change. Workflows, deployments, and resource
    /// groups have no `ETag` and do not accept `If-Match`: see `Workflows_Get` and
    /// `Workflows_CreateOrUpdate` of Microsoft.Logic 2019-05-01, `Deployments_CreateOrUpdate` of
    /// Microsoft.Resources 2021-04-01 (<https://github.com/Azure/azure-rest-api-specs>).
    pub version: String,
    /// When it was created, if Azure reports it.
    pub created: Option<Timestamp>,
    /// Time of its last change, if Azure reports it.
    pub changed: Option<Timestamp>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its definition, without the values of parameters.
    pub definition: Value,
    /// The values of its parameters; for secrets, only their types.
    pub parameters: Value,
}

impl Workflow {
    /// The trigger for manual runs. It has no conditions, because Azure also evaluates the
    /// conditions of a trigger that is fired manually.
    pub fn trigger_by_hand(&self) -> Option<&str> {
        let mut triggers = self.definition["triggers"].as_object()?.iter();
        triggers
            .find(|(_, trigger)| trigger.get("conditions").is_none())
            .map(|(name, _)| name.as_str())
    }
}

/// Whether a workflow runs on schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowState {
    /// It runs on schedule.
    Enabled,
    /// It is paused.
    Disabled,
}

impl WorkflowState {
    /// Azure's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
        }
    }
}

impl Workflow {
    /// Whether it is in that state. Azure has others, such as `Suspended`.
    pub fn is(&self, state: WorkflowState) -> bool {
        is(&self.state, state.name())
    }

    /// Whether it starts dynos in that app.
    pub fn starts(&self, app: &str) -> bool {
        self.parameters["app"]["value"] == app
    }

    /// The app in which it starts dynos, if it is not `app`. A placeholder replaces text that is
    /// not an app name.
    pub fn another_app(&self, app: &str) -> Option<&str> {
        let starts = self.parameters["app"]["value"].as_str()?;
        let name = if is_app_name(starts) {
            starts
        } else {
            "(not an app's name)"
        };
        (starts != app).then_some(name)
    }
}

#[derive(Debug, Deserialize)]
struct WorkflowResponse {
    id: String,
    name: String,
    location: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    properties: WorkflowProperties,
}

impl From<WorkflowResponse> for Workflow {
    fn from(response: WorkflowResponse) -> Self {
        Self {
            id: response.id,
            name: response.name,
            location: response.location,
            state: response.properties.state,
            version: response.properties.version,
            created: response.properties.created_time,
            changed: response.properties.changed_time,
            tags: response.tags,
            definition: Value::Object(response.properties.definition),
            parameters: response.properties.parameters,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkflowProperties {
    state: String,
    version: String,
    #[serde(default, deserialize_with = "timestamp")]
    created_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "timestamp")]
    changed_time: Option<Timestamp>,
    definition: Map<String, Value>,
    #[serde(default)]
    parameters: Value,
}

/// A trigger of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// `Enabled`, or another Azure state.
    pub state: String,
    /// Time of its next run.
    pub next: Option<Timestamp>,
    /// Time of its last run.
    pub last: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct TriggerResponse {
    name: String,
    properties: TriggerProperties,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TriggerProperties {
    state: String,
    #[serde(default, deserialize_with = "timestamp")]
    next_execution_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "timestamp")]
    last_execution_time: Option<Timestamp>,
}

impl Arm {
    /// A workflow by its resource id; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn workflow(&self, id: &str) -> Result<Option<Workflow>, Error> {
        let doing = format!("read {}", within_group(id));
        let call = Call::new(Method::GET, self.url(id, WORKFLOWS));
        let Some(answer) = found(self.send(&doing, call).await)? else {
            return Ok(None);
        };
        let response: WorkflowResponse = self.parse(&doing, &answer)?;
        Ok(Some(response.into()))
    }

    /// The workflows of a resource group whose name and tags `is_selected` accepts; none if the
    /// group does not exist. Other workflows are not parsed, because their format may be unknown.
    /// Source: <https://learn.microsoft.com/rest/api/logic/workflows/list-by-resource-group>.
    ///
    /// # Errors
    /// The list or a selected workflow cannot be read.
    pub async fn workflows(
        &self,
        subscription: &str,
        group: &str,
        is_selected: impl Fn(&str, &BTreeMap<String, String>) -> bool,
    ) -> Result<Vec<Workflow>, Error> {
        let doing = format!("read the workflows of the resource group {group}");
        let path = format!(
            "{}/providers/Microsoft.Logic/workflows",
            path(subscription, group)
        );
        let url = self.url(&path, WORKFLOWS);
        let listed: Option<Vec<Value>> = found(self.list(&doing, url, usize::MAX).await)?;
        let listed = listed.unwrap_or_default().into_iter();
        let wanted = listed.filter(|workflow| {
            let name = workflow["name"].as_str();
            name.is_some_and(|name| is_selected(name, &tags(workflow)))
        });
        let read = wanted.map(|workflow| {
            let response = WorkflowResponse::deserialize(workflow);
            let response =
                response.map_err(|error| self.garbled_item(&doing, &error.to_string()))?;
            Ok(response.into())
        });
        let mut workflows = read.collect::<Result<Vec<Workflow>, Error>>()?;
        workflows.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(workflows)
    }

    /// Resumes a workflow.
    ///
    /// # Errors
    /// Azure rejects it, or it has no effect.
    pub async fn enable(&self, id: &str) -> Result<(), Error> {
        self.switch("resume", id, "enable", WorkflowState::Enabled)
            .await
    }

    /// Pauses a workflow; active runs continue.
    ///
    /// # Errors
    /// Azure rejects it, or it has no effect.
    pub async fn disable(&self, id: &str) -> Result<(), Error> {
        self.switch("pause", id, "disable", WorkflowState::Disabled)
            .await
    }

    /// Enables or disables a workflow and verifies the state, because Azure answers without a body.
    async fn switch(
        &self,
        verb: &str,
        id: &str,
        action: &str,
        state: WorkflowState,
    ) -> Result<(), Error> {
        let mut call = Call::new(Method::POST, self.url(&format!("{id}/{action}"), WORKFLOWS));
        call.repeat = Repeat::Safe;
        let doing = format!("{verb} {}", within_group(id));
        let answer = self.send(&doing, call).await?;
        self.object(&doing, &answer)?;
        let mut found = String::new();
        for read in 0..MAX_READS {
            if read > 0 {
                tokio::time::sleep(self.timings().poll).await;
            }
            found = match self.workflow(id).await? {
                Some(workflow) if workflow.is(state) => return Ok(()),
                Some(workflow) => format!("it is {}", workflow.state),
                None => "it does not exist".to_owned(),
            };
        }
        Err(Error::NoEffect { doing, found })
    }

    /// A workflow's triggers; none if the workflow does not exist.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn triggers(&self, id: &str) -> Result<Vec<Trigger>, Error> {
        let doing = format!("read the triggers of {}", within_group(id));
        let url = self.url(&format!("{id}/triggers"), WORKFLOWS);
        let listed: Option<Vec<TriggerResponse>> = found(self.list(&doing, url, usize::MAX).await)?;
        let listed = listed.unwrap_or_default().into_iter();
        Ok(listed
            .map(|trigger| Trigger {
                name: trigger.name,
                state: trigger.properties.state,
                next: trigger.properties.next_execution_time,
                last: trigger.properties.last_execution_time,
            })
            .collect())
    }

    /// Starts a run and returns its id. Does not repeat the request after a lost answer or 5xx,
    /// because a run may have started. Searches the history instead, as after a success without a
    /// run id.
    ///
    /// # Errors
    /// Azure rejects it, or it is unknown whether a run was started.
    pub async fn run_trigger(&self, id: &str, trigger: &str) -> Result<String, Error> {
        let doing = format!("start a run of {}", within_group(id));
        let url = self.url(&format!("{id}/triggers/{trigger}/run"), WORKFLOWS);
        let mut call = Call::new(Method::POST, url);
        call.repeat = Repeat::Never;
        let begun = Timestamp::now();
        let reason = match self.exchange(&doing, call).await {
            Ok(answer) if answer.status.is_success() => {
                let run_id = answer.headers.get(RUN_ID).and_then(|id| id.to_str().ok());
                match run_id {
                    Some(run) => return Ok(run.to_owned()),
                    None => "the answer does not contain the run's id".to_owned(),
                }
            }
            Ok(answer) if answer.status.is_server_error() => {
                Refusal::new(&doing, &answer, self.redactor()).summary()
            }
            Ok(answer) => return Err(self.refused(&doing, &answer)),
            Err(
                error @ Error::Http {
                    error: HttpError::Lost { .. },
                    ..
                },
            ) => error.reason(),
            Err(error) => return Err(error),
        };
        for read in 0..MAX_READS {
            if read > 0 {
                tokio::time::sleep(self.timings().poll).await;
            }
            // Ignores errors: after the last read, the error is `StartUnknown` in any case.
            if let Ok(Some(run)) = self.started_since(id, trigger, begun).await {
                return Ok(run.id);
            }
        }
        Err(Error::StartUnknown { doing, reason })
    }

    /// The first run of the trigger that started at or after `begun`, which is a local time.
    async fn started_since(
        &self,
        id: &str,
        trigger: &str,
        begun: Timestamp,
    ) -> Result<Option<Run>, Error> {
        let doing = format!("find the new run of {}", within_group(id));
        let call = Call::new(Method::GET, self.url(&format!("{id}/runs"), WORKFLOWS));
        let answer = self.send(&doing, call).await?;
        let since = begun.checked_add(ahead(&answer.headers)).unwrap_or(begun);
        let page: Page<RunOrActionResponse> = self.parse(&doing, &answer)?;
        let runs = page.value.into_iter().map(Run::from);
        Ok(runs
            .filter(|run| run.trigger.as_deref() == Some(trigger))
            .filter(|run| run.start.is_some_and(|start| start >= since))
            .min_by_key(|run| run.start))
    }
}

/// The tags of a resource in JSON.
fn tags(resource: &Value) -> BTreeMap<String, String> {
    let tags = resource["tags"].as_object().into_iter().flatten();
    tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// How far Azure's clock is ahead of the local clock, rounded down to seconds.
fn ahead(headers: &HeaderMap) -> SignedDuration {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(date)
            .ok()
    });
    date.map_or(SignedDuration::ZERO, |date| {
        date.duration_since(Timestamp::now())
    })
}
