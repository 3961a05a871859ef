//! Atomic file writes.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A file could not be written. An existing file is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub(super) struct WriteError {
    pub(super) path: PathBuf,
    /// The system's error.
    pub(super) error: io::Error,
}

/// Writes a file, or replaces it and keeps its permissions. A link stays, and its target is replaced.
///
/// # Errors
/// The file could not be written.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let write = || {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&target) {
            // Neither absent nor regular, such as /dev/stdout.
            Ok(existing) if !existing.is_file() => fs::write(&target, bytes),
            existing => {
                let file = temporary(&target, bytes)?;
                if let Ok(existing) = existing {
                    file.as_file().set_permissions(existing.permissions())?;
                }
                file.persist(&target)?;
                Ok(())
            }
        }
    };
    write().map_err(|error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// Writes a file as [`replace`] does, but refuses to write to anything other than a regular file, such
/// as a FIFO without a reader.
///
/// # Errors
/// The file could not be written.
pub(super) fn replace_regular(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    refuse_irregular(path)?;
    replace(path, bytes)
}

/// Checks that [`replace_regular`] could write a file now.
///
/// # Errors
/// The file could not be written.
pub(super) fn check_regular(path: &Path) -> Result<(), WriteError> {
    refuse_irregular(path)?;
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    temporary(&target, b"")
        .map(drop)
        .map_err(|error| WriteError {
            path: path.to_owned(),
            error,
        })
}

fn refuse_irregular(path: &Path) -> Result<(), WriteError> {
    let error = match fs::metadata(path) {
        Ok(existing) if existing.is_dir() => io::ErrorKind::IsADirectory.into(),
        Ok(existing) if !existing.is_file() => io::Error::other("not a regular file"),
        _ => return Ok(()),
    };
    Err(WriteError {
        path: path.to_owned(),
        error,
    })
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// The file could not be written; [`io::ErrorKind::AlreadyExists`] if it exists.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let write = || {
        temporary(path, bytes)?.persist_noclobber(path)?;
        Ok(())
    };
    write().map_err(|error: io::Error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// Creates a directory and its parents.
///
/// # Errors
/// The directory could not be created.
pub(super) fn create_folder(path: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(path).map_err(|error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// A temporary file with the content, in the directory of `path`.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    // Opened here, so that the process's umask applies.
    let mut file = Builder::new()
        .prefix(".picletter-")
        .make_in(folder.unwrap_or_else(|| Path::new(".")), |path| {
            File::options().write(true).create_new(true).open(path)
        })?;
    file.as_file_mut().write_all(bytes)?;
    // Some errors, such as a full disk, are reported only by a sync.
    file.as_file().sync_all()?;
    Ok(file)
}
