//! The configuration for `try`: a file or the built-in example.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use picletter_core::config::{Config, ConfigError, FILE, MINIMAL_EXAMPLE};

/// The configuration and its origin.
pub(super) struct ConfigSource {
    pub(super) config: Config,
    /// Its origin, as text.
    pub(super) origin: String,
}

/// Why there is no configuration.
pub(super) enum NoConfig {
    /// The file has errors, already reported.
    Reported(ExitCode),
    Example(ConfigError),
}

/// The named file, else `picletter.toml` if it exists, else the example.
pub(super) fn find(named: Option<&Path>, output: &Output) -> Result<ConfigSource, NoConfig> {
    let Some(file) = ConfigFile::find(named) else {
        return Ok(ConfigSource {
            config: Config::parse(Path::new(FILE), MINIMAL_EXAMPLE).map_err(NoConfig::Example)?,
            origin: format!("the built-in example ({FILE} not found)"),
        });
    };
    let origin = file.path.display().to_string();
    let config = file.load(output).map_err(NoConfig::Reported)?;
    Ok(ConfigSource { config, origin })
}
