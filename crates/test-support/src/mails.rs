//! Every kind of mail that the worker composes, for snapshots and for validation against SendGrid's
//! schema.

use jiff::civil::{Date, date};
use picletter_worker::compose::{MailSettings, compose};
use picletter_worker::payload::Payload;
use picletter_worker::picture::{CreditPart, Embedded, Encoded, Picture, PictureInfo, SourceName};
use picletter_worker::settings::{self, Variables};
use picletter_worker::sources::{nasa, picsum, unsplash, wikimedia};

const DAY: Date = date(2026, 11, 24);

/// All mails with their names.
pub fn all() -> Vec<(&'static str, Payload)> {
    let names =
        r#""Müller, Jörg" <joerg@x.example>, "Anna \"Ann\" O'Hara" <ann@y.example>, c@z.example"#;
    let hostile = PictureInfo {
        title: Some(r#"<script>alert("1")</script> & "quotes""#.to_owned()),
        alt: r#"" onload="alert(1)"#.to_owned(),
        page: "javascript:alert(1)".parse().ok(),
        credit: vec![CreditPart::link(
            "<b>me</b>",
            "javascript:alert(2)".parse().ok(),
        )],
        ..wikimedia_info()
    };
    let broken = PictureInfo {
        title: Some("One\r\nBcc: two {date}".to_owned()),
        ..wikimedia_info()
    };
    let escaped = PictureInfo {
        title: Some(r"\u007f and \u0001 in the title".to_owned()),
        ..wikimedia_info()
    };
    let subject = [("MAIL_SUBJECT", "{date}: {title}")];
    let mail =
        |pairs: &[(&str, &str)], picture: Picture| compose(&mail_settings(pairs), &picture, DAY);
    vec![
        ("one_receiver", mail(&[], attached(wikimedia_info()))),
        (
            "three_receivers_with_names",
            mail(&[("RECEIVER_EMAIL", names)], attached(wikimedia_info())),
        ),
        ("embed_cid", mail(&[], attached(nasa_info()))),
        ("embed_link", mail(&[], linked(wikimedia_info()))),
        ("embed_data_uri", mail(&[], in_html(wikimedia_info()))),
        ("credit_unsplash", mail(&[], linked(unsplash_info()))),
        ("credit_nasa", mail(&[], linked(nasa_info()))),
        ("credit_picsum", mail(&[], attached(picsum_info()))),
        ("credit_url", mail(&[], attached(url_info()))),
        ("hostile_title", mail(&subject, attached(hostile))),
        ("newline_in_title", mail(&subject, attached(broken))),
        ("escapes_in_title", mail(&subject, attached(escaped))),
        (
            "sandbox_mode",
            mail(&[("SENDGRID_SANDBOX", "1")], attached(wikimedia_info())),
        ),
    ]
}

fn mail_settings(pairs: &[(&str, &str)]) -> MailSettings {
    let defaults = [
        ("BOT_EMAIL", "Picletter <bot@example.com>"),
        ("RECEIVER_EMAIL", "reader@example.com"),
        ("SG_KEY", "SG.id.secret"),
    ];
    let mut vars: Variables = pairs.iter().copied().collect();
    for (name, value) in defaults {
        vars.set_default(name, value);
    }
    settings::read(&vars, None).settings.unwrap().mail
}

fn wikimedia_info() -> PictureInfo {
    wikimedia::read(include_bytes!("../../worker/tests/fixtures/wikimedia.json")).unwrap()
}

fn nasa_info() -> PictureInfo {
    nasa::read(include_bytes!(
        "../../worker/tests/fixtures/nasa-basic-image.json"
    ))
    .unwrap()
}

fn unsplash_info() -> PictureInfo {
    unsplash::read(include_bytes!(
        "../../worker/tests/fixtures/unsplash-random.json"
    ))
    .unwrap()
}

fn picsum_info() -> PictureInfo {
    let seed = "https://picsum.photos/seed/2026-11-24".parse().unwrap();
    picsum::read(
        include_bytes!("../../worker/tests/fixtures/picsum-info.json"),
        &seed,
    )
    .unwrap()
}

fn url_info() -> PictureInfo {
    let url: reqwest::Url = "https://pictures.example/daily?w=1&h=2".parse().unwrap();
    PictureInfo {
        source: SourceName::Url,
        title: None,
        alt: "Picture of the day".to_owned(),
        page: None,
        credit: vec![
            CreditPart::text("Picture from "),
            CreditPart::link("pictures.example", url.join("/").ok()),
        ],
        url,
        ..wikimedia_info()
    }
}

fn photograph() -> Encoded {
    Encoded::new(crate::ROCKET).unwrap()
}

fn attached(info: PictureInfo) -> Picture {
    Picture {
        info,
        embedded: Embedded::Attached(photograph()),
    }
}

fn in_html(info: PictureInfo) -> Picture {
    Picture {
        info,
        embedded: Embedded::InHtml(photograph()),
    }
}

fn linked(info: PictureInfo) -> Picture {
    let url = info.url.clone();
    Picture {
        info,
        embedded: Embedded::Linked(url),
    }
}
