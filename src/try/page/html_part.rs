//! The HTML part of a mail, made fit to be shown on its own.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use picletter_sandbox::mail::Attachment;

/// The document that a mail program would show: attachments in place of the `cid:` references that
/// name them, and links that open outside of the mail.
pub(super) fn rendered(html: &str, attachments: &[Attachment]) -> String {
    let mut document = String::with_capacity(html.len());
    let body_start = end_of_doctype(html);
    document.push_str(&html[..body_start]);
    // The first of its kind wins, so the mail cannot take it back.
    document.push_str("<base target=\"_blank\">");
    let mut rest = &html[body_start..];
    while let Some(found) = rest.find("cid:") {
        let (before, reference) = rest.split_at(found);
        document.push_str(before);
        let id_and_rest = &reference["cid:".len()..];
        let end = id_and_rest
            .find(['"', '\'', ')', '>', ' '])
            .unwrap_or(id_and_rest.len());
        let id = &id_and_rest[..end];
        let attachment = attachments
            .iter()
            .find(|attachment| attachment.content_id == id);
        match attachment {
            // Only where an address stands; the text of a mail may speak of `cid:` too.
            Some(attachment) if before.ends_with(['"', '\'', '(', '=']) => {
                let _ = write!(document, "data:{};base64,", escaped(&attachment.media_type));
                BASE64_STANDARD.encode_string(&attachment.content, &mut document);
            }
            _ => document.push_str(&reference[..reference.len() - id_and_rest.len() + end]),
        }
        rest = &id_and_rest[end..];
    }
    document.push_str(rest);
    document
}

/// Anything before the doctype would put the browser into quirks mode.
fn end_of_doctype(html: &str) -> usize {
    let start = html.len() - html.trim_start().len();
    let is_doctype = html[start..]
        .get(.."<!doctype".len())
        .is_some_and(|tag| tag.eq_ignore_ascii_case("<!doctype"));
    if is_doctype {
        html.find('>').map_or(0, |end| end + 1)
    } else {
        0
    }
}

/// A sender's word that lands in the middle of an attribute.
fn escaped(media_type: &str) -> String {
    media_type
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "/+.-".contains(*c))
        .collect()
}
