//! Parser for mail addresses: `a@b.example` or `Name <a@b.example>`.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// An address with an optional display name.
///
/// Serializes as SendGrid's `MailFrom`/`MailTo` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mailbox {
    /// `local@domain`, ASCII.
    pub email: String,
    /// Display name, without quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An invalid address. Does not contain the text, which may be a receiver's address.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AddressError {
    /// The text, or an entry of a list, is empty.
    #[error("is empty (extra comma?)")]
    Empty,
    /// Not of the form `local@domain.tld`.
    #[error("is not a mail address of the form name@domain.tld")]
    Malformed,
    /// A quote or an angle bracket is not closed.
    #[error("has an unclosed quote or angle bracket: write Name <name@domain.tld>")]
    Unclosed,
    /// Contains a line break or another control character.
    #[error("contains a line break or another control character")]
    Control,
}

/// An invalid entry of a list.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("address {number} {error}")]
pub struct ListError {
    /// Position in the list, counted from 1.
    pub number: usize,
    /// The reason.
    pub error: AddressError,
}

impl Mailbox {
    /// Parses one address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control);
        }
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let Some(open) = text.rfind('<') else {
            return Ok(Self {
                email: checked(text)?,
                name: None,
            });
        };
        let Some(email) = text[open + 1..].strip_suffix('>') else {
            return Err(AddressError::Unclosed);
        };
        let name = unquoted(text[..open].trim()).ok_or(AddressError::Unclosed)?;
        Ok(Self {
            email: checked(email.trim())?,
            name: Some(name).filter(|name| !name.is_empty()),
        })
    }

    /// Parses a comma-separated list. Commas within quotes belong to the name.
    ///
    /// # Errors
    /// Every malformed entry.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Vec<ListError>> {
        let parts = split_list(text).map_err(|error| vec![error])?;
        let (mut mailboxes, mut errors) = (Vec::new(), Vec::new());
        for (number, part) in (1..).zip(parts) {
            match Self::parse(part) {
                Ok(mailbox) => mailboxes.push(mailbox),
                Err(error) => errors.push(ListError { number, error }),
            }
        }
        if errors.is_empty() {
            Ok(mailboxes)
        } else {
            Err(errors)
        }
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.email.rsplit('@').next().unwrap_or_default()
    }
}

/// Formats the address so that [`Mailbox::parse`] and [`Mailbox::parse_list`] return the same
/// value.
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { email, name } = self;
        let Some(name) = name else {
            return f.write_str(email);
        };
        if name.trim() == name && !name.contains(['"', ',']) {
            return write!(f, "{name} <{email}>");
        }
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{name}\" <{email}>")
    }
}

/// The masked form of an address for logs: `r…@example.com`.
pub fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}…@{domain}")
        }
        None => "…".to_owned(),
    }
}

fn split_list(text: &str) -> Result<Vec<&str>, ListError> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(ListError {
            number: parts.len() + 1,
            error: AddressError::Unclosed,
        });
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn unquoted(name: &str) -> Option<String> {
    let Some(rest) = name.strip_prefix('"') else {
        return (!name.contains('"')).then(|| name.to_owned());
    };
    let inner = rest.strip_suffix('"')?;
    let (mut plain, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next()?),
            '"' => return None,
            _ => plain.push(c),
        }
    }
    Some(plain)
}

// Checks RFC 5321's lengths and RFC 5322's atoms. Quoted local parts and address literals are
// rejected.
fn checked(email: &str) -> Result<String, AddressError> {
    let is_valid = email.split_once('@').is_some_and(|(local, domain)| {
        let atom = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        local.len() <= 64
            && email.len() <= 254
            && local.split('.').all(atom)
            && domain.contains('.')
            && domain.split('.').all(label)
    });
    if is_valid {
        Ok(email.to_owned())
    } else {
        Err(AddressError::Malformed)
    }
}
