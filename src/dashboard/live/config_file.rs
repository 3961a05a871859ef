//! Changes of the configuration file while a page is open.

use std::path::{Path, PathBuf};
use std::{fs, io};

use picletter_core::config::Config;
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};

/// The configuration file as it was when the dashboard was started.
pub(super) struct WatchedFile {
    path: PathBuf,
    bytes: io::Result<Vec<u8>>,
}

impl WatchedFile {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            bytes: fs::read(path),
        }
    }

    /// What to do if the file has changed. A file with errors is not worth a restart.
    pub(super) fn change(&self) -> Option<Diagnostic> {
        if let (Ok(before), Ok(now)) = (&self.bytes, fs::read(&self.path))
            && *before == now
        {
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
