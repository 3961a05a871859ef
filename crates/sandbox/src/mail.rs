//! A mail as delivered to one receiver.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

/// An address and its display name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address itself, `local@domain`.
    #[serde(default)]
    pub email: String,
    /// The display name; empty if there is none.
    #[serde(default)]
    pub name: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            f.write_str(&self.email)
        } else {
            write!(f, "{} <{}>", self.name, self.email)
        }
    }
}

/// A decoded attachment of a mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The suggested file name.
    pub filename: String,
    /// MIME type as declared by the sender.
    pub media_type: String,
    /// Whether it is displayed within the mail instead of listed below it.
    pub inline: bool,
    /// Content ID, which the HTML part uses in `cid:` references, without angle brackets.
    pub content_id: String,
    /// The content of the file.
    pub content: Bytes,
}

/// The content that all copies of a message share.
#[derive(Debug)]
pub struct Message {
    /// The ID that the mail API returned in `X-Message-Id`.
    pub message_id: String,
    /// When the mail API accepted the message.
    pub received: Timestamp,
    /// The plain text part.
    pub text: Option<String>,
    /// The HTML part, with `cid:` references unchanged.
    pub html: Option<String>,
    /// The attachments, in the order sent.
    pub attachments: Vec<Attachment>,
}

/// One delivered copy of a message: its content and the envelope of one personalization.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Sender.
    pub from: Address,
    /// Receivers of this copy.
    pub to: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// Additional headers, such as `List-Unsubscribe`.
    pub headers: Vec<(String, String)>,
    /// Body and attachments.
    pub message: Arc<Message>,
}
