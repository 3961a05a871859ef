//! Finds secrets in arbitrary text by their shape.

use std::iter;
use std::ops::Range;

use crate::config::SECRET_PREFIXES;
use picletter_worker::mask::MASKED;

/// Minimum length of a secret; shorter text is an ordinary word.
const SHORTEST_KEY: usize = 16;

/// The query parameter of a signature: plain, percent-encoded once, or twice.
const SIGNATURES: [&str; 3] = ["sig=", "sig%3d", "sig%253d"];

/// The positions of secrets with a known shape, in order: keys of known vendors, signatures in
/// URLs, user and password in URLs, and private keys in PEM. Runs in linear time.
pub(super) fn positions(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    iter::from_fn(move || {
        while at < text.len() {
            match secret_at(text, at) {
                Some(range) if range.end > at => {
                    at = range.end;
                    return Some(range);
                }
                _ => at = text.ceil_char_boundary(at + 1),
            }
        }
        None
    })
}

/// The position of the secret recognized by the text at `at`.
fn secret_at(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    match rest.as_bytes().first()? {
        b's' | b'S' => signature(text, at).or_else(|| key(text, at)),
        b':' => url_user(rest).map(|length| at + 3..at + 3 + length),
        b'P' => private_key(rest).map(|range| at + range.start..at + range.end),
        _ => key(text, at),
    }
}

fn signature(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let name = SIGNATURES.into_iter().find(|name| {
        let beginning = rest.get(..name.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(name))
    })?;
    // First, because the rest may be long, and is scanned only once if it is masked.
    if !is_word_start(text, at) {
        return None;
    }
    let start = at + name.len();
    let is_of_value = |c: char| c.is_ascii_alphanumeric() || "-_.~%+/=".contains(c);
    let length = prefix_length(&text[start..], is_of_value);
    (length > 0).then_some(start..start + length)
}

fn key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let (beginning, _) = SECRET_PREFIXES
        .iter()
        .find(|(beginning, _)| rest.starts_with(beginning))?;
    if !is_word_start(text, at) {
        return None;
    }
    let body = &rest[beginning.len()..];
    let (skipped, length) = match *beginning {
        // The host is not secret.
        "https://hooks." => {
            let host = body.find(|c: char| !c.is_ascii_alphanumeric() && !"-.:".contains(c))?;
            let path = body[host..].strip_prefix('/')?;
            let is_of_path = |c: char| c.is_ascii_alphanumeric() || "-_.~%+/=?&@:".contains(c);
            (beginning.len() + host + 1, prefix_length(path, is_of_path))
        }
        "Bearer " => {
            let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
            let length = prefix_length(body, is_of_token);
            let has_digit = body[..length].contains(|c: char| c.is_ascii_digit());
            (beginning.len(), if has_digit { length } else { 0 })
        }
        _ => {
            let is_of_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            (0, prefix_length(body, is_of_key))
        }
    };
    if length < SHORTEST_KEY {
        return None;
    }
    let end = match skipped {
        0 => beginning.len() + length,
        skipped => skipped + length,
    };
    Some(at + skipped..at + end)
}

/// The length of user and password after `://`. A short user without a password is not secret.
fn url_user(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix("://")?;
    let is_end = |c: char| c.is_whitespace() || c.is_control() || "/?#\"'`<>".contains(c);
    let authority = &behind[..behind.find(is_end).unwrap_or(behind.len())];
    let user = &authority[..authority.rfind('@')?];
    (user.contains(':') || user.len() >= SHORTEST_KEY).then_some(user.len())
}

/// The position of a private key in PEM, from the end of its first line to its last line.
fn private_key(rest: &str) -> Option<Range<usize>> {
    const BEGINNING: &str = "PRIVATE KEY-----";
    let body = rest.strip_prefix(BEGINNING)?;
    // Within JSON, line breaks are escaped.
    let first = body.trim_start_matches(['\n', '\r', ' ', '\\', 'n', 'r']);
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    if prefix_length(first, is_base64) < SHORTEST_KEY {
        return None;
    }
    let start = rest.len() - first.len();
    let end = first.find("-----").unwrap_or(first.len());
    Some(start..start + end)
}

/// The number of leading bytes that are such characters or already masked, without a trailing full
/// stop.
fn prefix_length(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    let mut length = 0;
    loop {
        let rest = &text[length..];
        if rest.starts_with(MASKED) {
            length += MASKED.len();
            continue;
        }
        match rest.chars().next() {
            Some(c) if is_part(c) => length += c.len_utf8(),
            _ => return text[..length].trim_end_matches('.').len(),
        }
    }
}

/// Whether a word begins there: not after a letter or digit, unless that is part of an escape, such
/// as `%26`, `\n`, `\u0026`, or a color.
fn is_word_start(text: &str, at: usize) -> bool {
    let before = &text.as_bytes()[..at];
    let Some(last) = before.last() else {
        return true;
    };
    if !last.is_ascii_alphanumeric() && *last != b'_' {
        return true;
    }
    let is_hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    let ends = |mark: &str, digits: usize| {
        let start = before.len().checked_sub(mark.len() + digits);
        start.is_some_and(|start| {
            before[start..].starts_with(mark.as_bytes()) && is_hex(&before[start + mark.len()..])
        })
    };
    matches!(before, [.., b'\\', b'n' | b'r' | b't'])
        || ends("%", 2)
        || ends("%25", 2)
        || ends("\\u", 4)
        || is_behind_color(before)
}

fn is_behind_color(before: &[u8]) -> bool {
    let Some(numbers) = before.strip_suffix(b"m") else {
        return false;
    };
    let other = |byte: &u8| !byte.is_ascii_digit() && *byte != b';';
    let mark = numbers.iter().rposition(other);
    mark.is_some_and(|mark| numbers[mark] == b'[')
}
