//! Masks secrets and addresses in text that leaves the process.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// What stands in a secret's place.
pub const MASKED: &str = "[secret]";

/// A run of a secret of this many bytes is masked wherever it occurs; a shorter secret only as a
/// whole.
const RUN: usize = size_of::<u128>();

/// Shorter values are not secrets, and occur in the middle of words and numbers.
const SHORTEST: usize = 6;

/// Bits of the filter in front of the runs, as a power of two.
const FILTER_BITS: u32 = 18;

/// Secrets and addresses, and what is shown in their place. ASCII letters match in either case.
#[derive(Clone, Default)]
pub struct Mask {
    /// Every [`RUN`] bytes of every secret.
    runs: BTreeSet<u128>,
    /// One bit for each hash of a run, which rules out most of a text without a look at `runs`.
    filter: Vec<u64>,
    /// Texts that are only masked as a whole, and what is shown instead.
    whole: Vec<(String, String)>,
}

impl Mask {
    /// Masks a secret from now on: itself, each of its lines, and any 16 bytes or more of it, also
    /// percent-encoded or escaped for JSON. Of a URL, scheme and host are not part of the secret; of
    /// a PEM, its first and last line are not.
    pub fn add_secret(&mut self, secret: &str) {
        for part in private_parts(secret) {
            for text in std::iter::once(part).chain(part.lines().map(str::trim)) {
                for form in forms(text) {
                    self.add_form(&form);
                }
            }
        }
    }

    /// Shows `shown` in the place of `address` from now on.
    pub fn add_address(&mut self, address: &str, shown: String) {
        self.add_whole(address.to_ascii_lowercase(), shown);
    }

    /// `text` with everything masked that must not be shown.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replace(text, self.find(text))
    }

    fn add_whole(&mut self, text: String, shown: String) {
        let whole = (text, shown);
        if !self.whole.contains(&whole) {
            self.whole.push(whole);
        }
    }

    fn add_form(&mut self, form: &str) {
        let form = form.to_ascii_lowercase();
        if (SHORTEST..RUN).contains(&form.len()) {
            self.add_whole(form, MASKED.to_owned());
            return;
        }
        self.filter
            .resize(1 << (FILTER_BITS - u64::BITS.ilog2()), 0);
        for (_, run) in runs(&form) {
            if self.runs.insert(run) {
                let (word, bit) = filter_bit(run);
                self.filter[word] |= bit;
            }
        }
    }

    /// Where something is masked, in order and apart from each other, and what is shown instead.
    fn find(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        if !self.runs.is_empty() {
            for (end, run) in runs(text) {
                let (word, bit) = filter_bit(run);
                if self.filter[word] & bit != 0 && self.runs.contains(&run) {
                    add(&mut found, end - RUN..end, MASKED);
                }
            }
        }
        if !self.whole.is_empty() {
            let lower = text.to_ascii_lowercase();
            for (whole, shown) in &self.whole {
                let places = lower.match_indices(whole.as_str());
                found.extend(places.map(|(at, _)| (at..at + whole.len(), shown.as_str())));
            }
            found.sort_by_key(|(place, _)| place.start);
        }
        let mut apart = Vec::with_capacity(found.len());
        for (place, shown) in found {
            // A run may begin or end within a character of several bytes.
            let place = text.floor_char_boundary(place.start)..text.ceil_char_boundary(place.end);
            add(&mut apart, place, shown);
        }
        apart
    }
}

/// `text` with what is shown instead at each place. The places are in order and do not overlap.
pub fn replace<'a, 'b>(
    text: &'a str,
    places: impl IntoIterator<Item = (Range<usize>, &'b str)>,
) -> Cow<'a, str> {
    let (mut masked, mut from) = (String::new(), 0);
    for (place, shown) in places {
        masked.push_str(&text[from..place.start]);
        masked.push_str(shown);
        from = place.end;
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

/// Adds a place that does not begin before the last one. Places that touch become one, which shows
/// what the longest of them shows.
fn add<'a>(found: &mut Vec<(Range<usize>, &'a str)>, place: Range<usize>, shown: &'a str) {
    match found.last_mut() {
        Some((last, of_last)) if place.start <= last.end => {
            if place.len() > last.len() {
                *of_last = shown;
            }
            last.end = last.end.max(place.end);
        }
        _ => found.push((place, shown)),
    }
}

/// Every [`RUN`] bytes of a text in lower case, each with where it ends.
fn runs(text: &str) -> impl Iterator<Item = (usize, u128)> {
    let mut run = 0;
    let ends = text.bytes().enumerate().map(move |(at, byte)| {
        run = run << 8 | u128::from(byte.to_ascii_lowercase());
        (at + 1, run)
    });
    ends.skip(RUN - 1)
}

/// The word of the filter that has a run's bit, and the bit. The hash is Fibonacci hashing.
fn filter_bit(run: u128) -> (usize, u64) {
    #[allow(clippy::cast_possible_truncation, reason = "halves, which are mixed")]
    let mixed = (run as u64 ^ (run >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = mixed >> (u64::BITS - FILTER_BITS);
    let word = usize::try_from(hash / u64::from(u64::BITS)).unwrap_or_default();
    (word, 1 << (hash % u64::from(u64::BITS)))
}

/// The parts of a secret that are not the same in many others.
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
        Some((scheme, rest)) if is_scheme(scheme) => parts_of_url(rest),
        _ => vec![secret],
    }
}

/// The private parts of a URL without its scheme: user and password, path and query. A short path
/// keeps its slash, since it may be an ordinary word. Where there is none of them, the host is what
/// is secret.
fn parts_of_url(rest: &str) -> Vec<&str> {
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
    if parts.iter().all(|part| part.len() < SHORTEST) {
        vec![authority]
    } else {
        parts
    }
}

/// A path without its slash, or a query without its question mark, unless it is short.
fn without_mark(part: &str) -> &str {
    match part.get(1..) {
        Some(rest) if rest.len() >= RUN => rest,
        _ => part,
    }
}

/// How a secret may stand in a text: as it is, in JSON, in a form and in a URL.
fn forms(secret: &str) -> [String; 4] {
    let in_json = serde_json::Value::from(secret).to_string();
    let in_json = in_json[1..in_json.len() - 1].to_owned();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let in_url = in_form.replace('+', "%20");
    [secret.to_owned(), in_json, in_form, in_url]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secret: &str, text: &str) -> String {
        let mut mask = Mask::default();
        mask.add_secret(secret);
        mask.apply(text).into_owned()
    }

    #[test]
    fn masks_a_secret_however_it_is_encoded() {
        let secret = r#"a b+"c"d"#;
        for text in [
            r#"a b+"c"d"#,
            r#"a b+\"c\"d"#,
            "a+b%2B%22c%22d",
            "a%20b%2B%22c%22d",
            "A%20b%2b%22c%22d",
        ] {
            assert_eq!(masked(secret, text), MASKED, "{text}");
        }
    }

    #[test]
    fn masks_each_line_of_a_pem_and_leaves_its_labels() {
        let pem = "-----BEGIN KEY-----\r\nMIIabc+def\r\n  ghi jkl=\r\n-----END KEY-----\r\n";
        assert_eq!(
            masked(pem, pem),
            "-----BEGIN KEY-----\r\n[secret]\r\n-----END KEY-----\r\n"
        );
        assert_eq!(
            masked(pem, &pem.replace("\r\n", "\\r\\n")),
            "-----BEGIN KEY-----\\r\\n[secret]\\r\\n-----END KEY-----\\r\\n"
        );
        assert_eq!(
            masked(pem, "-----BEGIN KEY-----\nMIIabc+def\nghi jkl="),
            "-----BEGIN KEY-----\n[secret]\n[secret]"
        );
        assert_eq!(
            masked(pem, "MIIabc%2Bdef ghi%20jkl%3D"),
            "[secret] [secret]"
        );
    }

    #[test]
    fn masks_user_path_and_query_of_a_url_and_leaves_its_host() {
        let webhook = "https://hooks.example.com/services/T0/B0/0123456789";
        for (secret, text, expected) in [
            (webhook, webhook, "https://hooks.example.com/[secret]"),
            (
                webhook,
                "https://hooks.example.com/services/ is down",
                "https://hooks.example.com/services/ is down",
            ),
            (webhook, "to /T0/B0/0123456789", "to [secret]"),
            (
                "postgres://me:hunter22@db.example.com:5432/shop_production",
                "db.example.com:5432 refuses hunter22 for shop_production",
                "db.example.com:5432 refuses [secret] for shop_production",
            ),
            (
                "http://127.0.0.1:4000/callback",
                "callback_failed: http://127.0.0.1:4000/callback",
                "callback_failed: http://127.0.0.1:4000[secret]",
            ),
            (
                "https://logs.example.com/stream?sig=0123",
                "GET /stream?sig=0123, sig=0123",
                "GET [secret], sig=0123",
            ),
            (
                "https://e0123456789abcdef.hooks.example.net/",
                "cannot find the host e0123456789abcdef.hooks.example.net",
                "cannot find the host [secret]",
            ),
        ] {
            assert_eq!(masked(secret, text), expected);
        }
    }

    #[test]
    fn masks_whole_characters_at_both_ends_of_a_run() {
        let secret = "x\u{e9}0123456789abcd\u{e9}y";
        // The last byte of é and that of ĩ are the same, as are the first of é and that of è.
        let text = "\u{129}0123456789abcd\u{e8}";
        assert_eq!(masked(secret, text), MASKED);
    }

    #[test]
    fn masks_addresses_in_either_case_and_the_longest_first() {
        let mut mask = Mask::default();
        mask.add_address("me@x.example", "m…@x.example".to_owned());
        mask.add_address("some@x.example", "s…@x.example".to_owned());
        assert_eq!(
            mask.apply("no some@X.example, Me@x.example"),
            "no s…@x.example, m…@x.example"
        );
    }
}
