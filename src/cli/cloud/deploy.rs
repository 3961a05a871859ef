//! `picletter deploy`: the plan, then what it says, then a run.

use std::process::ExitCode;

use clap::Args;

use super::confirm::confirm;
use super::steps::Steps;
use super::watching::{ended, start_and_watch};
use super::{CommandError, ImageOption, Needs, Session, print, print_text, shown};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::apply::{Decided, Scope};
use crate::deploy::azure::Run;
use crate::deploy::live::Live;
use crate::deploy::plan::Plan;

/// Options of `picletter deploy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows what would change on Heroku and Azure, asks, does it, and starts one run at once to see it \
succeed. Run again it changes nothing; interrupted, it goes on from there. A workflow that is paused \
stays so. Signs in by HEROKU_API_KEY or ~/.netrc, and to Azure by `az login` or AZURE_TENANT_ID, \
AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.

Ends with the worker's exit status where the run failed.

Examples:
  picletter deploy --image worker.tar
  picletter deploy --yes --no-run
  picletter deploy --rotate-token")]
pub(in crate::cli) struct Deploy {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Start no run afterwards
    #[arg(long)]
    no_run: bool,
    /// Give the workflow a new authorization at Heroku, and revoke those of before
    #[arg(long)]
    rotate_token: bool,
}

impl Deploy {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let mut session = Session::open(&self.config, Needs::Secrets, Some(&self.image), output)?;
        let (live, plan) = plan(&session, self.rotate_token).await?;
        // Found once is enough.
        session.wanted.subscription = Some(live.azure.subscription.clone());
        if live.is_half_done() {
            print(
                output,
                "A deployment of before came only half the way; this goes on from there.",
            )?;
        }
        print_text(output, shown::plan(&plan, output.style_of_data()))?;
        session.tell_warnings();
        if plan.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        plan.is_complete()?;
        if !confirm(output, self.yes, "Do this?")? {
            print(output, "Nothing is changed.")?;
            return Ok(ExitCode::SUCCESS);
        }
        let scope = Scope::after(&live);
        apply(&session, &live, &plan, scope).await?;
        if live.azure.is_paused() {
            let next = "Deployed. The workflow stays paused: `picletter resume` starts it.";
            print_text(output, next)?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.no_run {
            let next =
                "Deployed. `picletter run` starts a run now, `picletter status` shows the next.";
            print_text(output, next)?;
            return Ok(ExitCode::SUCCESS);
        }
        print(output, "Deployed. A run, to see it succeed:")?;
        let mut run = start_and_watch(&session, None).await?;
        if scope == Scope::Write && refused(&run) {
            output.warning(
                "Heroku does not let the scope `write` start a dyno: the workflow gets an \
                 authorization of the scope `write-protected`, which can read config vars too; the \
                 run before failed for that, and an alert of it says no more",
            );
            let (live, plan) = self::plan(&session, true).await?;
            print_text(output, shown::plan(&plan, output.style_of_data()))?;
            if !confirm(output, self.yes, "Do this?")? {
                print(output, "Nothing more is changed.")?;
                return Ok(ExitCode::from(ended(&session, &run)?));
            }
            apply(&session, &live, &plan, Scope::WriteProtected).await?;
            run = start_and_watch(&session, None).await?;
        }
        let status = ended(&session, &run)?;
        if status == 0 {
            print(
                output,
                "From now on it runs on schedule: `picletter status` shows when.",
            )?;
        }
        Ok(ExitCode::from(status))
    }
}

async fn plan(session: &Session, rotate_token: bool) -> Result<(Live, Plan), CommandError> {
    let read = Live::read(&session.clouds, &session.wanted);
    let live = session.reading("Reading Heroku and Azure", read).await?;
    let plan = Plan::new(&session.wanted, &live, rotate_token)?;
    Ok((live, plan))
}

async fn apply(
    session: &Session,
    live: &Live,
    plan: &Plan,
    scope: Scope,
) -> Result<(), CommandError> {
    let decided = Decided {
        wanted: &session.wanted,
        live,
        plan,
        image: session.image.as_ref(),
        scope,
    };
    let steps = Steps::new(&session.output);
    let applied = decided.apply(&session.clouds, &steps).await;
    session.tell_warnings();
    Ok(applied?)
}

/// Whether Heroku refused the workflow's token. Source of the words:
/// `logic-app/picletter-app.definition.json`.
fn refused(run: &Run) -> bool {
    let message = run.message.as_deref().unwrap_or_default();
    run.code.as_deref() == Some("refused_by_heroku") && message.contains("status 403")
}
