//! Digests of image parts.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The SHA-256 digest of `content` in the format of registries: `sha256:` and 64 lower-case
/// hexadecimal digits.
pub fn digest(content: &[u8]) -> String {
    format_digest(&Sha256::digest(content))
}

/// Formats a SHA-256 hash in the format of registries.
pub(super) fn format_digest(hash: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hash {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
