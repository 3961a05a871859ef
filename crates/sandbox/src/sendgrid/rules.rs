//! Validation of the values of a mail: the vendor's rules for values that depend on settings or
//! pictures. The constant parts of the worker's mails are validated by the vendor's schema, in
//! `tests/it/vendor_specs`.
//!
//! Source: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors>; the messages are
//! the vendor's where it documents them.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use super::mail_send::{Content, EncodedAttachment, MailSend, Personalization};
use super::refusal::Problems;
use crate::mail::{Address, Attachment, Mail, Message};

const PERSONALIZATIONS_MAX: usize = 1000;

/// Validates a request. Returns one copy for each personalization, or all problems.
pub(super) fn check(request: MailSend<'_>, message_id: &str) -> Result<Vec<Mail>, Problems> {
    let mut problems = Problems::default();
    personalizations(&request.personalizations, &mut problems);
    subject(request.subject.as_deref(), &mut problems);
    sender(request.from.as_ref(), &mut problems);
    content(&request.content, &mut problems);
    let attachments = attachments(&request.attachments, &mut problems);

    match (request.from, request.subject) {
        (Some(from), Some(subject)) if problems.is_empty() => {
            let message = Arc::new(message(request.content, attachments, message_id));
            let headers: Vec<_> = request.headers.into_iter().collect();
            Ok(request
                .personalizations
                .into_iter()
                .map(|envelope| Mail {
                    from: from.clone(),
                    to: envelope.to,
                    subject: subject.clone(),
                    headers: headers.clone(),
                    message: Arc::clone(&message),
                })
                .collect())
        }
        _ => Err(problems),
    }
}

fn message(content: Vec<Content>, attachments: Vec<Attachment>, message_id: &str) -> Message {
    let mut parts: BTreeMap<_, _> = content
        .into_iter()
        .map(|part| (part.media_type, part.value))
        .collect();
    Message {
        message_id: message_id.to_owned(),
        received: Timestamp::now(),
        text: parts.remove("text/plain"),
        html: parts.remove("text/html"),
        attachments,
    }
}

fn personalizations(personalizations: &[Personalization], problems: &mut Problems) {
    let count = personalizations.len();
    if count == 0 {
        problems.add(
            "personalizations",
            "You must have at least one personalization.",
        );
    }
    if count > PERSONALIZATIONS_MAX {
        problems.add(
            "personalizations",
            format!(
                "The personalization block is limited to {PERSONALIZATIONS_MAX} personalizations \
                 per API request. You have provided {count} personalizations. Please consider \
                 splitting this into multiple requests and resending your request."
            ),
        );
    }
    for (index, envelope) in personalizations.iter().enumerate() {
        let field = format!("personalizations.{index}.to");
        if envelope.to.is_empty() {
            problems.add(
                &field,
                "The to parameter is required for all personalization objects.",
            );
        }
        for (index, address) in envelope.to.iter().enumerate() {
            let field = format!("{field}.{index}");
            check_address(
                &field,
                address,
                "Does not contain a valid address.",
                problems,
            );
        }
    }
}

fn sender(from: Option<&Address>, problems: &mut Problems) {
    match from {
        Some(from) => check_address(
            "from",
            from,
            "The from email does not contain a valid address.",
            problems,
        ),
        None => problems.add(
            "from",
            "The from object must be provided for every email send. It is an object that requires \
             the email parameter, but may also contain a name parameter. e.g. {\"email\": \
             \"example@example.com\"} or {\"email\": \"example@example.com\", \"name\": \"Example \
             Recipient\"}",
        ),
    }
}

fn check_address(field: &str, address: &Address, invalid: &str, problems: &mut Problems) {
    if !is_mail_address(&address.email) {
        problems.add(format!("{field}.email"), invalid);
    }
    if has_line_break(&address.name) {
        problems.add(
            format!("{field}.name"),
            "The name cannot contain CRLF characters.",
        );
    }
}

/// Whether an address has the form `dot-atom@host.domain` in ASCII (RFC 5322 without quoted forms,
/// which the vendor does not accept).
fn is_mail_address(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    local.len() <= 64
        && domain.len() <= 255
        && local.split('.').all(is_atom)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

fn subject(subject: Option<&str>, problems: &mut Problems) {
    match subject {
        None => problems.add(
            "subject",
            "The subject is required. You can get around this requirement if you use a template \
             with a subject defined or if every personalization has a subject defined.",
        ),
        Some("") => problems.add(
            "subject",
            "The subject of your email must be a string at least one character in length.",
        ),
        Some(subject) if has_line_break(subject) => {
            problems.add("subject", "The subject cannot contain CRLF characters.");
        }
        Some(_) => {}
    }
}

fn content(content: &[Content], problems: &mut Problems) {
    if content.is_empty() {
        problems.add(
            "content",
            "There must be at least one defined content block. We typically suggest both \
             text/plain and text/html blocks are included, but only one block is required.",
        );
    }
    for (index, part) in content.iter().enumerate() {
        if part.value.is_empty() {
            problems.add(
                format!("content.{index}.value"),
                "The content value must be a string at least one character in length.",
            );
        }
    }
}

fn attachments(attachments: &[EncodedAttachment<'_>], problems: &mut Problems) -> Vec<Attachment> {
    attachments
        .iter()
        .enumerate()
        .map(|(index, attachment)| {
            let field = format!("attachments.{index}.content");
            if attachment.content.is_empty() {
                problems.add(
                    &field,
                    "The attachment content must be a string at least one character in length.",
                );
            }
            let content = BASE64_STANDARD
                .decode(attachment.content.as_bytes())
                .unwrap_or_else(|_malformed| {
                    problems.add(&field, "The attachment content must be base64 encoded.");
                    Vec::new()
                });
            Attachment {
                filename: attachment.filename.clone(),
                media_type: attachment.media_type.clone(),
                inline: attachment.disposition == "inline",
                content_id: attachment.content_id.clone(),
                content: content.into(),
            }
        })
        .collect()
}

fn has_line_break(value: &str) -> bool {
    value.contains(['\r', '\n'])
}
