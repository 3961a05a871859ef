//! `picletter deploy`: shows the plan, applies it, and starts a run on request.

use std::process::ExitCode;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::confirm::{confirm, offer};
use super::steps::Steps;
use super::watching::{active_run, ended, start_and_watch};
use super::{CommandError, ImageOption, Needs, Session, print, print_text, render};
use crate::cli::completions;
use crate::cli::config_file::ConfigFile;
use crate::cli::interrupted::Interrupted;
use crate::cli::job_names::JobName;
use crate::cli::output::Output;
use picletter_core::config::{Config, Job};
use picletter_core::deploy::apply::ApprovedPlan;
use picletter_core::deploy::azure::{RunOutcome, WorkflowState};
use picletter_core::deploy::heroku::Scope;
use picletter_core::deploy::live::{LiveState, state};
use picletter_core::deploy::plan::Plan;
use picletter_core::deploy::status::Outcome;
use picletter_core::diagnostic::Diagnostic;
use picletter_core::shell::picletter;

/// Options of `picletter deploy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows the plan for Heroku and Azure, prompts for confirmation, and applies it. Idempotent: a second \
deployment changes nothing, and an interrupted one is resumed. Paused workflows stay paused.

Credentials: HEROKU_API_KEY or ~/.netrc for Heroku; `az login`, or AZURE_TENANT_ID, AZURE_CLIENT_ID, \
and AZURE_CLIENT_SECRET, for Azure.

Starts a run only with --run, or if you confirm the prompt after the first deployment. A run executes the job's \
command in the app immediately. No run is started if the job is paused or another run is active.

With --run, exits with the job's exit status if the run fails.

Examples:
  picletter deploy --image worker.tar
  picletter deploy --yes --run
  picletter deploy --rotate-token")]
pub(in crate::cli) struct Deploy {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
    /// Skip the confirmation prompt
    #[arg(long)]
    yes: bool,
    /// Start a run afterwards and follow it; JOB may be omitted if the file has only one job
    #[arg(long, value_name = "JOB", num_args = 0..=1, default_missing_value = "", add = ArgValueCandidates::new(completions::jobs))]
    run: Option<String>,
    /// Create a new Heroku authorization for the workflows, and revoke the old one
    #[arg(long)]
    rotate_token: bool,
}

const APPLY: &str = "Apply this plan?";

impl Deploy {
    /// The job that `--run` selects.
    fn to_run<'c>(&self, config: &'c Config) -> Result<Option<&'c Job>, Diagnostic> {
        let Some(job) = &self.run else {
            return Ok(None);
        };
        let job = Some(job).filter(|job| !job.is_empty()).cloned();
        JobName { job }.select(config).map(Some)
    }

    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let mut session = Session::open(&self.config, Needs::Secrets, Some(&self.image), output)?;
        let config = session.config.clone();
        let to_run = self.to_run(&config).map_err(CommandError::Usage)?;
        let (live, plan) = plan(&session, self.rotate_token, None).await?;
        // Need not be looked up again.
        session.desired.subscription = Some(live.azure.subscription.clone());
        if live.is_half_done() {
            print(
                output,
                "A previous deployment was interrupted; resuming it.",
            )?;
        }
        print_text(output, render::plan(&plan, output.data_style()))?;
        session.print_warnings();
        let (paused, others) = by_pause(&session, &config, &live);
        let is_paused = |job: &Job| paused.iter().any(|paused| paused.workflow == job.workflow);
        let runnable = to_run.filter(|job| !is_paused(job));
        match (to_run, runnable) {
            (Some(job), None) => print_text(output, not_run(job))?,
            (_, Some(job)) => {
                let run = run_effect(&config, job);
                let text = format_args!("Afterwards, {run}, unless another run is active.");
                print_text(output, text)?;
            }
            (None, None) => {}
        }
        plan.is_complete()?;
        if plan.is_empty() && runnable.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
        let question = if plan.is_empty() {
            "Start the run?"
        } else {
            APPLY
        };
        if !confirm(output, self.yes, question.to_owned()).await? {
            print(output, "Nothing was changed.")?;
            return Ok(ExitCode::SUCCESS);
        }
        if !plan.is_empty() {
            apply(&session, &live, &plan).await?;
        }
        if !paused.is_empty() {
            print_text(output, stays_paused(&paused))?;
        }
        let job = match runnable {
            Some(job) => Some(job),
            None => self.offered(&session, &live, &others).await?,
        };
        if let Some(job) = job {
            return Box::pin(self.first_run(&session, &live, job)).await;
        }
        if !others.is_empty() {
            let run = match config.jobs.as_slice() {
                [job] => job.append_to("run"),
                _ => "run JOB".to_owned(),
            };
            let (run, status) = (picletter(&run), picletter("status"));
            let text =
                format_args!("Deployed. {run} starts a run now; {status} shows the next ones.");
            print_text(output, text)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The only job, if this was its first deployment and the user accepts a run.
    async fn offered<'c>(
        &self,
        session: &Session,
        live: &LiveState,
        others: &[&'c Job],
    ) -> Result<Option<&'c Job>, CommandError> {
        let [job] = others else {
            return Ok(None);
        };
        let is_only = session.config.jobs.len() == 1;
        if self.yes || !is_only || !live.azure.workflows.is_empty() {
            return Ok(None);
        }
        let run = run_effect(&session.config, job);
        let question = format!("Deployed. Start a run now? ({run})");
        session.output.set_interrupted(Interrupted::Deployed);
        Ok(offer(&session.output, question).await?.then_some(*job))
    }

    /// Starts a run of the deployed job, unless another is active. If Heroku refuses the token's scope,
    /// deploys a wider one and starts a second run.
    async fn first_run(
        &self,
        session: &Session,
        live: &LiveState,
        job: &Job,
    ) -> Result<ExitCode, CommandError> {
        let output = &session.output;
        if let Some(active) = active_run(session, job).await? {
            let run = job.append_to("run");
            let (run, status) = (picletter(&run), picletter("status"));
            let text = format_args!(
                "Deployed. No run was started, because run {active} is active: {status} shows it, and {run} starts another one when it has ended."
            );
            print_text(output, text)?;
            return Ok(ExitCode::SUCCESS);
        }
        print(output, "Deployed. Starting a run:")?;
        let mut run = start_and_watch(session, job, None).await?;
        if live.next_scope() == Scope::Write
            && run.outcome() == RunOutcome::RefusedByHeroku(Some(403))
        {
            output.warning(
                "the scope `write` may not start dynos in this app, so the run failed; the workflow gets \
                 an authorization with the scope `write-protected`, which can also read config vars. \
                 Ignore the alert about this run",
            );
            // The run has ended.
            output.set_interrupted(Interrupted::Resumable);
            let (live, plan) = plan(session, true, Some(Scope::WriteProtected)).await?;
            print_text(output, render::plan(&plan, output.data_style()))?;
            if !confirm(output, self.yes, APPLY.to_owned()).await? {
                print(output, "Nothing else was changed.")?;
                return Ok(ExitCode::from(ended(session, job, &run)?));
            }
            apply(session, &live, &plan).await?;
            if active_run(session, job).await?.is_some() {
                return Ok(ExitCode::from(ended(session, job, &run)?));
            }
            run = start_and_watch(session, job, None).await?;
        }
        let status = ended(session, job, &run)?;
        if status == 0 {
            let status = picletter("status");
            let text = format_args!("The job now runs on schedule: {status} shows the next runs.");
            print_text(output, text)?;
        }
        // A skipped run does not make the deployment a failure.
        let skipped = Outcome::from_run(&run) == Outcome::Skipped;
        Ok(ExitCode::from(if skipped { 0 } else { status }))
    }
}

/// The jobs whose workflows are paused, and the others.
fn by_pause<'c>(
    session: &Session,
    config: &'c Config,
    live: &LiveState,
) -> (Vec<&'c Job>, Vec<&'c Job>) {
    config.jobs.iter().partition(|job| {
        let job = session.desired_job(job);
        let workflow = job.and_then(|job| live.azure.workflow(job));
        state(workflow) == WorkflowState::Disabled
    })
}

/// What a run does, for messages before it is started.
fn run_effect(config: &Config, job: &Job) -> String {
    format!("a run executes `{}` in {}", job.command, config.heroku.app)
}

/// Why the requested run is not started.
fn not_run(job: &Job) -> String {
    match &job.name {
        None => "No run will be started: the workflow is paused.".to_owned(),
        Some(name) => format!("No run will be started: {name} is paused."),
    }
}

/// The deployed workflows that do not run on schedule.
fn stays_paused(paused: &[&Job]) -> String {
    if let [Job { name: None, .. }] = paused {
        let resume = picletter("resume");
        return format!("Deployed. The workflow is still paused: {resume} resumes it.");
    }
    let names: Vec<&str> = paused.iter().map(|job| job.label()).collect();
    let resume = format!("resume {}", names.join(" "));
    format!(
        "Still paused: {}. {} resumes {}.",
        names.join(", "),
        picletter(&resume),
        if paused.len() == 1 { "it" } else { "them" }
    )
}

async fn plan(
    session: &Session,
    rotate_token: bool,
    scope: Option<Scope>,
) -> Result<(LiveState, Plan), CommandError> {
    let read = LiveState::read(&session.clouds, &session.desired);
    let live = session.reading("Reading Heroku and Azure", read).await?;
    let scope = scope.unwrap_or_else(|| live.next_scope());
    let plan = Plan::with_scope(&session.desired, &live, rotate_token, scope)?;
    Ok((live, plan))
}

async fn apply(session: &Session, live: &LiveState, plan: &Plan) -> Result<(), CommandError> {
    let approved = ApprovedPlan {
        desired: &session.desired,
        live,
        plan,
        image: session.image.as_ref(),
    };
    let steps = Steps::new(&session.output);
    let applied = approved.apply(&session.clouds, &steps).await;
    session.print_warnings();
    let applied = applied?;
    if !applied.stored_differently.is_empty() {
        let stored = applied.stored_differently.iter();
        let stored: Vec<String> = stored.map(ToString::to_string).collect();
        session.output.warning(format_args!(
            "Azure stores these values differently from what was deployed, so every plan will show them: {}",
            stored.join(", ")
        ));
    }
    if let Some(run) = applied.token_needed_by {
        session.output.note_fitting(format_args!(
            "The previous Heroku token is still valid, because run {run} uses it. The next {} revokes it.",
            picletter("deploy")
        ));
    }
    Ok(())
}
