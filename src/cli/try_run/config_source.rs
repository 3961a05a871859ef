//! The configuration that is tried: a person's file, or an example.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::config::{Config, ConfigError, FILE, MINIMAL_EXAMPLE};

/// The configuration and its origin.
pub(super) struct ConfigSource {
    pub(super) config: Config,
    /// Where it was found, in words.
    pub(super) origin: String,
}

/// Why nothing can be tried.
pub(super) enum NoConfig {
    /// The file has a mistake, which has been printed.
    Reported(ExitCode),
    Example(ConfigError),
}

/// The file that was named, else `picletter.toml` where there is one, else the example.
pub(super) fn find(named: Option<&Path>, output: &Output) -> Result<ConfigSource, NoConfig> {
    let Some(file) = ConfigFile::named_or_there(named) else {
        return Ok(ConfigSource {
            config: Config::parse(Path::new(FILE), MINIMAL_EXAMPLE).map_err(NoConfig::Example)?,
            origin: format!("an example, as there is no {FILE}"),
        });
    };
    let origin = file.path.display().to_string();
    let config = file.load(output).map_err(NoConfig::Reported)?;
    Ok(ConfigSource { config, origin })
}
