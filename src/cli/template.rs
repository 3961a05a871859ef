//! `picletter template`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::config_file::ConfigFile;
use super::job_names::JobName;
use super::output::{IO, Output, USAGE};
use super::write_file::{self, WriteError};
use crate::config::Azure;
use crate::shell::quoted;
use crate::template::{SECRETS, TEMPLATE, parameter_file};

/// Options of `picletter template`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --out the parameters are printed, as they follow from picletter.toml. With it, the template \
is written to FILE and the parameters beside it, to FILE's name with .parameters.json instead of \
.json. Neither holds a secret: az asks for heroku_token. The address of a webhook for failed runs, \
alert_webhook, is a secret too: give it by a parameter file of its own.

Example:
  picletter template --out app.json")]
pub(super) struct Template {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// Where to write the template; existing files are replaced
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
                Ok(beside) => output.print(next(&config.azure, template, &beside)),
                Err(error) => return output.failed(error, IO),
            },
        };
        output.written(written)
    }
}

/// Writes both and gives the path of the parameters.
fn write(template: &Path, parameters: &str) -> Result<PathBuf, WriteError> {
    let beside = template.with_extension("parameters.json");
    write_file::replace(template, TEMPLATE.as_bytes())?;
    write_file::replace(&beside, parameters.as_bytes())?;
    Ok(beside)
}

/// How to deploy them.
fn next(azure: &Azure, template: &Path, parameters: &Path) -> String {
    let subscription = azure.subscription.as_ref();
    let subscription = subscription.map(|name| format!(" --subscription {}", quoted(name)));
    let (template, parameters) = (template.display(), parameters.display());
    format!(
        "{0}\n{1}\n\nDeploy them, giving {2} when asked:\n  az deployment group create{3} \
         --resource-group {4} --template-file {6} --parameters {7}\n\n\
         Where failed runs are to be told to a webhook, give {5} as well, a secret too: in a\n\
         file of its own that only you can read, {{\"{5}\": {{\"value\": \"https://…\"}}}}, by another\n\
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
