//! Composes the mail: a pure function of settings, picture, and date.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::civil::Date;
use reqwest::Url;

use crate::address::Mailbox;
use crate::html_text::{escape, plain, shortened};
use crate::payload::{
    Attachment, Content, Headers, Payload, Personalization, SendOptions, Switch, Text,
};
use crate::picture::{CreditPart, Embed, Embedded, Picture};

/// The content ID under which the HTML refers to the attachment.
pub const CONTENT_ID: &str = "picture";

/// Maximum width of the picture, in CSS pixels.
const WIDTH: u32 = 640;
/// In characters. RFC 5322 allows 998 octets per line; inboxes show far fewer.
const SUBJECT_LIMIT: usize = 200;

/// Settings of the mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `BOT_EMAIL`.
    pub sender: Mailbox,
    /// `RECEIVER_EMAIL`, at least one.
    pub receivers: Vec<Mailbox>,
    /// `MAIL_SUBJECT`, a template.
    pub subject: String,
    /// `MAIL_EMBED`.
    pub embed: Embed,
    /// `SENDGRID_SANDBOX`: validate without sending.
    pub sandbox: bool,
}

/// Composes the mail for `date`.
pub fn compose(settings: &MailSettings, picture: &Picture, date: Date) -> Payload {
    let (src, picture_in_html, attachment) = match &picture.embedded {
        Embedded::Attached(encoded) => {
            let attachment = Attachment {
                content: encoded.base64.clone(),
                mime: encoded.kind.mime(),
                filename: format!("picletter-{date}.{}", encoded.kind.extension()),
                disposition: "inline",
                content_id: CONTENT_ID,
            };
            (format!("cid:{CONTENT_ID}"), Bytes::new(), Some(attachment))
        }
        Embedded::InHtml(encoded) => (
            format!("data:{};base64,", encoded.kind.mime()),
            encoded.base64.clone(),
            None,
        ),
        Embedded::Linked(url) => (escape(url.as_str()), Bytes::new(), None),
    };
    let (before, after) = html(picture, date, &src);
    Payload {
        personalizations: settings
            .receivers
            .iter()
            .map(|receiver| Personalization {
                to: [receiver.clone()],
            })
            .collect(),
        from: settings.sender.clone(),
        subject: subject(&settings.subject, picture, date),
        content: vec![
            Content {
                mime: "text/plain",
                value: Text::plain(text(picture, date)),
            },
            Content {
                mime: "text/html",
                value: Text {
                    before,
                    picture: picture_in_html,
                    after,
                },
            },
        ],
        attachments: attachment.into_iter().collect(),
        headers: (settings.receivers.len() > 1).then(|| Headers {
            list_unsubscribe: format!("<mailto:{}?subject=unsubscribe>", settings.sender.email),
        }),
        mail_settings: settings.sandbox.then_some(SendOptions {
            sandbox_mode: Switch { enable: true },
        }),
    }
}

fn heading(picture: &Picture) -> &str {
    picture
        .info
        .title
        .as_deref()
        .filter(|title| !title.is_empty())
        .unwrap_or("Picture of the day")
}

fn subject(template: &str, picture: &Picture, date: Date) -> String {
    // Replace `{date}` first: a title may contain `{date}`, which must stay as it is.
    let subject = template
        .replace("{date}", &date.to_string())
        .replace("{title}", heading(picture));
    shortened(&plain(&subject), SUBJECT_LIMIT)
}

fn text(picture: &Picture, date: Date) -> String {
    let info = &picture.info;
    let mut text = format!("{}\n{date}\n\n", heading(picture));
    if info.alt != heading(picture) {
        let _ = writeln!(text, "{}\n", info.alt);
    }
    if let Embedded::Linked(url) = &picture.embedded {
        let _ = writeln!(text, "{url}\n");
    }
    for CreditPart { text: part, link } in &info.credit {
        text.push_str(part);
        if let Some(link) = link.as_ref().filter(|link| is_web(link)) {
            let _ = write!(text, " <{link}>");
        }
    }
    text.push('\n');
    text
}

/// The HTML before and after the end of the picture's URL.
fn html(picture: &Picture, date: Date, src: &str) -> (String, String) {
    let info = &picture.info;
    let title = escape(heading(picture));
    let alt = escape(&info.alt);
    let preheader = escape(if info.alt == heading(picture) {
        ""
    } else {
        &info.alt
    });
    let before = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:0;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="display:none;max-height:0;overflow:hidden">{preheader}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="{WIDTH}" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:{WIDTH}px">
<tr><td><img src="{src}"#
    );
    let heading = match info.page.as_ref().filter(|page| is_web(page)) {
        Some(page) => {
            format!(
                r#"<a href="{}" style="color:inherit;text-decoration:none">{title}</a>"#,
                escape(page.as_str())
            )
        }
        None => title,
    };
    let caption = if preheader.is_empty() {
        String::new()
    } else {
        format!("<p style=\"margin:8px 0 0;font-size:15px;line-height:1.5\">{preheader}</p>\n")
    };
    let after = format!(
        r#"" alt="{alt}" width="{WIDTH}" style="display:block;width:100%;max-width:{WIDTH}px;height:auto;border:0;border-radius:6px"></td></tr>
<tr><td style="padding:16px 4px 0">
<h1 style="margin:0;font-size:20px;line-height:1.3;font-weight:600">{heading}</h1>
{caption}<p style="margin:12px 0 0;font-size:13px;line-height:1.5;color:#767676">{date} · {credit}</p>
</td></tr>
</table>
</td></tr></table>
</body>
</html>
"#,
        credit = credit(&info.credit)
    );
    (before, after)
}

// Keeps `javascript:` links in a vendor's response out of the mail.
fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}

fn credit(parts: &[CreditPart]) -> String {
    parts
        .iter()
        .map(
            |CreditPart { text, link }| match link.as_ref().filter(|link| is_web(link)) {
                Some(link) => {
                    format!(
                        r#"<a href="{}" style="color:#767676">{}</a>"#,
                        escape(link.as_str()),
                        escape(text)
                    )
                }
                None => escape(text),
            },
        )
        .collect()
}
