//! The option that names the configuration file, and how what is wrong in it is shown.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::output::{CONFIG, Output};
use crate::config::{Config, ConfigError, FILE};
use crate::diagnostic::Diagnose as _;

/// Which file.
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

/// The option's id in every command that has it.
pub(super) const ID: &str = "config";

/// The variable that names it.
const ENV: &str = "PICLETTER_CONFIG";

/// A variable that is set to nothing is not set.
fn named(path: OsString) -> PathBuf {
    if path.is_empty() {
        FILE.into()
    } else {
        path.into()
    }
}

impl ConfigFile {
    /// The file that was named, by an option or the environment, else `picletter.toml` where there is
    /// one.
    pub(super) fn named_or_there(named: Option<&Path>) -> Option<Self> {
        let of_environment = || std::env::var_os(ENV).filter(|path| !path.is_empty());
        let path = named
            .map(Path::to_owned)
            .or_else(|| of_environment().map(PathBuf::from))
            .or_else(|| Path::new(FILE).exists().then(|| FILE.into()))?;
        Some(Self { path })
    }

    /// Reads it; where that fails, says why and gives the status to end with.
    pub(super) fn load(&self, output: &Output) -> Result<Config, ExitCode> {
        Config::load(&self.path).map_err(|error| {
            match &error {
                ConfigError::Mistakes(mistakes) => {
                    output.say(format_args!("{}\n", mistakes.render(output.style())));
                    let n = mistakes.count();
                    let s = if n == 1 { "" } else { "s" };
                    output.error(format_args!("{} has {n} mistake{s}", self.path.display()));
                }
                other => output.report(&other.diagnostic()),
            }
            ExitCode::from(CONFIG)
        })
    }
}
