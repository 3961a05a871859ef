//! The ARM template, and its parameters from `picletter.toml`.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::config::{Config, Job};
use crate::parallel;
use picletter_logic_apps::arm::{ArmError, Resource, ResourceGroup, Template, find_workflow};
use picletter_logic_apps::definition::Checker;
pub use picletter_logic_apps::definition::DeployError;
use picletter_logic_apps::{LogicApp, Services};

/// `logic-app/picletter-app.definition.json`, an ARM template.
pub const TEMPLATE: &str = include_str!("../logic-app/picletter-app.definition.json");

/// [`TEMPLATE`] as JSON.
pub fn json() -> Value {
    serde_json::from_str(TEMPLATE).unwrap_or_default()
}

/// [`TEMPLATE`], parsed once per process.
///
/// # Errors
/// The template is invalid.
pub fn parsed() -> Result<&'static Template, ArmError> {
    static PARSED: LazyLock<Result<Template, ArmError>> =
        LazyLock::new(|| Template::parse(TEMPLATE));
    PARSED.as_ref().map_err(Clone::clone)
}

/// The names of the template's secret parameters. No file contains their values.
pub const SECRETS: [&str; 2] = ["heroku_token", "alert_webhook"];

/// The template's workflow, evaluated for `parameters`: name to value.
///
/// # Errors
/// The parameters are invalid.
fn workflow(
    parameters: &Map<String, Value>,
    location: &str,
    now: Timestamp,
) -> Result<Resource, ArmError> {
    let deployment = parsed()?.deploy(parameters, &resource_group(location), now)?;
    find_workflow(deployment.resources)
}

/// A resource group for evaluations without Azure.
fn resource_group(location: &str) -> ResourceGroup {
    ResourceGroup {
        subscription_id: "00000000-0000-0000-0000-000000000000".to_owned(),
        name: "picletter".to_owned(),
        location: location.to_owned(),
    }
}

/// Evaluates the template for `parameters` and deploys its workflow.
///
/// # Errors
/// The parameters or the workflow are invalid.
pub fn deploy(
    parameters: &Map<String, Value>,
    services: Services,
) -> Result<LogicApp, DeployError> {
    let workflow = workflow(parameters, &services.options.location, services.clock.now())?;
    Ok(LogicApp::deploy(
        &workflow.name,
        &workflow.properties,
        services,
    )?)
}

/// A job that the template cannot deploy.
#[derive(Debug, thiserror::Error)]
#[error("{job}: {error}")]
pub struct CheckError {
    /// The job's name; in the short form, the name of its Logic App.
    pub job: String,
    /// The reason.
    #[source]
    pub error: DeployError,
}

/// Evaluates the template for each job of `config`, and validates the workflow without running it. Needs
/// no secrets.
///
/// # Errors
/// The first job for which [`deploy`] would fail.
pub fn check(config: &Config, now: Timestamp) -> Result<(), CheckError> {
    parallel::map_shares(&config.jobs, |jobs| check_jobs(config, jobs, now))
        .into_iter()
        .collect()
}

fn check_jobs(config: &Config, jobs: &[Job], now: Timestamp) -> Result<(), CheckError> {
    let mut checker = None;
    for job in jobs {
        check_job(config, job, &mut checker, now).map_err(|error| CheckError {
            job: job.label().to_owned(),
            error,
        })?;
    }
    Ok(())
}

fn check_job(
    config: &Config,
    job: &Job,
    checker: &mut Option<Checker<'static>>,
    now: Timestamp,
) -> Result<(), DeployError> {
    let checker = match checker {
        Some(checker) => checker,
        None => checker.insert(Checker::new(parsed()?)),
    };
    let mut parameters = parameters(config, job, now);
    for secret in SECRETS {
        parameters.insert(secret.to_owned(), json!("-"));
    }
    checker.check(&parameters, &resource_group("westeurope"), now)
}

/// The template's parameters for a job of `config`, without the secret ones: name to value. `now`
/// decides whether the daily alert is deployed: see [`daily_alert_from`].
pub fn parameters(config: &Config, job: &Job, now: Timestamp) -> Map<String, Value> {
    let Config {
        heroku,
        azure,
        alert,
        ..
    } = config;
    let mut parameters = Map::new();
    let mut set = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
    set("workflows_picletter_app_name", json!(job.workflow));
    set("app", json!(heroku.app));
    set("process_type", json!(job.process_type));
    set("command", json!(job.command));
    set("dyno_size", json!(job.dyno_size));
    set("time_to_live", json!(job.time_to_live.as_secs()));
    set("overlap", json!(job.schedule.overlap().name()));
    set("report", json!(job.report.name()));
    set("start_window", json!(job.start_window.as_secs()));
    set("triggers", Value::Object(job.schedule.triggers()));
    set(
        "alert_address",
        json!(alert.email.as_deref().unwrap_or_default()),
    );
    set("log_lines", json!(alert.log_lines));
    set(
        "alert_without_daily_success",
        json!(job.schedule.is_daily() && daily_alert_from(config, job, now).is_none()),
    );
    if job.name.is_some() {
        set("deployment", json!(azure.workflow));
    }
    if let Some(location) = &azure.location {
        set("location", json!(location));
    }
    parameters
}

/// The parameters as a file for `az deployment group create --parameters @FILE`.
pub fn parameter_file(config: &Config, job: &Job, now: Timestamp) -> Value {
    let parameters: Map<String, Value> = parameters(config, job, now)
        .into_iter()
        .map(|(name, value)| (name, json!({ "value": value })))
        .collect();
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
    })
}

/// When the alert on a day without success can first be deployed, if that is after `now`: at the first
/// due time of the job. A metric alert has no start time, and would fire until then.
pub fn daily_alert_from(config: &Config, job: &Job, now: Timestamp) -> Option<Timestamp> {
    if config.alert.email.is_none() || !job.schedule.is_daily() {
        return None;
    }
    // Longer than any day, so that it includes a due time of every schedule that has started.
    let a_day_ago = now.checked_sub(SignedDuration::from_hours(26)).ok()?;
    let due = job.schedule.occurrences(a_day_ago).next()?;
    (due.at > now).then_some(due.at)
}
