//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A file could not be written. A file that was there before is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {error}", path.display())]
pub(super) struct WriteError {
    pub(super) path: PathBuf,
    /// The system's reason.
    pub(super) error: io::Error,
}

/// Writes a file, or replaces it and keeps its permissions. A link stays, and its target is replaced.
///
/// # Errors
/// The file could not be written.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let replaced = || {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&target) {
            // Neither absent nor regular, such as /dev/stdout.
            Ok(there) if !there.is_file() => fs::write(&target, bytes),
            there => {
                let file = beside(&target, bytes)?;
                if let Ok(there) = there {
                    file.as_file().set_permissions(there.permissions())?;
                }
                file.persist(&target)?;
                Ok(())
            }
        }
    };
    replaced().map_err(|error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// Writes a file as [`replace`] does, unless something else than a regular file is there, such as a
/// directory, or a FIFO that nobody may read from.
///
/// # Errors
/// The file could not be written.
pub(super) fn replace_regular(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let error = match fs::metadata(path) {
        Ok(there) if there.is_dir() => io::ErrorKind::IsADirectory.into(),
        Ok(there) if !there.is_file() => io::Error::other("it is not a regular file"),
        _ => return replace(path, bytes),
    };
    Err(WriteError {
        path: path.to_owned(),
        error,
    })
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// The file could not be written; with [`io::ErrorKind::AlreadyExists`] it exists.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let created = || {
        beside(path, bytes)?.persist_noclobber(path)?;
        Ok(())
    };
    created().map_err(|error: io::Error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// Creates a folder, and those that it is in.
///
/// # Errors
/// The folder could not be created.
pub(super) fn create_folder(path: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(path).map_err(|error| WriteError {
        path: path.to_owned(),
        error,
    })
}

/// A temporary file with the content, in the folder of `path`.
fn beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    // Opened here, since the process's umask decides on its permissions.
    let mut file = Builder::new()
        .prefix(".picletter-")
        .make_in(folder.unwrap_or_else(|| Path::new(".")), |path| {
            File::options().write(true).create_new(true).open(path)
        })?;
    file.as_file_mut().write_all(bytes)?;
    // A full disk may only be reported here.
    file.as_file().sync_all()?;
    Ok(file)
}
