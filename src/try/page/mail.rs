//! The mails: their list, single mails, and their parts at separate URLs.
//!
//! Mails are untrusted: the HTML part is shown in a sandboxed frame, with a policy that forbids scripts
//! and external content.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, html};

use super::{Inbox, SITE, html_part};
use crate::dashboard::html::{brief, count};
use crate::dashboard::page::{back, guards, not_found as page_not_found, page};
use picletter_core::schedule::Zone;
use picletter_sandbox::mail::{Address, Attachment, Mail};

const HTML_PART_POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

const FILE_POLICY: &str = "default-src 'none'; sandbox";

/// Picture types that browsers show without executing content.
const PICTURE_TYPES: [&str; 5] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
];

pub(super) fn router(inbox: Inbox) -> Router {
    Router::new()
        .route("/mails/{id}", get(mail))
        .route("/mails/{id}/html", get(html_part))
        .route("/mails/{id}/text", get(text_part))
        .route("/mails/{id}/attachments/{index}", get(attachment))
        .with_state(inbox)
}

/// The mails, newest first, with their first picture. Times are in the page's zone.
pub(super) fn list(inbox: &Inbox, zone: Option<&Zone>) -> Markup {
    let mails = inbox.mails();
    html! {
        p.small { (count(mails.len(), "mail")) " accepted by the fake of SendGrid" }
        @if mails.is_empty() {
            p.empty { "No mail yet." }
        } @else {
            ol.mails {
                @for (index, mail) in mails.iter().enumerate().rev() {
                    li {
                        a href=(Inbox::page_path(index)) {
                            (monogram(&mail.from))
                            span.from { (name(&mail.from)) }
                            @match zone {
                                Some(zone) => time datetime=(mail.message.received) { (brief(zone, mail.message.received)) },
                                None => (time(mail.message.received)),
                            }
                            span.subject { (mail.subject) }
                            span.to { "to " (addresses(&mail.to)) }
                            @if let Some(picture) = picture(index, mail) {
                                img.preview src=(picture) alt="" loading="lazy";
                            }
                        }
                    }
                }
            }
        }
    }
}

/// URL of the first picture of a mail.
fn picture(index: usize, mail: &Mail) -> Option<String> {
    let attachments = &mail.message.attachments;
    let nth = attachments.iter().position(is_picture)?;
    Some(format!("{}/attachments/{nth}", Inbox::page_path(index)))
}

async fn mail(State(inbox): State<Inbox>, Path(id): Path<usize>) -> Response {
    let Some(mail) = inbox.mail(id) else {
        return not_found();
    };
    let message = &mail.message;
    let content = html! {
        (back("/", "Inbox, runs and schedule"))
        main.letter {
            article {
                header.envelope {
                    h1 { (mail.subject) }
                    div.sender {
                        (monogram(&mail.from))
                        div {
                            p.from { strong { (name(&mail.from)) } " " span { (mail.from.email) } }
                            p.to { "to " (addresses(&mail.to)) }
                        }
                        (time(message.received))
                    }
                    (headers(&mail))
                }
                @if message.html.is_some() {
                    iframe sandbox="allow-popups allow-popups-to-escape-sandbox"
                        src={ "/mails/" (id) "/html" } title="The mail" {}
                } @else if let Some(text) = &message.text {
                    pre.text { (text) }
                }
                footer {
                    @if !message.attachments.is_empty() {
                        h2 { (count(message.attachments.len(), "attachment")) }
                        ul.attachments {
                            @for (index, attachment) in message.attachments.iter().enumerate() {
                                li { (attachment_link(id, index, attachment)) }
                            }
                        }
                    }
                    p.parts {
                        @if message.html.is_some() {
                            a href={ "/mails/" (id) "/html" } { "HTML part alone" }
                        }
                        @if message.text.is_some() {
                            a href={ "/mails/" (id) "/text" } { "Plain text part" }
                        }
                    }
                }
            }
        }
    };
    page(&mail.subject, SITE, false, &content)
}

fn headers(mail: &Mail) -> Markup {
    let row = |name: &str, value: &str| {
        html! { dt { (name) } dd { (value) } }
    };
    html! {
        details {
            summary { "All headers" }
            dl {
                (row("From", &mail.from.to_string()))
                (row("To", &addresses(&mail.to)))
                (row("Subject", &mail.subject))
                (row("Date", &mail.message.received.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()))
                @for (name, value) in &mail.headers { (row(name, value)) }
                (row("X-Message-Id", &mail.message.message_id))
            }
        }
    }
}

fn attachment_link(id: usize, index: usize, attachment: &Attachment) -> Markup {
    let href = format!("/mails/{id}/attachments/{index}");
    html! {
        a href=(href) {
            @if is_picture(attachment) { img src=(href) alt=""; }
            span {
                span.filename { (attachment.filename) }
                span.about {
                    (attachment.media_type) " · " (size(attachment.content.len()))
                    @if attachment.inline { " · shown in the mail" }
                }
            }
        }
    }
}

async fn html_part(State(inbox): State<Inbox>, Path(id): Path<usize>) -> Response {
    let mail = inbox.mail(id);
    match mail
        .as_ref()
        .and_then(|mail| mail.message.html.as_deref().zip(Some(mail)))
    {
        Some((html, mail)) => part(
            "text/html; charset=utf-8",
            HTML_PART_POLICY,
            html_part::rendered(html, &mail.message.attachments),
        ),
        None => not_found(),
    }
}

async fn text_part(State(inbox): State<Inbox>, Path(id): Path<usize>) -> Response {
    match inbox.mail(id).and_then(|mail| mail.message.text.clone()) {
        Some(text) => part("text/plain; charset=utf-8", FILE_POLICY, text),
        None => not_found(),
    }
}

async fn attachment(
    State(inbox): State<Inbox>,
    Path((id, index)): Path<(usize, usize)>,
) -> Response {
    let mail = inbox.mail(id);
    let attachment = mail
        .as_ref()
        .and_then(|mail| mail.message.attachments.get(index));
    match attachment {
        Some(attachment) if is_picture(attachment) => part(
            &attachment.media_type,
            FILE_POLICY,
            attachment.content.clone(),
        ),
        Some(attachment) => (
            [(header::CONTENT_DISPOSITION, "attachment")],
            part(
                "application/octet-stream",
                FILE_POLICY,
                attachment.content.clone(),
            ),
        )
            .into_response(),
        None => not_found(),
    }
}

fn not_found() -> Response {
    page_not_found(SITE, "There is no such mail.")
}

fn part(content_type: &str, policy: &'static str, body: impl IntoResponse) -> Response {
    (
        [(header::CONTENT_TYPE, content_type.to_owned())],
        guards(policy),
        body,
    )
        .into_response()
}

fn is_picture(attachment: &Attachment) -> bool {
    PICTURE_TYPES.contains(&attachment.media_type.as_str())
}

fn name(address: &Address) -> &str {
    if address.name.is_empty() {
        &address.email
    } else {
        &address.name
    }
}

fn monogram(address: &Address) -> Markup {
    let initial = name(address).chars().find(|c| c.is_alphanumeric());
    html! { span.monogram aria-hidden="true" { (initial.unwrap_or('?').to_uppercase()) } }
}

fn addresses(list: &[Address]) -> String {
    let list: Vec<_> = list.iter().map(Address::to_string).collect();
    list.join(", ")
}

fn time(at: Timestamp) -> Markup {
    html! {
        time datetime=(at) { (at.strftime("%-d %b %Y, %H:%M UTC")) }
    }
}

/// A size in decimal units: 1 KB is 1,000 bytes.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => count(bytes, "byte"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
