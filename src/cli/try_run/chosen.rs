//! The configuration that is tried: a person's file, or an example.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::config_file::{self, ConfigFile};
use crate::cli::output::Output;
use crate::config::{Config, ConfigError, FILE, LEAST};

/// What is tried.
pub(super) struct Chosen {
    pub(super) config: Config,
    /// Where it was found, in words.
    pub(super) origin: String,
}

/// Why nothing can be tried.
pub(super) enum NoConfig {
    /// A mistake in the file, which has been shown.
    Told(ExitCode),
    Example(ConfigError),
}

/// The file that was named, else `picletter.toml` where there is one, else the example.
pub(super) fn choose(named: Option<&Path>, output: &Output) -> Result<Chosen, NoConfig> {
    let named = named
        .map(Path::to_owned)
        .or_else(from_environment)
        .or_else(|| Path::new(FILE).exists().then(|| FILE.into()));
    let Some(path) = named else {
        return Ok(Chosen {
            config: Config::parse(Path::new(FILE), LEAST).map_err(NoConfig::Example)?,
            origin: format!("an example, as there is no {FILE}"),
        });
    };
    let origin = path.display().to_string();
    let config = ConfigFile { path }.load(output).map_err(NoConfig::Told)?;
    Ok(Chosen { config, origin })
}

fn from_environment() -> Option<PathBuf> {
    let path = std::env::var_os(config_file::ENV)?;
    (!path.is_empty()).then(|| path.into())
}
