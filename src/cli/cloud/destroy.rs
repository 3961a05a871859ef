//! `picletter destroy`: removes what deployments created.

use std::process::ExitCode;

use clap::Args;

use super::confirm::typed;
use super::steps::Steps;
use super::{CommandError, Needs, Session, print_text, render};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use picletter_core::deploy::destroy::Removals;
use picletter_core::deploy::live::LiveState;
use picletter_core::diagnostic::Diagnostic;

/// Options of `picletter destroy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Removes only what Picletter created: the Logic Apps, their alerts, the Heroku authorization, the \
resource group if it contains nothing else, and the app. Lists what it keeps, and why. To confirm, \
type the app's name.

Examples:
  picletter destroy
  picletter destroy --keep-app --yes")]
pub(in crate::cli) struct Destroy {
    #[command(flatten)]
    config: ConfigFile,
    /// Keep the Heroku app
    #[arg(long)]
    keep_app: bool,
    /// Skip the confirmation prompt
    #[arg(long)]
    yes: bool,
}

impl Destroy {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let (clouds, desired) = (&session.clouds, &session.desired);
        let reading = async {
            let live = LiveState::read(clouds, desired).await?;
            let removals = Removals::new(clouds, desired, &live, self.keep_app).await?;
            Ok::<_, CommandError>((live, removals))
        };
        let (live, removals) = session.reading("Reading Heroku and Azure", reading).await?;
        if !removals.list.is_empty() {
            print_text(
                output,
                render::removals(&removals.list, output.data_style()),
            )?;
        }
        if removals.is_empty() {
            let nothing = if removals.list.is_empty() {
                "Nothing to remove."
            } else {
                "Nothing to remove: everything listed is kept."
            };
            print_text(output, nothing)?;
            return Ok(ExitCode::SUCCESS);
        }
        let question = format!("Type the app's name, {}, to confirm:", desired.app);
        if !typed(output, self.yes, question, &desired.app).await? {
            return Err(CommandError::Usage(Diagnostic::plain(
                "the name does not match; nothing was removed",
            )));
        }
        let steps = Steps::new(output);
        let removed = removals.apply(clouds, desired, &live, &steps).await;
        session.print_warnings();
        let kept = removed?;
        if kept.is_empty() {
            print_text(output, "Removed.")?;
        } else {
            print_text(output, "Removed, except:")?;
            print_text(output, render::removals(&kept, output.data_style()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
