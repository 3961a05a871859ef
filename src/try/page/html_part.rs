//! Renders the HTML part of a mail as a standalone document.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use picletter_sandbox::mail::Attachment;

/// The document that a mail program would show: with embedded attachments instead of `cid:` references,
/// and links that open in a new tab.
pub(super) fn rendered(html: &str, attachments: &[Attachment]) -> String {
    let mut document = String::with_capacity(html.len());
    let body_start = doctype_end(html);
    document.push_str(&html[..body_start]);
    // The first `base` element takes effect, so the mail cannot override it.
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
            // Only in a URL: text of a mail may also contain `cid:`.
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

/// The end of the doctype. Content before it would put browsers into quirks mode.
fn doctype_end(html: &str) -> usize {
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

/// Removes characters that could end an HTML attribute.
fn escaped(media_type: &str) -> String {
    media_type
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "/+.-".contains(*c))
        .collect()
}
