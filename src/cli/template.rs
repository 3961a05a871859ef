//! `picletter template`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::config_file::ConfigFile;
use super::output::{IO, Output};
use crate::config::Azure;
use crate::logic_app::template::{SECRETS, TEMPLATE, parameter_file};

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
        let parameters = format!("{:#}\n", parameter_file(&config));
        let written = match &self.out {
            None => io::stdout().write_all(parameters.as_bytes()),
            Some(template) => match write(template, &parameters) {
                Ok(beside) => say(&config.azure, template, &beside),
                Err(error) => return output.failed(error, IO),
            },
        };
        output.written(written)
    }
}

/// Writes both and gives the path of the parameters.
fn write(template: &Path, parameters: &str) -> io::Result<PathBuf> {
    let beside = template.with_extension("parameters.json");
    for (path, text) in [(template, TEMPLATE), (&beside, parameters)] {
        std::fs::write(path, text).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{} cannot be written: {error}", path.display()),
            )
        })?;
    }
    Ok(beside)
}

fn say(azure: &Azure, template: &Path, parameters: &Path) -> io::Result<()> {
    let subscription = azure.subscription.as_ref();
    let subscription = subscription.map(|name| {
        let quoted = shlex::try_quote(name).unwrap_or_default();
        format!(" --subscription {quoted}")
    });
    writeln!(
        io::stdout().lock(),
        "{0}\n{1}\n\nDeploy them, giving {2} when asked:\n  az deployment group create{3} \
         --resource-group {4} --template-file {0} --parameters @{1}\n\n\
         Where failed runs are to be told to a webhook, give {5} as well, a secret too: in a\n\
         file of its own that only you can read, {{\"{5}\": {{\"value\": \"https://…\"}}}}, by another\n\
         --parameters @FILE.",
        template.display(),
        parameters.display(),
        SECRETS[0],
        subscription.unwrap_or_default(),
        azure.resource_group,
        SECRETS[1],
    )
}
