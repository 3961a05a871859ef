//! A secret's fingerprint: enough to see that it is another one, and nothing to guess it by.

use std::fmt::Write as _;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// Twelve hexadecimal digits of SHA-256 over `scope` and the secret. The scope makes one secret look
/// different in different places.
pub fn fingerprint(scope: &str, secret: &SecretString) -> String {
    let mut hash = Sha256::new();
    hash.update(scope.len().to_le_bytes());
    hash.update(scope);
    hash.update(secret.expose_secret());
    let digest = hash.finalize();
    let mut hex = String::new();
    for byte in digest.iter().take(6) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
