//! `picletter template`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::config_file::ConfigFile;
use crate::logic_app::template::{SECRETS, TEMPLATE, parameter_file};

/// Options of `picletter template`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --out the parameters are printed, as they follow from picletter.toml. With it, the template
is written to FILE and the parameters beside it, to FILE's name with .parameters.json instead of
.json. Neither holds a secret: az asks for heroku_token.")]
pub(super) struct Template {
    #[command(flatten)]
    config: ConfigFile,
    /// Where to write the template; existing files are replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Template {
    pub(super) fn run(&self) -> ExitCode {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(code) => return code,
        };
        let parameters = format!("{:#}\n", parameter_file(&config));
        let written = match &self.out {
            None => io::stdout().write_all(parameters.as_bytes()),
            Some(template) => write(template, &parameters),
        };
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => super::failed(&[error.to_string()], ExitCode::FAILURE),
        }
    }
}

fn write(template: &Path, parameters: &str) -> io::Result<()> {
    let beside = template.with_extension("parameters.json");
    for (path, text) in [(template, TEMPLATE), (&beside, parameters)] {
        std::fs::write(path, text).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{} cannot be written: {error}", path.display()),
            )
        })?;
    }
    println!("{}\n{}\n", template.display(), beside.display());
    println!(
        "Deploy them, giving {} when asked:\n  az deployment group create --resource-group GROUP \
         --template-file {} --parameters @{}",
        SECRETS[0],
        template.display(),
        beside.display()
    );
    Ok(())
}
