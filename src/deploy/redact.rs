//! Keeps secrets out of whatever is printed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};

use super::secret_shapes;
use crate::job::mask::Mask;

/// Knows the secrets of this process. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Mask>>);

impl Redactor {
    /// Masks a secret in every text from now on, as [`Mask::add_secret`] does.
    pub fn learn(&self, secret: &SecretString) {
        let mut mask = self.0.write().unwrap_or_else(PoisonError::into_inner);
        mask.add_secret(secret.expose_secret());
    }

    /// `text` with the secrets masked: those that were learned, and whatever has the shape of a
    /// secret.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mask = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let text = mask.apply(text);
        match secret_shapes::masked(&text) {
            Some(masked) => Cow::Owned(masked),
            None => text,
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}
