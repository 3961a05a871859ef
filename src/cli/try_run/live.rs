//! Deploys to the fakes and runs the worker once, showing each step.

use std::path::Path;
use std::process::ExitCode;

use super::TryError;
use super::config_source::ConfigSource;
use super::render::{self, Story};
use crate::cli::cloud::steps::Steps;
use crate::cli::output::Output;
use crate::r#try::run::LocalDeployment;
use crate::r#try::{Trial, TrialError};

/// What is deployed, and how its run ended.
pub(super) struct Outcome {
    pub(super) trial: Trial,
    /// The worker's exit status.
    pub(super) ended: Result<ExitCode, TryError>,
}

/// Deploys `source` and runs `worker` once, with a page on `page_port`.
pub(super) async fn run(
    worker: &Path,
    source: ConfigSource,
    page_port: u16,
    output: &Output,
) -> Result<Outcome, TryError> {
    let trial = Trial::start(page_port).await.map_err(TrialError::from)?;
    let ConfigSource { config, origin } = source;
    let deployment = LocalDeployment::prepare(
        &trial,
        worker,
        config,
        output.verbosity(),
        output.redactor(),
    )?;
    render::deploying(trial.sandbox(), &origin, deployment.notes(), output)?;
    render::dynos(worker, deployment.no_image(), output)?;
    deploy(&deployment, output).await?;
    let ended = follow(worker, deployment, output).await;
    Ok(Outcome { trial, ended })
}

/// As `picletter deploy` does it, without asking.
async fn deploy(deployment: &LocalDeployment<'_>, output: &Output) -> Result<(), TryError> {
    let (live, plan) = deployment.plan().await?;
    render::plan(&plan, output)?;
    let steps = Steps::new(output);
    deployment.apply(&live, &plan, &steps).await?;
    let (_, plan) = deployment.plan().await?;
    Ok(render::second_plan(&plan, output)?)
}

/// Starts a run and shows it to its end.
async fn follow(
    worker: &Path,
    deployment: LocalDeployment<'_>,
    output: &Output,
) -> Result<ExitCode, TryError> {
    let time_to_live = deployment.time_to_live();
    let mut run = deployment.start_run().await?;
    let mut story = Story::new(time_to_live, output);
    while let Some(event) = run.next().await {
        story.event(&event)?;
    }
    let report = run.report().await?;
    render::report(&report, output)?;
    report.check(worker)?;
    Ok(u8::try_from(report.exit_status).map_or(ExitCode::FAILURE, ExitCode::from))
}
