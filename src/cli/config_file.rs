//! The `--config` option, and reports of errors in the file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::output::{CONFIG, Output};
use picletter_core::config::{Config, ConfigError, FILE};
use picletter_core::diagnostic::Diagnose as _;

/// The `--config` option.
#[derive(Debug, Args)]
pub(super) struct ConfigFile {
    /// Configuration file
    #[arg(
        id = ID,
        long = "config",
        value_name = "FILE",
        default_value = FILE,
        env = ENV,
        value_parser = OsStringValueParser::new().map(named)
    )]
    pub(super) path: PathBuf,
}

/// The option's id in clap.
pub(super) const ID: &str = "config";

/// Environment variable that names the file.
const ENV: &str = "PICLETTER_CONFIG";

/// The path from the command line or the environment. An empty variable counts as unset.
fn named(path: OsString) -> PathBuf {
    if path.is_empty() {
        FILE.into()
    } else {
        path.into()
    }
}

impl ConfigFile {
    /// The file that the option or the environment names, or `picletter.toml` if it exists.
    pub(super) fn find(named: Option<&Path>) -> Option<Self> {
        let from_env = || std::env::var_os(ENV).filter(|path| !path.is_empty());
        let path = named
            .map(Path::to_owned)
            .or_else(|| from_env().map(PathBuf::from))
            .or_else(|| Path::new(FILE).exists().then(|| FILE.into()))?;
        Some(Self { path })
    }

    /// Reads the file. Reports errors, and returns the exit status for them.
    pub(super) fn load(&self, output: &Output) -> Result<Config, ExitCode> {
        Config::load(&self.path).map_err(|error| {
            match &error {
                ConfigError::Invalid(errors) => {
                    output.note(format_args!("{}\n", errors.render(output.style())));
                    let n = errors.count();
                    let s = if n == 1 { "" } else { "s" };
                    output.error(format_args!("{} has {n} error{s}", self.path.display()));
                }
                other => output.report(&other.diagnostic()),
            }
            ExitCode::from(CONFIG)
        })
    }
}
