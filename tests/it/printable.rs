//! Escaping of control characters in text from outside.

use std::borrow::Cow;

use picletter_core::printable::printable;

#[test]
fn escapes_characters_that_set_the_direction_of_text() {
    assert_eq!(
        printable("gpj\u{202e}exe \u{2066}שלום\u{2069}", false),
        r"gpj\u202eexe \u2066שלום\u2069"
    );
}

#[test]
fn escapes_control_characters_and_optionally_keeps_colors() {
    let text = "\u{1b}[31mred\u{1b}[0m\t\u{1b}]0;title\u{7}\u{1b}[2J\r\n\rx\u{9b}\u{7f}\0";
    let title = r"\u{1b}]0;title\u{7}\u{1b}[2J";
    let end = format!("{title}\r\n{}", r"\rx\u009b\u007f\u{0}");
    assert_eq!(
        printable(text, false),
        format!("{}\t{end}", r"\u{1b}[31mred\u{1b}[0m")
    );
    assert_eq!(
        printable(text, true),
        format!("\u{1b}[31mred\u{1b}[0m\t{end}")
    );
    assert!(matches!(printable("größe\n", false), Cow::Borrowed(_)));
}
