//! Masking of secrets and addresses in text that leaves the process.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// The replacement for a secret.
pub const MASKED: &str = "[secret]";

/// Any part of a secret of this many bytes is masked. A shorter secret is only masked as a whole.
const WINDOW: usize = size_of::<u128>();

/// Minimum length of a secret, in bytes. Shorter values are not masked: they occur within words and
/// numbers.
const MIN_SECRET_LENGTH: usize = 6;

/// Binary logarithm of the number of bits in the filter.
const FILTER_BITS: u32 = 18;

/// Secrets and addresses with their replacements. Matching ignores ASCII case.
#[derive(Clone, Default)]
pub struct Mask {
    /// Every window of [`WINDOW`] bytes of every secret.
    windows: BTreeSet<u128>,
    /// A Bloom filter over `windows`, which avoids most look-ups.
    filter: Vec<u64>,
    /// Texts that are only masked as a whole, with their replacements.
    whole: Vec<(String, String)>,
}

impl Mask {
    /// Adds a secret. Masks the secret, each of its lines, and any part of at least 16 bytes, also
    /// percent-encoded or escaped for JSON. Does not mask the scheme and host of a URL, or the
    /// first and last line of a PEM.
    pub fn add_secret(&mut self, secret: &str) {
        for part in private_parts(secret) {
            for text in std::iter::once(part).chain(part.lines().map(str::trim)) {
                for form in forms(text) {
                    self.add_form(&form);
                }
            }
        }
    }

    /// Adds an address that is replaced by `replacement`.
    pub fn add_address(&mut self, address: &str, replacement: String) {
        self.add_whole(address.to_ascii_lowercase(), replacement);
    }

    /// Returns `text` with all secrets and addresses masked.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replace(text, self.find(text))
    }

    fn add_whole(&mut self, text: String, replacement: String) {
        let whole = (text, replacement);
        if !self.whole.contains(&whole) {
            self.whole.push(whole);
        }
    }

    fn add_form(&mut self, form: &str) {
        let form = form.to_ascii_lowercase();
        if (MIN_SECRET_LENGTH..WINDOW).contains(&form.len()) {
            self.add_whole(form, MASKED.to_owned());
            return;
        }
        self.filter
            .resize(1 << (FILTER_BITS - u64::BITS.ilog2()), 0);
        for (_, window) in windows(&form) {
            if self.windows.insert(window) {
                let (word, bit) = filter_bit(window);
                self.filter[word] |= bit;
            }
        }
    }

    /// The ranges to mask, in order and without overlap, with their replacements.
    fn find(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        if !self.windows.is_empty() {
            for (end, window) in windows(text) {
                let (word, bit) = filter_bit(window);
                if self.filter[word] & bit != 0 && self.windows.contains(&window) {
                    add(&mut found, end - WINDOW..end, MASKED);
                }
            }
        }
        if !self.whole.is_empty() {
            let lower = text.to_ascii_lowercase();
            for (whole, replacement) in &self.whole {
                let ranges = lower.match_indices(whole.as_str());
                found.extend(ranges.map(|(at, _)| (at..at + whole.len(), replacement.as_str())));
            }
            found.sort_by_key(|(range, _)| range.start);
        }
        let mut apart = Vec::with_capacity(found.len());
        for (range, replacement) in found {
            // A window may start or end within a multi-byte character.
            let range = text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end);
            add(&mut apart, range, replacement);
        }
        apart
    }
}

/// Replaces each range of `text`. The ranges must be in order and must not overlap.
pub fn replace<'a, 'b>(
    text: &'a str,
    ranges: impl IntoIterator<Item = (Range<usize>, &'b str)>,
) -> Cow<'a, str> {
    let (mut masked, mut from) = (String::new(), 0);
    for (range, replacement) in ranges {
        masked.push_str(&text[from..range.start]);
        masked.push_str(replacement);
        from = range.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[from..]);
    Cow::Owned(masked)
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask").finish_non_exhaustive()
    }
}

/// Appends a range that does not start before the last one. Merges ranges that touch or overlap;
/// the replacement of the longest one applies.
fn add<'a>(found: &mut Vec<(Range<usize>, &'a str)>, range: Range<usize>, replacement: &'a str) {
    match found.last_mut() {
        Some((last, last_replacement)) if range.start <= last.end => {
            if range.len() > last.len() {
                *last_replacement = replacement;
            }
            last.end = last.end.max(range.end);
        }
        _ => found.push((range, replacement)),
    }
}

/// Every window of [`WINDOW`] bytes of a text in lower case, each with its end offset.
fn windows(text: &str) -> impl Iterator<Item = (usize, u128)> {
    let mut window = 0;
    let ends = text.bytes().enumerate().map(move |(at, byte)| {
        window = window << 8 | u128::from(byte.to_ascii_lowercase());
        (at + 1, window)
    });
    ends.skip(WINDOW - 1)
}

/// The word and the bit of the filter for a window, from a Fibonacci hash.
fn filter_bit(window: u128) -> (usize, u64) {
    #[allow(clippy::cast_possible_truncation, reason = "halves, which are mixed")]
    let mixed = (window as u64 ^ (window >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = mixed >> (u64::BITS - FILTER_BITS);
    let word = usize::try_from(hash / u64::from(u64::BITS)).unwrap_or_default();
    (word, 1 << (hash % u64::from(u64::BITS)))
}

/// The parts of a secret that are actually secret.
fn private_parts(secret: &str) -> Vec<&str> {
    if secret.contains("-----BEGIN ") {
        let between = secret.split("-----").map(str::trim);
        let is_label = |part: &&str| part.starts_with("BEGIN ") || part.starts_with("END ");
        return between.filter(|part| !is_label(part)).collect();
    }
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    match secret.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => url_parts(rest),
        _ => vec![secret],
    }
}

/// The private parts of a URL without its scheme: user, password, path, and query. A short path
/// keeps its slash, because without it the path may be an ordinary word. If none of these parts is
/// long enough, the host is the secret.
fn url_parts(rest: &str) -> Vec<&str> {
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let password = user.and_then(|user| user.split_once(':'));
    let query = path.find('?').map(|at| &path[at..]);
    let parts = [
        user,
        password.map(|(_, password)| password),
        Some(without_mark(path)),
        query.map(without_mark),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.iter().all(|part| part.len() < MIN_SECRET_LENGTH) {
        vec![authority]
    } else {
        parts
    }
}

/// Removes the slash of a path or the question mark of a query, unless the part is short.
fn without_mark(part: &str) -> &str {
    match part.get(1..) {
        Some(rest) if rest.len() >= WINDOW => rest,
        _ => part,
    }
}

/// The forms of a secret: verbatim, escaped for JSON, form-encoded, and percent-encoded.
fn forms(secret: &str) -> [String; 4] {
    let in_json = serde_json::Value::from(secret).to_string();
    let in_json = in_json[1..in_json.len() - 1].to_owned();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let in_url = in_form.replace('+', "%20");
    [secret.to_owned(), in_json, in_form, in_url]
}
