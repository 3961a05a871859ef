//! `picletter deploy`: the plan, then its actions, then, if asked for, a run.

use std::process::ExitCode;

use clap::Args;

use super::confirm::{confirm, offer};
use super::steps::Steps;
use super::watching::{active_run, ended, start_and_watch};
use super::{CommandError, ImageOption, Needs, Session, print, print_text, shown};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::apply::ApprovedPlan;
use crate::deploy::azure::RunOutcome;
use crate::deploy::heroku::Scope;
use crate::deploy::live::LiveState;
use crate::deploy::plan::Plan;
use crate::deploy::status::Outcome;
use crate::shell::picletter;

/// Options of `picletter deploy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows what would change on Heroku and Azure, asks, and applies it. Run again, it changes nothing; \
interrupted, it continues. A paused workflow stays paused. Signs in with HEROKU_API_KEY or ~/.netrc, \
and to Azure with `az login` or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.

Starts a run only with --run; on a terminal, the first deployment offers one. A run executes the job's \
command in the app at once. While another run is active, none is started.

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
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Start a run afterwards and follow it
    #[arg(long)]
    run: bool,
    /// Give the workflow a new authorization at Heroku, and revoke the old one
    #[arg(long)]
    rotate_token: bool,
}

impl Deploy {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let mut session = Session::open(&self.config, Needs::Secrets, Some(&self.image), output)?;
        let (live, plan) = plan(&session, self.rotate_token, None).await?;
        // Found once is enough.
        session.desired.subscription = Some(live.azure.subscription.clone());
        if live.is_half_done() {
            print(
                output,
                "A previous deployment was interrupted; resuming it.",
            )?;
        }
        print_text(output, shown::plan(&plan, output.style_of_data()))?;
        session.tell_warnings();
        let is_paused = live.azure.is_paused();
        if self.run && is_paused {
            print_text(output, "No run is started, because the workflow is paused.")?;
        } else if self.run {
            let run = run_words(&session);
            let text = format_args!("Afterwards, {run}, unless another run is active.");
            print_text(output, text)?;
        }
        if plan.is_empty() && (is_paused || !self.run) {
            return Ok(ExitCode::SUCCESS);
        }
        plan.is_complete()?;
        let question = if plan.is_empty() {
            "Start the run?"
        } else {
            "Apply this?"
        };
        if !confirm(output, self.yes, question)? {
            print(output, "Nothing is changed.")?;
            return Ok(ExitCode::SUCCESS);
        }
        if !plan.is_empty() {
            apply(&session, &live, &plan).await?;
        }
        if is_paused {
            let resume = picletter("resume");
            let text = format_args!("Deployed. The workflow stays paused: {resume} starts it.");
            print_text(output, text)?;
            return Ok(ExitCode::SUCCESS);
        }
        let is_first = live.azure.workflow.is_none();
        let question = || format!("Deployed. Start a run now? Then {}", run_words(&session));
        if !(self.run || is_first && !self.yes && offer(output, &question())?) {
            let (run, status) = (picletter("run"), picletter("status"));
            let text = format_args!("Deployed. {run} starts a run now, {status} shows the next.");
            print_text(output, text)?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(active) = active_run(&session).await? {
            let (run, status) = (picletter("run"), picletter("status"));
            let text = format_args!(
                "Deployed. No run was started, because run {active} is active: {status} shows it, {run} starts another when it is over."
            );
            print_text(output, text)?;
            return Ok(ExitCode::SUCCESS);
        }
        print(output, "Deployed. Starting a run:")?;
        let mut run = start_and_watch(&session, None).await?;
        if live.next_scope() == Scope::Write
            && run.outcome() == RunOutcome::RefusedByHeroku(Some(403))
        {
            output.warning(
                "Heroku does not let the scope `write` start a dyno: the workflow gets an \
                 authorization of the scope `write-protected`, which can read config vars too; the \
                 previous run failed for this reason, and so can an alert about it be ignored",
            );
            let (live, plan) = self::plan(&session, true, Some(Scope::WriteProtected)).await?;
            print_text(output, shown::plan(&plan, output.style_of_data()))?;
            if !confirm(output, self.yes, "Apply this?")? {
                print(output, "Nothing more is changed.")?;
                return Ok(ExitCode::from(ended(&session, &run)?));
            }
            apply(&session, &live, &plan).await?;
            if active_run(&session).await?.is_some() {
                return Ok(ExitCode::from(ended(&session, &run)?));
            }
            run = start_and_watch(&session, None).await?;
        }
        let status = ended(&session, &run)?;
        if status == 0 {
            let status = picletter("status");
            let text = format_args!("From now on it runs on schedule: {status} shows when.");
            print_text(output, text)?;
        }
        // A run that is skipped because of another one does not make the deployment a failure.
        let skipped = Outcome::from_run(&run) == Outcome::Skipped;
        Ok(ExitCode::from(if skipped { 0 } else { status }))
    }
}

/// What a run does, for the question whether to start one.
fn run_words(session: &Session) -> String {
    let heroku = &session.config.heroku;
    format!(
        "a run executes `{}` in {} at once",
        heroku.command, heroku.app
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
    session.tell_warnings();
    let applied = applied?;
    if !applied.stored_differently.is_empty() {
        let stored = applied.stored_differently.iter();
        let stored: Vec<String> = stored.map(ToString::to_string).collect();
        session.output.warning(format_args!(
            "Azure stores this differently from what was deployed, so that every plan will show it: {}",
            stored.join(", ")
        ));
    }
    if let Some(run) = applied.token_needed_by {
        session.output.say_fitting(format_args!(
            "The previous Heroku token stays valid, because run {run} began with it. A later {} revokes it.",
            picletter("deploy")
        ));
    }
    Ok(())
}
