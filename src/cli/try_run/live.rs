//! Deploys to the fakes, runs each job once, and prints the progress.

use std::path::Path;
use std::process::ExitCode;

use super::TryError;
use super::config_source::ConfigSource;
use super::render::{self, RunPrinter};
use crate::cli::cloud::steps::Steps;
use crate::cli::output::Output;
use crate::r#try::run::LocalDeployment;
use crate::r#try::{Trial, TrialError};
use picletter_core::config::Job;
use picletter_core::diagnostic::Diagnose as _;

/// The fakes, and the exit status of the runs.
pub(super) struct Outcome {
    pub(super) trial: Trial,
    /// The exit status of the first worker that failed, or success.
    pub(super) code: ExitCode,
}

/// Deploys `source` and runs `worker` once for each job, with a page on `page_port`.
pub(super) async fn run(
    worker: &Path,
    source: ConfigSource,
    page_port: u16,
    output: &Output,
) -> Result<Outcome, TryError> {
    let trial = Trial::start(page_port).await.map_err(TrialError::from)?;
    let ConfigSource { config, origin } = source;
    let mut deployment = LocalDeployment::prepare(
        &trial,
        worker,
        config,
        output.verbosity(),
        output.redactor(),
    )?;
    render::deploying(trial.sandbox(), &origin, deployment.notes(), output)?;
    render::dynos(worker, deployment.no_image(), output)?;
    deploy(&deployment, output).await?;
    let code = run_jobs(worker, &mut deployment, output).await?;
    drop(deployment);
    Ok(Outcome { trial, code })
}

/// Runs each job once, one after another. Reports runs that cannot be followed to their end.
async fn run_jobs(
    worker: &Path,
    deployment: &mut LocalDeployment<'_>,
    output: &Output,
) -> Result<ExitCode, TryError> {
    if let Err(error) = deployment.pause_and_show().await {
        return Ok(report(&error.into(), output));
    }
    let jobs = deployment.jobs();
    let mut failed = None;
    for job in &jobs {
        if jobs.len() > 1 {
            render::job(job, output)?;
        }
        let code = match follow(worker, deployment, job, output).await {
            Err(TryError::Output(error)) => return Err(error.into()),
            Err(error) => report(&error, output),
            Ok(code) => code,
        };
        if code != ExitCode::SUCCESS {
            failed.get_or_insert(code);
        }
    }
    Ok(failed.unwrap_or(ExitCode::SUCCESS))
}

fn report(error: &TryError, output: &Output) -> ExitCode {
    output.report(&error.diagnostic());
    error.exit_code()
}

/// Deploys like `picletter deploy`, without confirmation.
async fn deploy(deployment: &LocalDeployment<'_>, output: &Output) -> Result<(), TryError> {
    let (live, plan) = deployment.plan().await?;
    render::plan(&plan, output)?;
    let steps = Steps::new(output);
    deployment.apply(&live, &plan, &steps).await?;
    let (_, plan) = deployment.plan().await?;
    Ok(render::second_plan(&plan, output)?)
}

/// Starts a run of a job and prints it until it ends.
async fn follow(
    worker: &Path,
    deployment: &mut LocalDeployment<'_>,
    job: &Job,
    output: &Output,
) -> Result<ExitCode, TryError> {
    let mut run = deployment.start_run(job).await?;
    let mut printer = RunPrinter::new(job.time_to_live, output);
    while let Some(event) = run.next().await {
        printer.event(&event)?;
    }
    let report = run.report().await?;
    render::report(&report, output)?;
    report.check(worker)?;
    Ok(u8::try_from(report.exit_status).map_or(ExitCode::FAILURE, ExitCode::from))
}
