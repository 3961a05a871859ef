//! Digests of image parts.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The SHA-256 digest of `content` as registries write it: `sha256:` and 64 lower-case hexadecimal
/// digits.
pub fn digest(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

/// A finished SHA-256 hash as registries write it.
pub(super) fn hexadecimal(hash: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hash {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
