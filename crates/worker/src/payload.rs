//! The body of SendGrid's `POST /v3/mail/send`, as types.
//! Source: <https://github.com/twilio/sendgrid-oai> (`spec/json/tsg_mail_v3.json`)

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::address::Mailbox;

/// One mail to one or more receivers.
#[derive(Debug, Clone, Serialize)]
pub struct Payload {
    /// An envelope for each receiver, so that no one sees another's address.
    pub personalizations: Vec<Personalization>,
    /// The verified sender.
    pub from: Mailbox,
    /// The subject of all of them.
    pub subject: String,
    /// `text/plain`, then `text/html`.
    pub content: Vec<Content>,
    /// The picture, where it is attached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// `List-Unsubscribe`, where there is more than one receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Headers>,
    /// Sandbox mode, where it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_settings: Option<SendOptions>,
}

/// An envelope.
#[derive(Debug, Clone, Serialize)]
pub struct Personalization {
    /// Its one receiver.
    pub to: [Mailbox; 1],
}

/// One part of the mail's `multipart/alternative`.
#[derive(Debug, Clone, Serialize)]
pub struct Content {
    /// Its MIME type.
    #[serde(rename = "type")]
    pub mime: &'static str,
    /// Its text.
    pub value: Text,
}

/// A text that may have the picture's base64 within it; never joined in memory.
#[derive(Debug, Clone)]
pub struct Text {
    /// Up to the picture.
    pub before: String,
    /// The base64, if any.
    pub picture: Bytes,
    /// After the picture.
    pub after: String,
}

impl Text {
    /// A text without a picture.
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

/// A file within the mail.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    /// Base64.
    #[serde(serialize_with = "as_text")]
    pub content: Bytes,
    /// Its MIME type.
    #[serde(rename = "type")]
    pub mime: &'static str,
    /// With its extension.
    pub filename: String,
    /// `inline`: shown where the HTML refers to it.
    pub disposition: &'static str,
    /// By what name the HTML refers to it, as in `cid:picture`.
    pub content_id: &'static str,
}

/// The mail's own headers.
#[derive(Debug, Clone, Serialize)]
pub struct Headers {
    /// RFC 2369.
    #[serde(rename = "List-Unsubscribe")]
    pub list_unsubscribe: String,
}

/// How SendGrid is to handle the mail.
#[derive(Debug, Clone, Serialize)]
pub struct SendOptions {
    /// Validate without sending.
    pub sandbox_mode: Switch,
}

/// On or off.
#[derive(Debug, Clone, Serialize)]
pub struct Switch {
    /// On.
    pub enable: bool,
}

/// A request body in three pieces, so that the picture is in memory once.
#[derive(Debug, Clone)]
pub struct Pieces(pub [Bytes; 3]);

impl Pieces {
    /// Bytes in all.
    pub fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

// Stands for the picture while the rest is serialised: DEL, which JSON leaves as it is, so that no
// escaped text can look like it. Control characters are refused in variables and removed from
// vendors' texts, so no other text holds it.
const PLACE: &str = "\u{7f}";

impl Payload {
    /// The JSON, in pieces around the picture.
    pub fn into_pieces(mut self) -> Result<Pieces, serde_json::Error> {
        let attached = self
            .attachments
            .iter_mut()
            .map(|attachment| &mut attachment.content);
        let in_text = self
            .content
            .iter_mut()
            .map(|content| &mut content.value.picture);
        let place = Bytes::from_static(PLACE.as_bytes());
        let picture = attached
            .chain(in_text)
            .find(|picture| !picture.is_empty())
            .map(|picture| std::mem::replace(picture, place))
            .unwrap_or_default();
        let json = serde_json::to_string(&self)?;
        Ok(Pieces(match json.split_once(PLACE) {
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
