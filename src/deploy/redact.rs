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
    /// an address or in JSON; one of several lines also line by line.
    pub fn learn(&self, secret: &SecretString) {
        let exposed = secret.expose_secret();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for part in std::iter::once(exposed).chain(exposed.lines().map(str::trim)) {
            // What begins and ends a PEM is the same in all of them.
            if part.len() < SHORTEST || (part.starts_with("-----") && part.lines().count() == 1) {
                continue;
            }
            for form in forms(part) {
                if !known.iter().any(|other| other.expose_secret() == form) {
                    known.push(SecretString::from(form));
                }
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

/// How a secret may stand in a text.
fn forms(secret: &str) -> [String; 4] {
    let in_json = serde_json::Value::from(secret).to_string();
    let in_json = in_json[1..in_json.len() - 1].to_owned();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let in_url = in_form.replace('+', "%20");
    [secret.to_owned(), in_json, in_form, in_url]
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(secret: &str, text: &str) -> String {
        let redactor = Redactor::default();
        redactor.learn(&secret.into());
        redactor.clean(text).into_owned()
    }

    #[test]
    fn a_secret_is_taken_out_however_it_is_encoded() {
        let secret = r#"a b+"c"d"#;
        for text in [
            r#"a b+"c"d"#,
            r#"a b+\"c\"d"#,
            "a+b%2B%22c%22d",
            "a%20b%2B%22c%22d",
        ] {
            assert_eq!(cleaned(secret, text), INSTEAD, "{text}");
        }
    }

    #[test]
    fn of_a_secret_of_several_lines_each_line_is_taken_out() {
        let pem = "-----BEGIN KEY-----\r\nMIIabc+def\r\n  ghi jkl=\r\n-----END KEY-----\r\n";
        assert_eq!(cleaned(pem, pem), INSTEAD);
        assert_eq!(cleaned(pem, &pem.replace("\r\n", "\\r\\n")), INSTEAD);
        assert_eq!(
            cleaned(pem, "-----BEGIN KEY-----\nMIIabc+def\nghi jkl="),
            "-----BEGIN KEY-----\n[secret]\n[secret]"
        );
        assert_eq!(
            cleaned(pem, "MIIabc%2Bdef ghi%20jkl%3D"),
            "[secret] [secret]"
        );
    }
}
