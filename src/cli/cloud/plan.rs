//! `picletter plan`: what a deployment would change.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{CommandError, ImageOption, Needs, Session, print, print_text, render};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use picletter_core::deploy::live::LiveState;
use picletter_core::deploy::plan;
use picletter_core::deploy::what_if;
use picletter_core::shell::picletter;

/// Exit status with --detailed-exitcode, the same as Terraform's.
const WOULD_CHANGE: u8 = 2;

/// Options of `picletter plan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads Heroku and Azure, and changes nothing. Uses the same credentials as `deploy`.

Names each difference by its key in picletter.toml. Prints a fingerprint in place of each secret. Values \
that were read from Heroku or Azure are printed as fingerprints too, except numbers, image digests, and \
values that picletter.toml can contain, such as dyno sizes. A secret that is not set cannot be compared, \
and counts as a change.

--what-if also requests a what-if analysis of the template from Azure, which takes up to a minute. Its \
result also lists values that Azure adds, such as defaults, and secrets that Azure hides. These are not \
changes. No secret is sent.

--json prints {\"items\": [{\"cloud\", \"kind\", \"name\", \"job\": JOB|null, \"change\": create|change|remove|keep, \
\"differences\": [{\"name\": KEY, \"old\", \"new\"}], \"note\"}], \"not_set\": [NAME], \
\"lacks_process_type\": {\"summary\", \"help\"}|null}; with --what-if also \"what_if\": [{\"id\", \"change\": \
Create|Modify|NoChange|Ignore|Delete|Deploy|Unsupported, \"reason\", \"properties\": [{\"path\", \"change\", \
\"old\", \"new\"}]}], or null if there is no resource group yet.

Examples:
  picletter plan --detailed-exitcode
  picletter plan --what-if")]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
    /// Exit with 2 if there are changes
    #[arg(long)]
    detailed_exitcode: bool,
    /// Also print Azure's own what-if analysis of the template
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
    /// Azure's what-if result, if requested; null if there is no resource group yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<serde_json::Value>,
}

impl Plan {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open_for_reading(
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
            print_text(output, render::plan(&plan, output.data_style()))?;
            if let Some(next) = next_steps(&plan) {
                print_text(output, next)?;
            }
        }
        let what_if = if self.what_if {
            let request = what_if::preview(&session.clouds, &session.desired, &live, &plan);
            Some(
                session
                    .reading("Requesting Azure's what-if", request)
                    .await?,
            )
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
            print_text(output, render::what_if(what_if.as_deref(), group))?;
        }
        session.print_warnings();
        Ok(if self.detailed_exitcode && !plan.is_empty() {
            ExitCode::from(WOULD_CHANGE)
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// The problem that prevents `deploy`, what `deploy` still requires, or that it applies the plan; `None`
/// if the plan is empty and nothing is missing.
fn next_steps(plan: &plan::Plan) -> Option<String> {
    let mut missing = plan.not_set.clone();
    if plan.lacks_image() {
        missing.push("--image PATH".to_owned());
    }
    let deploy = picletter("deploy");
    let mut lines = Vec::new();
    if let Some(problem) = plan.start_problem() {
        lines.push(problem.summary);
        lines.extend(problem.help.map(|help| format!("help: {help}")));
        if !missing.is_empty() {
            lines.push(format!("{deploy} also needs: {}", missing.join(", ")));
        }
    } else if !missing.is_empty() {
        let missing = missing.join(", ");
        lines.push(format!(
            "{deploy} applies this plan, and also needs: {missing}"
        ));
    } else if !plan.is_empty() {
        lines.push(format!("{deploy} applies this plan."));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
