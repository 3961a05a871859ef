//! Fingerprints of secrets, which show a change but not the secret.

use std::fmt::Write as _;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// Twelve hexadecimal digits of SHA-256 over `scope` and the secret. Different scopes give
/// different fingerprints of the same secret.
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
