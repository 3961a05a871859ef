//! `[mail]` and the worker's other config vars.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use jiff::Timestamp;
use picletter::config::Style;
use picletter_worker::settings::NAMES;

use super::{MAIL, parse, said, with};

#[test]
fn the_workers_own_mistakes_are_told_before_it_is_deployed() {
    let text = with("every = \"day\"", "").replace("y@x.example", "nobody");
    assert_snapshot!(said(&text));
    // Another command's config vars are its own business, but for those of ours.
    for rest in [
        "command = \"rake digest\"",
        "command = \"bin/worker\"\n[run]\nreport = \"shell\"",
    ] {
        let text = with("every = \"day\"", rest);
        let own = text.replace(MAIL, "[config]\nRECEIVER_EMAIL = \"nobody\"");
        assert!(parse(&own).is_ok(), "{rest}");
        let ours = said(&text.replace("y@x.example", "nobody"));
        assert!(
            ours.contains("`to` address 1 is not a mail address"),
            "{ours}"
        );
    }
}

#[test]
fn a_slip_within_the_subjects_braces_is_a_warning() {
    let warned = |subject: &str| {
        let text = with("every = \"day\"", "") + &format!("subject = \"{subject}\"\n");
        let config = parse(&text).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let told = warned("{titel} of {date} by {nobody}");
    assert!(told.contains("in the place of `{titel}`"), "{told}");
    assert!(told.contains("did you mean `{title}`?"), "{told}");
    assert_eq!(told.matches("did you mean").count(), 1, "{told}");
    assert_eq!(warned("{title}, {date}, {"), "");
}

#[test]
fn several_receivers_are_a_list_or_one_text() {
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
fn every_variable_that_the_worker_reads_is_known() {
    let code = include_str!("../../../crates/worker/src/settings/read.rs");
    let read: BTreeSet<&str> = code
        .split('"')
        .filter(|text| {
            text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        })
        .collect();
    assert_eq!(read, BTreeSet::from(NAMES));
}
