//! Text out of the HTML that vendors put into their answers, and safe text back into ours.

/// The text of an HTML fragment: tags and comments dropped, entities decoded, space collapsed,
/// control characters removed. What comes out is text, to be escaped before it enters HTML again.
pub(crate) fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let tag = &rest[open..];
        // `a < b` is text: a tag's name follows its bracket at once.
        if !tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            text.push('<');
            rest = &tag[1..];
            continue;
        }
        let end = if tag.starts_with("<!--") {
            tag.find("-->").map(|at| at + 2)
        } else {
            tag.find('>')
        };
        if ["<br", "<p", "<div", "<li", "</p"]
            .iter()
            .any(|block| tag.starts_with(block))
        {
            text.push(' ');
        }
        rest = end.map_or("", |end| &tag[end + 1..]);
    }
    text.push_str(rest);
    plain(&super::entities::decode(&text))
}

/// One line of plain text: every run of white space and control characters is one space.
pub(crate) fn plain(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Escapes for HTML text and double-quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// At most `limit` characters, cut at a word, with an ellipsis where something is missing.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(limit) else {
        return text.to_owned();
    };
    let head = &text[..cut];
    let head = head.rfind(' ').map_or(head, |space| &head[..space]);
    format!("{}…", head.trim_end_matches([',', '.', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_entities_are_decoded_and_space_collapses() {
        for (html, text) in [
            (
                "<a href=\"//x\" title=\"User:P\">Diego&nbsp;Delso</a>",
                "Diego Delso",
            ),
            ("A &amp; B<br>C\n <!-- <b>no</b> -->D", "A & B C D"),
            ("1 < 2 &lt;b&gt;", "1 < 2 <b>"),
            ("caf&eacute; &#039;x&#039;\u{7}", "café 'x'"),
            ("open <a href=", "open"),
        ] {
            assert_eq!(text_of(html), text);
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_word() {
        assert_eq!(shortened("one two, three", 10), "one two…");
        assert_eq!(shortened("one", 10), "one");
    }
}
