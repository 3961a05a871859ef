//! What the vendor demands of a payload beyond its shape.
//!
//! Source: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors>; the messages are
//! the vendor's where it documents them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use super::mail_send::{Content, EncodedAttachment, MailSend, Personalization};
use super::refusal::Problems;
use crate::mail::{Address, Attachment, Mail, Message};

const PERSONALIZATIONS_MAX: usize = 1000;
const RECIPIENTS_MAX: usize = 1000;
const CATEGORIES_MAX: usize = 10;
const CATEGORY_MAX_CHARS: usize = 255;
const CUSTOM_ARGS_MAX_BYTES: usize = 50_000;
const SEND_AT_MAX_SECONDS: i64 = 72 * 3600;

/// Headers that the vendor writes by itself.
const RESERVED_HEADERS: [&str; 12] = [
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
];

/// Turns a request into the copies that it asks for, one for each personalization, or says
/// everything that is wrong with it.
pub(super) fn check(request: MailSend<'_>, message_id: &str) -> Result<Vec<Mail>, Problems> {
    let mut problems = Problems::default();
    personalizations(&request, &mut problems);
    subjects(&request, &mut problems);
    senders(&request, &mut problems);
    content(&request.content, &mut problems);
    let attachments = attachments(&request.attachments, &mut problems);
    headers("headers", &request.headers, &mut problems);
    categories(&request.categories, &mut problems);
    send_at("send_at", request.send_at, &mut problems);
    account(&request, &mut problems);

    match request.from {
        Some(from) if problems.is_empty() => {
            let message = Arc::new(message(request.content, attachments, message_id));
            let reply_to: Vec<_> = request
                .reply_to
                .into_iter()
                .chain(request.reply_to_list)
                .collect();
            Ok(request
                .personalizations
                .into_iter()
                .map(|envelope| Mail {
                    from: envelope.from.unwrap_or_else(|| from.clone()),
                    reply_to: reply_to.clone(),
                    to: envelope.to,
                    cc: envelope.cc,
                    bcc: envelope.bcc,
                    subject: envelope
                        .subject
                        .or_else(|| request.subject.clone())
                        .unwrap_or_default(),
                    headers: merged(&request.headers, envelope.headers),
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

/// Headers of a personalization win over those of the message.
fn merged(
    message: &BTreeMap<String, String>,
    mut personalization: BTreeMap<String, String>,
) -> Vec<(String, String)> {
    for (name, value) in message {
        if !personalization
            .keys()
            .any(|own| own.eq_ignore_ascii_case(name))
        {
            personalization.insert(name.clone(), value.clone());
        }
    }
    personalization.into_iter().collect()
}

fn personalizations(request: &MailSend<'_>, problems: &mut Problems) {
    let count = request.personalizations.len();
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
    let recipients: usize = request
        .personalizations
        .iter()
        .map(|p| p.to.len() + p.cc.len() + p.bcc.len())
        .sum();
    if recipients > RECIPIENTS_MAX {
        problems.add(
            "personalizations",
            format!(
                "There is a limit of {RECIPIENTS_MAX} total recipients (to + cc + bcc) per request."
            ),
        );
    }
    for (index, envelope) in request.personalizations.iter().enumerate() {
        let field = format!("personalizations.{index}");
        recipients_of(envelope, &field, problems);
        headers(&format!("{field}.headers"), &envelope.headers, problems);
        send_at(&format!("{field}.send_at"), envelope.send_at, problems);
        custom_args(&field, &request.custom_args, envelope, problems);
        if !envelope.substitutions.is_empty() || envelope.dynamic_template_data.is_some() {
            problems.add(
                &field,
                "Templates and substitutions are not filled in by this stand-in.",
            );
        }
    }
}

fn recipients_of(envelope: &Personalization, field: &str, problems: &mut Problems) {
    if envelope.to.is_empty() {
        problems.add(
            format!("{field}.to"),
            "The to parameter is required for all personalization objects.",
        );
    }
    let mut seen = BTreeSet::new();
    let mut duplicate = None;
    for (list, addresses) in [
        ("to", &envelope.to),
        ("cc", &envelope.cc),
        ("bcc", &envelope.bcc),
    ] {
        for (index, address) in addresses.iter().enumerate() {
            let field = format!("{field}.{list}.{index}");
            check_address(
                &field,
                address,
                "Does not contain a valid address.",
                problems,
            );
            if !seen.insert(address.email.to_ascii_lowercase()) && duplicate.is_none() {
                duplicate = Some((list, &address.email));
            }
        }
    }
    if let Some((list, email)) = duplicate {
        problems.add(
            field,
            format!(
                "Each email address in the personalization block should be unique between to, cc, \
                 and bcc. We found the first duplicate instance of [{email}] in the {field}.{list} \
                 field."
            ),
        );
    }
}

fn senders(request: &MailSend<'_>, problems: &mut Problems) {
    const INVALID_FROM: &str = "The from email does not contain a valid address.";
    const INVALID_REPLY_TO: &str = "The reply_to email does not contain a valid address.";
    match &request.from {
        Some(from) => check_address("from", from, INVALID_FROM, problems),
        None => problems.add(
            "from",
            "The from object must be provided for every email send. It is an object that requires \
             the email parameter, but may also contain a name parameter. e.g. {\"email\": \
             \"example@example.com\"} or {\"email\": \"example@example.com\", \"name\": \"Example \
             Recipient\"}",
        ),
    }
    for (index, envelope) in request.personalizations.iter().enumerate() {
        if let Some(from) = &envelope.from {
            check_address(
                &format!("personalizations.{index}.from"),
                from,
                INVALID_FROM,
                problems,
            );
        }
    }
    if let Some(reply_to) = &request.reply_to {
        check_address("reply_to", reply_to, INVALID_REPLY_TO, problems);
    }
    for (index, reply_to) in request.reply_to_list.iter().enumerate() {
        check_address(
            &format!("reply_to_list.{index}"),
            reply_to,
            INVALID_REPLY_TO,
            problems,
        );
    }
    if request.reply_to.is_some() && !request.reply_to_list.is_empty() {
        problems.add(
            "reply_to_list",
            "Only one of reply_to and reply_to_list may be used.",
        );
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

/// `dot-atom@host.domain` in ASCII (RFC 5322 without quoted forms; the vendor takes no others).
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

fn subjects(request: &MailSend<'_>, problems: &mut Problems) {
    let everywhere = request
        .personalizations
        .iter()
        .all(|envelope| envelope.subject.is_some());
    if request.subject.is_none() && !everywhere {
        problems.add(
            "subject",
            "The subject is required. You can get around this requirement if you use a template \
             with a subject defined or if every personalization has a subject defined.",
        );
    }
    let of_personalizations =
        request
            .personalizations
            .iter()
            .enumerate()
            .map(|(index, envelope)| {
                (
                    format!("personalizations.{index}.subject"),
                    &envelope.subject,
                )
            });
    for (field, subject) in
        std::iter::once(("subject".to_owned(), &request.subject)).chain(of_personalizations)
    {
        let Some(subject) = subject else { continue };
        if subject.is_empty() {
            problems.add(
                field,
                "The subject of your email must be a string at least one character in length.",
            );
        } else if has_line_break(subject) {
            problems.add(field, "The subject cannot contain CRLF characters.");
        }
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
        let field = format!("content.{index}");
        if part.value.is_empty() {
            problems.add(
                format!("{field}.value"),
                "The content value must be a string at least one character in length.",
            );
        }
        if part.media_type.is_empty() {
            problems.add(
                format!("{field}.type"),
                "Your content type must be a string with length of at least one character.",
            );
        } else if part.media_type.contains([';', ',', '\r', '\n']) {
            problems.add(
                format!("{field}.type"),
                "Cannot contain ';', or CRLF characters.",
            );
        }
    }
    let ranks = content.iter().map(|part| match part.media_type.as_str() {
        "text/plain" => 0,
        "text/html" => 1,
        _ => 2,
    });
    if !ranks.is_sorted() {
        problems.add(
            "content",
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in \
             your email: text/plain needs to be first, followed by text/html, followed by any \
             other content.",
        );
    }
}

fn attachments(attachments: &[EncodedAttachment<'_>], problems: &mut Problems) -> Vec<Attachment> {
    attachments
        .iter()
        .enumerate()
        .map(|(index, attachment)| {
            let field = |name| format!("attachments.{index}.{name}");
            if attachment.content.is_empty() {
                problems.add(
                    field("content"),
                    "The attachment content must be a string at least one character in length.",
                );
            }
            let content = BASE64_STANDARD
                .decode(attachment.content.as_bytes())
                .unwrap_or_else(|_malformed| {
                    problems.add(
                        field("content"),
                        "The attachment content must be base64 encoded.",
                    );
                    Vec::new()
                });
            let breaks_out = |value: &str| value.contains([';', ',', '\r', '\n']);
            match attachment.filename.as_deref() {
                None | Some("") => problems.add(field("filename"), "filename is required."),
                Some(filename) if breaks_out(filename) => problems.add(
                    field("filename"),
                    "The filename of your attachment can't contain CRLF characters.",
                ),
                Some(_) => {}
            }
            match attachment.media_type.as_deref() {
                Some("") => problems.add(
                    field("type"),
                    "The attachment type must be a string and at least one character in length.",
                ),
                Some(media_type) if breaks_out(media_type) => problems.add(
                    field("type"),
                    "The type can't contain ';', or CRLF characters.",
                ),
                _ => {}
            }
            if let Some(content_id) = &attachment.content_id
                && content_id.contains([';', '\r', '\n'])
            {
                problems.add(
                    field("content_id"),
                    "The content ID of your attachment can't contain CRLF characters.",
                );
            }
            let disposition = attachment.disposition.as_deref().unwrap_or("attachment");
            if !["inline", "attachment"].contains(&disposition) {
                problems.add(
                    field("disposition"),
                    format!(
                        "The disposition of your attachment can be either \"inline\" or \
                         \"attachment\". You provided '{disposition}'."
                    ),
                );
            }
            Attachment {
                filename: attachment.filename.clone().unwrap_or_default(),
                media_type: attachment
                    .media_type
                    .clone()
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
                inline: disposition == "inline",
                content_id: attachment.content_id.clone(),
                content: content.into(),
            }
        })
        .collect()
}

fn headers(field: &str, headers: &BTreeMap<String, String>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (name, value) in headers {
        let lowercase = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            problems.add(
                field,
                "Header keys can't contain non-ASCII characters or empty spaces.",
            );
        }
        if RESERVED_HEADERS.contains(&lowercase.as_str()) {
            problems.add(
                format!("{field}.{name}"),
                "Header can't be one of the reserved keys.",
            );
        }
        if !seen.insert(lowercase) {
            problems.add(field, "The headers can't contain duplicate keys.");
        }
        if has_line_break(value) {
            problems.add(
                format!("{field}.{name}"),
                "The header values can't contain CRLF characters.",
            );
        }
    }
}

fn categories(categories: &[String], problems: &mut Problems) {
    if categories.len() > CATEGORIES_MAX {
        problems.add(
            "categories",
            format!(
                "There is a limit of {CATEGORIES_MAX} categories for each email that is sent. You \
                 provided {} categories.",
                categories.len()
            ),
        );
    }
    let mut seen = BTreeSet::new();
    for category in categories {
        if category.chars().count() > CATEGORY_MAX_CHARS {
            problems.add(
                "categories",
                format!(
                    "Each category must not be longer than {CATEGORY_MAX_CHARS} characters. \
                     {category} exceeds this limit."
                ),
            );
        }
        if !category.is_ascii() {
            problems.add(
                "categories",
                "Categories can not contain non-ASCII characters.",
            );
        }
        if !seen.insert(category) {
            problems.add(
                "categories",
                format!(
                    "The categories must be a unique list, and you have included {category} more \
                     than once."
                ),
            );
        }
    }
}

fn custom_args(
    field: &str,
    message: &BTreeMap<String, String>,
    envelope: &Personalization,
    problems: &mut Problems,
) {
    let args: BTreeMap<_, _> = message.iter().chain(&envelope.custom_args).collect();
    let bytes: usize = args
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > CUSTOM_ARGS_MAX_BYTES {
        problems.add(
            format!("{field}.custom_args"),
            "The combined size of both global and personalization custom arguments may not exceed \
             50,000 bytes per personalization.",
        );
    }
}

fn send_at(field: &str, send_at: Option<i64>, problems: &mut Problems) {
    let latest = Timestamp::now().as_second() + SEND_AT_MAX_SECONDS;
    if send_at.is_some_and(|at| at > latest) {
        problems.add(
            field,
            "Scheduling more than 72 hours in advance is forbidden.",
        );
    }
}

/// The account of the sandbox is an empty one, so that naming one of its things names nothing.
fn account(request: &MailSend<'_>, problems: &mut Problems) {
    if let Some(id) = &request.template_id {
        problems.add(
            "template_id",
            format!(
                "The template_id must be a valid template ID on your account. You provided {id}."
            ),
        );
    }
    if let Some(asm) = &request.asm {
        problems.add(
            "asm.group_id",
            format!(
                "The ASM group ID must be a valid Group ID on your account. You provided {}.",
                asm.group_id
            ),
        );
    }
    if let Some(name) = &request.ip_pool_name {
        problems.add(
            "ip_pool_name",
            format!(
                "The IP Pool name must be a valid pool name for your account. You provided {name}."
            ),
        );
    }
    if let Some(id) = &request.batch_id {
        problems.add(
            "batch_id",
            format!("The batch_id must be a valid batch ID on your account. You provided {id}."),
        );
    }
}

fn has_line_break(value: &str) -> bool {
    value.contains(['\r', '\n'])
}
