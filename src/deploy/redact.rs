//! Keeps secrets out of whatever is printed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};

/// Shorter values are no secrets, and would blot out half of a text.
const SHORTEST: usize = 6;

/// What stands in a secret's place.
const INSTEAD: &str = "[secret]";

/// Knows the secrets of this process. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Vec<SecretString>>>);

impl Redactor {
    /// Remembers a secret: it is taken out of every text from now on, as it is and as it stands in
    /// an address or in JSON.
    pub fn learn(&self, secret: &SecretString) {
        let exposed = secret.expose_secret();
        if exposed.len() < SHORTEST {
            return;
        }
        let in_json = serde_json::Value::from(exposed).to_string();
        let in_url: String = url::form_urlencoded::byte_serialize(exposed.as_bytes()).collect();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for form in [exposed, in_json.trim_matches('"'), &in_url] {
            if !known.iter().any(|other| other.expose_secret() == form) {
                known.push(SecretString::from(form));
            }
        }
        // The longest first, since one may be part of another.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
    }

    /// `text` without the secrets.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut cleaned = Cow::Borrowed(text);
        for secret in known.iter() {
            if cleaned.contains(secret.expose_secret()) {
                cleaned = Cow::Owned(cleaned.replace(secret.expose_secret(), INSTEAD));
            }
        }
        cleaned
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}
