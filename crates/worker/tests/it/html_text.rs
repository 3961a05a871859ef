//! Conversion of HTML to text.

use picletter_worker::html_text::{html_to_text, page_text, shortened};

#[test]
fn removes_tags_decodes_entities_and_collapses_space() {
    for (html, text) in [
        (
            "<a href=\"//x\" title=\"User:P\">Diego&nbsp;Delso</a>",
            "Diego Delso",
        ),
        ("A &amp; B<br>C\n <!-- <b>no</b> -->D", "A & B C D"),
        ("1 < 2 &lt;b&gt;", "1 < 2 <b>"),
        ("caf&eacute; &#039;x&#039;\u{7}", "café 'x'"),
        ("open <a href=", "open"),
        (
            "<style data-x>.a{color:red}</style>\n<H1>Not\u{e9}</H1><p>Ask <b>w</b>ho<td>x</td><td>y",
            "Noté Ask who x y",
        ),
        ("a<script>if (a</b/.c) {}</SCRIPT >b<script>c", "a b"),
        (
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>No</Message></Error>",
            "AccessDenied No",
        ),
    ] {
        assert_eq!(html_to_text(html), text);
    }
}

#[test]
fn prefers_the_title_of_a_page() {
    for (body, text) in [
        (
            "<!doctype html><html><head><style>p{}</style><TITLE lang=en>\n 403&nbsp;Forbidden </TITLE></head><body>Much",
            "403 Forbidden",
        ),
        (
            "\n<html><title></title><style>b{}</style><body><h1>Blocked</h1><p>by proxy</p>",
            "Blocked by proxy",
        ),
        ("<html><title>cut", "cut"),
        (
            "{\"error\":\"no <title>x</title>\"}",
            "{\"error\":\"no x \"}",
        ),
        ("plain text", "plain text"),
    ] {
        assert_eq!(page_text(body), text);
    }
}

#[test]
fn truncates_long_text_at_a_word() {
    assert_eq!(shortened("one two, three", 10), "one two…");
    assert_eq!(shortened("one", 10), "one");
}

#[test]
fn decodes_names_and_numbers_once_and_leaves_other_text() {
    for (text, decoded) in [
        (
            "caf&eacute; &#8217;n&#x27; &yuml;&nbsp;&AElig;",
            "café ’n' ÿ Æ",
        ),
        ("&amp;lt; &amp;", "&lt; &"),
        (
            "R&D; AT&T & &; &#; &#xd800; &unknown;",
            "R&D; AT&T & &; &#; &#xd800; &unknown;",
        ),
        ("é&é;&", "é&é;&"),
    ] {
        assert_eq!(html_to_text(text), decoded);
    }
}
