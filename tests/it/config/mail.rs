//! `[mail]` and the worker's other config vars.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use jiff::Timestamp;
use picletter_core::config::Style;
use picletter_worker::settings::NAMES;

use super::{MAIL, error_text, parse, with};

#[test]
fn reports_errors_that_the_worker_would_reject() {
    let text = with("every = \"day\"", "").replace("y@x.example", "nobody");
    assert_snapshot!(error_text(&text));
    // For other commands, only [mail] and [picture] are validated, not [config].
    for rest in [
        "command = \"rake digest\"",
        "command = \"bin/worker\"\n[run]\nreport = \"shell\"",
    ] {
        let text = with("every = \"day\"", rest);
        let with_config = text.replace(MAIL, "[config]\nRECEIVER_EMAIL = \"nobody\"");
        assert!(parse(&with_config).is_ok(), "{rest}");
        let ours = error_text(&text.replace("y@x.example", "nobody"));
        assert!(
            ours.contains("`to` address 1 is not a mail address"),
            "{ours}"
        );
    }
}

#[test]
fn warns_about_misspelled_placeholders_in_the_subject() {
    let warned = |subject: &str| {
        let text = with("every = \"day\"", "") + &format!("subject = \"{subject}\"\n");
        let config = parse(&text).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let error = warned("{titel} of {date} by {nobody}");
    assert!(error.contains("unknown placeholder `{titel}`"), "{error}");
    assert!(error.contains("did you mean `{title}`?"), "{error}");
    assert_eq!(error.matches("did you mean").count(), 1, "{error}");
    assert_eq!(warned("{title}, {date}, {"), "");
}

#[test]
fn accepts_receivers_as_a_list_or_one_text() {
    let receivers = |to: &str| {
        let text = with("every = \"day\"", "").replace("\"y@x.example\"", to);
        parse(&text).unwrap().config_vars().remove("RECEIVER_EMAIL")
    };
    for (to, var) in [
        ("\"a@x.example, b@x.example\"", "a@x.example, b@x.example"),
        (
            "[\"a@x.example\", \"b@x.example\"]",
            "a@x.example, b@x.example",
        ),
        (
            r#"['"Doe, Jo" <a@x.example>', "B <b@x.example>"]"#,
            r#""Doe, Jo" <a@x.example>, B <b@x.example>"#,
        ),
    ] {
        assert_eq!(receivers(to).as_deref(), Some(var), "{to}");
    }
}

#[test]
fn names_contain_every_variable_that_the_worker_reads() {
    let code = include_str!("../../../crates/worker/src/settings/read.rs");
    let read: BTreeSet<&str> = code
        .split('"')
        .filter(|text| {
            text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        })
        .collect();
    assert_eq!(read, BTreeSet::from(NAMES));
}
