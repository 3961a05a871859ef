//! Changes of the configuration file while a page is open.

use std::fs;
use std::path::{Path, PathBuf};

use picletter_core::config::Config;
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};

/// The configuration file of the dashboard.
pub(super) struct WatchedFile {
    path: PathBuf,
}

impl WatchedFile {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// What to do if the file has changed since `config` was parsed. A file with errors is not worth a
    /// restart.
    pub(super) fn change(&self, config: &Config) -> Option<Diagnostic> {
        if fs::read(&self.path).is_ok_and(|now| config.is_parsed_from(&now)) {
            return None;
        }
        Some(match Config::load(&self.path) {
            Ok(_) => Diagnostic::new(
                format!("{} has changed", self.path.display()),
                "restart the dashboard: until then, the page shows the previous file",
            ),
            Err(error) => error
                .diagnostic()
                .with_help("fix the file: until then, the page shows the previous one"),
        })
    }
}
