//! Files that are read as a whole, up to a size.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Certificates: those of every public authority have 200 kB.
pub const MOST_CERTIFICATES: u64 = 10 << 20;

/// What a file holds.
pub struct Contents {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Whether users other than its owner can read it.
    pub is_exposed: bool,
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// It cannot be read, or is larger: [`io::ErrorKind::FileTooLarge`].
pub fn read(path: &Path, most: u64) -> io::Result<Contents> {
    let file = File::open(path)?;
    let is_exposed = is_exposed(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let reason = format!("it is larger than {} kB", most >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(Contents { bytes, is_exposed })
}

/// Whether users other than the file's owner can read it.
pub fn is_exposed(file: &Metadata) -> bool {
    file.is_file() && file.permissions().mode() & 0o044 != 0
}
