//! A mail as it reaches one receiver.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

/// An address with the name that mail programs show beside it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address itself, `local@domain`.
    #[serde(default)]
    pub email: String,
    /// The display name; empty where there is none.
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

/// A file that came with a mail, decoded.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The name it should be saved under.
    pub filename: String,
    /// MIME type as the sender declared it.
    pub media_type: String,
    /// Whether it is shown within the mail rather than listed below it.
    pub inline: bool,
    /// What `cid:` references in the HTML part name it by, without angle brackets.
    pub content_id: String,
    /// The file.
    pub content: Bytes,
}

/// What all copies of one message share.
#[derive(Debug)]
pub struct Message {
    /// The id that the mail API answered with in `X-Message-Id`.
    pub message_id: String,
    /// When the mail API accepted it.
    pub received: Timestamp,
    /// The plain text part.
    pub text: Option<String>,
    /// The HTML part, with `cid:` references as sent.
    pub html: Option<String>,
    /// In the order sent.
    pub attachments: Vec<Attachment>,
}

/// One delivered copy: a message in the envelope of one personalization.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Sender.
    pub from: Address,
    /// Receivers of this copy.
    pub to: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// Further headers, such as `List-Unsubscribe`.
    pub headers: Vec<(String, String)>,
    /// Body and attachments.
    pub message: Arc<Message>,
}
