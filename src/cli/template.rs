//! `picletter template`: exports the ARM template and its parameters.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::config_file::ConfigFile;
use super::job_names::JobName;
use super::output::{IO, Output, USAGE};
use super::write_file::{self, WriteError};
use picletter_core::config::Azure;
use picletter_core::shell::quoted;
use picletter_core::template::{SECRETS, TEMPLATE, parameter_file};

/// Options of `picletter template`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --out, prints only the template's parameters, with the values from picletter.toml. With --out, \
writes the template to FILE, and the parameters to a file beside it with the extension .parameters.json.

Neither file contains secrets. `az` prompts for heroku_token. Pass alert_webhook, which is optional, in a \
separate parameter file.

Example:
  picletter template --out app.json")]
pub(super) struct Template {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// Write the template to FILE; replaces existing files
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Template {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        let config = match self.config.load(output) {
            Ok(config) => config,
            Err(code) => return code,
        };
        let job = match self.job.select(&config) {
            Ok(job) => job,
            Err(error) => {
                output.report(&error);
                return ExitCode::from(USAGE);
            }
        };
        let parameters = parameter_file(&config, job, Timestamp::now());
        let parameters = format!("{parameters:#}\n");
        let written = match &self.out {
            None => output.print(parameters),
            Some(template) => match write(template, &parameters) {
                Ok(parameters) => output.print(instructions(&config.azure, template, &parameters)),
                Err(error) => return output.failed(error, IO),
            },
        };
        output.written(written)
    }
}

/// Writes both files, and returns the path of the parameters.
fn write(template: &Path, parameters: &str) -> Result<PathBuf, WriteError> {
    let parameter_path = template.with_extension("parameters.json");
    write_file::replace(template, TEMPLATE.as_bytes())?;
    write_file::replace(&parameter_path, parameters.as_bytes())?;
    Ok(parameter_path)
}

/// The instructions for deploying the template and its parameters.
fn instructions(azure: &Azure, template: &Path, parameters: &Path) -> String {
    let subscription = azure.subscription.as_ref();
    let subscription = subscription.map(|name| format!(" --subscription {}", quoted(name)));
    let (template, parameters) = (template.display(), parameters.display());
    format!(
        "Wrote {0}\nWrote {1}\n\nTo deploy them, run this command, and enter {2} when prompted:\n  az deployment group create{3} \
         --resource-group {4} --template-file {6} --parameters {7}\n\n\
         To report failed runs to a webhook, also pass the secret {5}: write\n\
         {{\"{5}\": {{\"value\": \"https://…\"}}}} to a private file, and add\n\
         --parameters @FILE.",
        template,
        parameters,
        SECRETS[0],
        subscription.unwrap_or_default(),
        quoted(&azure.resource_group),
        SECRETS[1],
        quoted(&template.to_string()),
        quoted(&format!("@{parameters}")),
    )
}
