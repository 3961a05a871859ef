//! Types for the body of SendGrid's `POST /v3/mail/send`.
//! Source: <https://github.com/twilio/sendgrid-oai> (`spec/json/tsg_mail_v3.json`)

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::address::Mailbox;

/// A mail to one or more receivers.
#[derive(Debug, Clone, Serialize)]
pub struct Payload {
    /// One envelope per receiver, so that receivers do not see each other's addresses.
    pub personalizations: Vec<Personalization>,
    /// The verified sender.
    pub from: Mailbox,
    /// The subject.
    pub subject: String,
    /// `text/plain`, then `text/html`.
    pub content: Vec<Content>,
    /// The picture, if it is attached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// `List-Unsubscribe`, if there is more than one receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Headers>,
    /// Sandbox mode, if it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_settings: Option<SendOptions>,
}

/// An envelope.
#[derive(Debug, Clone, Serialize)]
pub struct Personalization {
    /// The receiver.
    pub to: [Mailbox; 1],
}

/// A part of the mail's `multipart/alternative`.
#[derive(Debug, Clone, Serialize)]
pub struct Content {
    /// The MIME type.
    #[serde(rename = "type")]
    pub mime: &'static str,
    /// The text.
    pub value: Text,
}

/// A text that may contain the picture's base64. The parts are never joined in memory.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text before the picture.
    pub before: String,
    /// The picture's base64, or empty.
    pub picture: Bytes,
    /// The text after the picture.
    pub after: String,
}

impl Text {
    /// Creates a text without a picture.
    pub fn plain(text: String) -> Self {
        Self {
            before: text,
            picture: Bytes::new(),
            after: String::new(),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.before, ascii(&self.picture), self.after)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A file attached to the mail.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    /// The contents in base64.
    #[serde(serialize_with = "as_text")]
    pub content: Bytes,
    /// The MIME type.
    #[serde(rename = "type")]
    pub mime: &'static str,
    /// The file name, with extension.
    pub filename: String,
    /// `inline`: displayed where the HTML refers to it.
    pub disposition: &'static str,
    /// The ID that the HTML refers to, as in `cid:picture`.
    pub content_id: &'static str,
}

/// Additional headers of the mail.
#[derive(Debug, Clone, Serialize)]
pub struct Headers {
    /// The unsubscribe address. Source: RFC 2369.
    #[serde(rename = "List-Unsubscribe")]
    pub list_unsubscribe: String,
}

/// SendGrid's `mail_settings`.
#[derive(Debug, Clone, Serialize)]
pub struct SendOptions {
    /// Validates without sending.
    pub sandbox_mode: Switch,
}

/// SendGrid's representation of an on/off setting.
#[derive(Debug, Clone, Serialize)]
pub struct Switch {
    /// Whether the setting is on.
    pub enable: bool,
}

/// A request body in three pieces, so that the picture is in memory only once.
#[derive(Debug, Clone)]
pub struct Pieces(pub [Bytes; 3]);

impl Pieces {
    /// Total length in bytes.
    pub fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// Whether the length is zero.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

// Represents the picture while the rest is serialized. JSON does not escape DEL, so escaped text
// cannot contain it. Variables with control characters are rejected and vendors' texts are stripped
// of them, so no other text contains it.
const PLACEHOLDER: &str = "\u{7f}";

impl Payload {
    /// Serializes to JSON, in pieces before, of, and after the picture.
    pub fn into_pieces(mut self) -> Result<Pieces, serde_json::Error> {
        let attached = self
            .attachments
            .iter_mut()
            .map(|attachment| &mut attachment.content);
        let in_text = self
            .content
            .iter_mut()
            .map(|content| &mut content.value.picture);
        let placeholder = Bytes::from_static(PLACEHOLDER.as_bytes());
        let picture = attached
            .chain(in_text)
            .find(|picture| !picture.is_empty())
            .map(|picture| std::mem::replace(picture, placeholder))
            .unwrap_or_default();
        let json = serde_json::to_string(&self)?;
        Ok(Pieces(match json.split_once(PLACEHOLDER) {
            Some((head, tail)) => [
                Bytes::copy_from_slice(head.as_bytes()),
                picture,
                Bytes::copy_from_slice(tail.as_bytes()),
            ],
            None => [Bytes::from(json), Bytes::new(), Bytes::new()],
        }))
    }
}

fn ascii(base64: &[u8]) -> &str {
    // Base64 is ASCII by construction.
    std::str::from_utf8(base64).unwrap_or_default()
}

fn as_text<S: Serializer>(base64: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(ascii(base64))
}
