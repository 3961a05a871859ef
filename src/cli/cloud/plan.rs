//! `picletter plan`: what a deployment would change.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{CommandError, ImageOption, Needs, Session, print, print_text, shown};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::live::LiveState;
use crate::deploy::plan;
use crate::deploy::what_if;
use crate::shell::picletter;

/// With --detailed-exitcode, as Terraform has it.
const WOULD_CHANGE: u8 = 2;

/// Options of `picletter plan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads Heroku and Azure and changes nothing. Signs in by HEROKU_API_KEY or ~/.netrc, and to Azure by \
`az login` or AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET.

With --what-if Azure itself is then asked, which takes it up to a minute. It also tells of what only \
Azure fills in, such as defaults that the template leaves out, and of secrets, which it does not \
give away: those are no changes. Values of secrets are not sent for it.

Values that are read from Heroku and Azure are never printed: they are shown as fingerprints, \
unless they are numbers or words that Picletter knows. So are secrets. Differences are named by the \
keys of picletter.toml.

A secret that is not set here is not compared, and counts as one that would change.

--json prints {\"items\": [{\"cloud\", \"kind\", \"name\", \"job\": JOB|null, \"change\": create|change|remove|keep, \
\"differences\": [{\"name\": KEY, \"old\", \"new\"}], \"note\"}], \"not_set\": [NAME]}; with --what-if also \"what_if\": [{\"id\", \"change\": \
Create|Modify|NoChange|Ignore|Delete|Deploy|Unsupported, \"reason\", \"properties\": [{\"path\", \"change\", \
\"old\", \"new\"}]}], or null where there is no resource group yet.

Examples:
  picletter plan --detailed-exitcode
  picletter plan --what-if")]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
    /// End with 2 where something would change
    #[arg(long)]
    detailed_exitcode: bool,
    /// Have Azure say as well what the template would change there
    #[arg(long)]
    what_if: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

/// What --json prints.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    plan: &'a plan::Plan,
    /// Azure's words, where it was asked: none where there is no resource group yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<serde_json::Value>,
}

impl Plan {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(
            &self.config,
            Needs::SecretsThatAreSet,
            Some(&self.image),
            output,
        )?;
        let read = LiveState::read(&session.clouds, &session.desired);
        let live = session.reading("Reading Heroku and Azure", read).await?;
        let plan = plan::Plan::new(&session.desired, &live, false)?;
        let plan = plan.without(session.not_set.clone());
        if !self.json {
            print_text(output, shown::plan(&plan, output.style_of_data()))?;
            if !plan.is_empty() {
                print_text(output, deploys(&plan))?;
            }
        }
        let what_if = if self.what_if {
            let ask = what_if::ask(&session.clouds, &session.desired, &live, &plan);
            Some(session.reading("Asking Azure", ask).await?)
        } else {
            None
        };
        if self.json {
            let what_if = what_if.map(|what_if| serde_json::json!(what_if));
            let json = Printed {
                plan: &plan,
                what_if,
            };
            print(
                output,
                serde_json::to_string_pretty(&json).unwrap_or_default(),
            )?;
        } else if let Some(what_if) = what_if {
            let group = &session.desired.resource_group;
            print_text(output, shown::what_if(what_if.as_deref(), group))?;
        }
        session.tell_warnings();
        Ok(if self.detailed_exitcode && !plan.is_empty() {
            ExitCode::from(WOULD_CHANGE)
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// What does the rest, and what that takes which is not here.
fn deploys(plan: &plan::Plan) -> String {
    let mut lacking = plan.not_set.clone();
    if plan.lacks_image() {
        lacking.push("--image PATH".to_owned());
    }
    let deploy = picletter("deploy");
    if lacking.is_empty() {
        return format!("{deploy} does this.");
    }
    let lacking = lacking.join(", ");
    format!("{deploy} does this, and needs what is not set here: {lacking}")
}
