//! The option that names the configuration file, and how what is wrong in it is shown.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::config::{Config, ConfigError, FILE, Style};

/// `EX_CONFIG` of `sysexits.h`, as the worker ends with a mistake in its config vars.
pub(super) const CONFIG: u8 = 78;

/// Which file.
#[derive(Debug, Args)]
pub(super) struct ConfigFile {
    /// Configuration file
    #[arg(
        long = "config",
        value_name = "FILE",
        default_value = FILE,
        env = ENV,
        value_parser = OsStringValueParser::new().map(named)
    )]
    pub(super) path: PathBuf,
}

/// The variable that names it.
pub(super) const ENV: &str = "PICLETTER_CONFIG";

/// A variable that is set to nothing is not set.
fn named(path: OsString) -> PathBuf {
    if path.is_empty() {
        FILE.into()
    } else {
        path.into()
    }
}

impl ConfigFile {
    /// Reads it; where that fails, says why and gives the status to end with.
    pub(super) fn load(&self) -> Result<Config, ExitCode> {
        Config::load(&self.path).map_err(|error| {
            match &error {
                ConfigError::Mistakes(mistakes) => {
                    eprintln!("{}\n", mistakes.render(style()));
                    let n = mistakes.count();
                    let s = if n == 1 { "" } else { "s" };
                    eprintln!("picletter: {} has {n} mistake{s}", self.path.display());
                }
                other => eprintln!("picletter: {other}"),
            }
            ExitCode::from(CONFIG)
        })
    }
}

/// Colours where a person reads and has not asked for none (<https://no-color.org>).
pub(super) fn style() -> Style {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if stderr().is_terminal() && !unwanted {
        Style::Coloured
    } else {
        Style::Plain
    }
}
