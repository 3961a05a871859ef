//! Masks secrets in everything that is printed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};

use super::secret_shapes;
use crate::printable::printable;
use picletter_worker::html_text::{page_text, plain, shortened};
use picletter_worker::mask::{MASKED, Mask, replace};

/// A [`Mask`] to which secrets are added while the process runs, and which also masks text with the
/// shape of a secret. Clones share the secrets.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Mask>>);

impl Redactor {
    /// Masks a secret in every text from now on, as [`Mask::add_secret`] does.
    pub fn learn(&self, secret: &SecretString) {
        let mut mask = self.0.write().unwrap_or_else(PoisonError::into_inner);
        mask.add_secret(secret.expose_secret());
    }

    /// `text` with secrets masked: those that were added, and text with the shape of a secret.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mask = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match mask.apply(text) {
            Cow::Borrowed(text) => without_shapes(text),
            Cow::Owned(text) => Cow::Owned(without_shapes(&text).into_owned()),
        }
    }

    /// A vendor's message as one line of at most `limit` characters for a terminal, with secrets
    /// masked. They are masked before truncation, because half a secret is not recognized.
    pub fn line(&self, words: &str, limit: usize) -> String {
        shortened(&plain(&printable(&self.clean(words), false)), limit)
    }

    /// The beginning of [`Redactor::page`], of at most `limit` characters.
    pub fn beginning(&self, body: &[u8], limit: usize) -> String {
        shortened(&self.page(body), limit)
    }

    /// The text of an unexpected body, or the title of an HTML page, with secrets masked. They are
    /// masked again after decoding entities, because a page may escape a secret.
    pub fn page(&self, body: &[u8]) -> String {
        let page = page_text(&self.clean(&String::from_utf8_lossy(body)));
        printable(&self.clean(&page), false).into_owned()
    }
}

fn without_shapes(text: &str) -> Cow<'_, str> {
    let positions = secret_shapes::positions(text);
    replace(text, positions.map(|range| (range, MASKED)))
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}
