//! `picletter destroy`: removes what a deployment has made.

use std::process::ExitCode;

use clap::Args;

use super::confirm::typed;
use super::steps::Steps;
use super::{CommandError, Needs, Session, print_text, shown};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::destroy::Removals;
use crate::deploy::live::LiveState;
use crate::diagnostic::Diagnostic;

/// Options of `picletter destroy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Removes only what a deployment has made: the Logic App, its alerts, its authorization at Heroku, the \
resource group if nothing else is in it, and the app. What was there before stays, and is named.

Examples:
  picletter destroy
  picletter destroy --keep-app --yes")]
pub(in crate::cli) struct Destroy {
    #[command(flatten)]
    config: ConfigFile,
    /// Leave the Heroku app as it is
    #[arg(long)]
    keep_app: bool,
    /// Do not ask
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
                shown::removals(&removals.list, output.style_of_data()),
            )?;
        }
        if removals.is_empty() {
            let nothing = if removals.list.is_empty() {
                "Nothing to remove."
            } else {
                "Nothing is removed: all of it stays."
            };
            print_text(output, nothing)?;
            return Ok(ExitCode::SUCCESS);
        }
        let question = format!("Type the app's name, {}, to remove these:", desired.app);
        if !typed(output, self.yes, &question, &desired.app)? {
            return Err(CommandError::Usage(Diagnostic::plain(
                "that is not the app's name: nothing is removed",
            )));
        }
        let steps = Steps::new(output);
        let removed = removals.apply(clouds, desired, &live, &steps).await;
        session.tell_warnings();
        let stays = removed?;
        if stays.is_empty() {
            print_text(output, "All of it is removed.")?;
        } else {
            print_text(output, "All is removed but this:")?;
            print_text(output, shown::removals(&stays, output.style_of_data()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
