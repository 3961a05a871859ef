//! Conversion of vendors' HTML to text, and escaping of text for HTML.

/// Elements that do not separate words. All others are replaced by a space.
const INLINE: &str = "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s small span \
    strike strong sub sup time tt u var wbr";
/// Elements whose content is not text.
const HIDDEN: &str = "script style template";

/// The text of a response body: the title of an HTML page if it has one, else as [`html_to_text`].
pub fn page_text(body: &str) -> String {
    let title = title(body).map(|title| plain(&crate::entities::decode(title)));
    title
        .filter(|title| !title.is_empty())
        .unwrap_or_else(|| html_to_text(body))
}

fn title(body: &str) -> Option<&str> {
    if !body.trim_start().starts_with('<') {
        return None;
    }
    let title = &body[find(body, "<title")?..];
    let title = &title[title.find('>')? + 1..];
    Some(&title[..find(title, "</title")?])
}

/// Converts an HTML fragment to text: removes tags, comments, scripts, style sheets, and control
/// characters, decodes entities, and collapses white space. Escape the result before adding it to
/// HTML again.
pub fn html_to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let tag = &rest[open..];
        // `a < b` is text: in a tag, the name directly follows the bracket.
        if !tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            text.push('<');
            rest = &tag[1..];
            continue;
        }
        let name = tag.trim_start_matches(['<', '/']);
        let name = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        let is_one_of = |names: &str| {
            let mut names = names.split_ascii_whitespace();
            names.any(|one| one.eq_ignore_ascii_case(name))
        };
        let end = if tag.starts_with("<!--") {
            tag.find("-->").map(|at| at + 2)
        } else if !tag.starts_with("</") && is_one_of(HIDDEN) {
            find(tag, &format!("</{name}")).and_then(|at| Some(at + tag[at..].find('>')?))
        } else {
            tag.find('>')
        };
        if !name.is_empty() && !is_one_of(INLINE) {
            text.push(' ');
        }
        rest = end.map_or("", |end| &tag[end + 1..]);
    }
    text.push_str(rest);
    plain(&crate::entities::decode(&text))
}

/// The offset of `ascii` in `text`, ignoring ASCII case.
fn find(text: &str, ascii: &str) -> Option<usize> {
    let mut windows = text.as_bytes().windows(ascii.len());
    windows.position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}

/// Converts to one line: every sequence of white space and control characters becomes one space.
pub fn plain(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Escapes for HTML text and double-quoted attributes.
pub(crate) fn escape(text: &str) -> String {
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

/// Truncates to at most `limit` characters at a word boundary. Marks a cut with an ellipsis.
pub fn shortened(text: &str, limit: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(limit) else {
        return text.to_owned();
    };
    let head = &text[..cut];
    let head = head.rfind(' ').map_or(head, |space| &head[..space]);
    format!("{}…", head.trim_end_matches([',', '.', ';', ':', ' ']))
}
