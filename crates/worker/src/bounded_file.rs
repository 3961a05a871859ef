//! Reading of whole files with a size limit.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Size limit for certificate files, in bytes. A bundle of all public authorities has 200 kB.
pub const MAX_CERTIFICATE_BYTES: u64 = 10 << 20;

/// The contents of a file.
pub struct Contents {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Whether users other than the owner can read the file.
    pub is_exposed: bool,
}

/// Reads a file of at most `max_bytes` bytes.
///
/// # Errors
/// The file cannot be read, or is larger ([`io::ErrorKind::FileTooLarge`]).
pub fn read(path: &Path, max_bytes: u64) -> io::Result<Contents> {
    let file = File::open(path)?;
    let is_exposed = is_exposed(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let reason = format!("the file is larger than {} kB", max_bytes >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(Contents { bytes, is_exposed })
}

/// Whether users other than the file's owner can read it.
pub fn is_exposed(file: &Metadata) -> bool {
    file.is_file() && file.permissions().mode() & 0o044 != 0
}
