//! Mail addresses: parsing and display.

use picletter_worker::address::{AddressError, ListError, Mailbox};

#[test]
fn parses_quoted_names_with_commas_and_umlauts() {
    let list = Mailbox::parse_list(
        r#"a@b.example, "Müller, \"Jo\" Jörg" <jo@x.example>,Zoë O'Hara <zoe@y.example>"#,
    )
    .unwrap();
    let names: Vec<_> = list.iter().map(|m| m.name.as_deref()).collect();
    assert_eq!(
        names,
        [None, Some(r#"Müller, "Jo" Jörg"#), Some("Zoë O'Hara")]
    );
}

#[test]
fn display_round_trips_through_parse() {
    let list = [
        "a@b.example",
        "Zoë O'Hara <zoe@y.example>",
        r"A \ B <a@b.example>",
        r#""Müller, \"Jo\" \\ Jörg" <jo@x.example>"#,
        r#"" outer space " <a@b.example>"#,
    ]
    .join(", ");
    let mailboxes = Mailbox::parse_list(&list).unwrap();
    let displayed: Vec<_> = mailboxes.iter().map(Mailbox::to_string).collect();
    assert_eq!(displayed.join(", "), list);
}

#[test]
fn rejects_invalid_addresses() {
    for text in [
        "", "a", "a@b", "a@@b.c", "a b@c.d", "a@b..c", "a@-b.c", "<a@b.c", "é@b.c",
    ] {
        assert!(Mailbox::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(
        Mailbox::parse("A <a@b.c>\nBcc: x@y.z"),
        Err(AddressError::Control)
    );
    assert_eq!(
        Mailbox::parse_list("a@b.c,,d@e.f"),
        Err(vec![ListError {
            number: 2,
            error: AddressError::Empty
        }])
    );
    let unclosed = Mailbox::parse_list("\"A <a@b.c>").unwrap_err();
    assert_eq!(unclosed[0].error, AddressError::Unclosed);
}
