//! `picletter plan`: what a deployment would change.

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, ImageOption, Needs, Session, print, shown};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::live::Live;
use crate::deploy::plan;

/// With --detailed-exitcode, as Terraform has it.
const WOULD_CHANGE: u8 = 2;

/// Options of `picletter plan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads Heroku and Azure and changes nothing. Signs in by HEROKU_API_KEY or ~/.netrc, and to Azure by
`az login` or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.

Example:
  picletter plan --detailed-exitcode")]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
    /// End with 2 where something would change
    #[arg(long)]
    detailed_exitcode: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::Secrets, Some(&self.image), output)?;
        let read = Live::read(&session.clouds, &session.wanted);
        let live = session.reading("Reading Heroku and Azure", read).await?;
        let plan = plan::Plan::new(&session.wanted, &live, false)?;
        if self.json {
            let json = serde_json::to_string_pretty(&plan).unwrap_or_default();
            print(output, json)?;
        } else {
            print(output, shown::plan(&plan))?;
        }
        session.tell_warnings();
        Ok(if self.detailed_exitcode && !plan.is_empty() {
            ExitCode::from(WOULD_CHANGE)
        } else {
            ExitCode::SUCCESS
        })
    }
}
