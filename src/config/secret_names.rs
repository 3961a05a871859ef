//! What tells a secret, which does not belong into a file that people commit, and is not shown where
//! it stands there.

use std::ops::Range;

/// The variables that are secrets, and what exporting them is for.
pub(crate) const SECRETS: [&str; 8] = [
    "SG_KEY",
    "UNSPLASH_ACCESS_KEY",
    "NASA_API_KEY",
    "HEARTBEAT_URL",
    "HEROKU_API_KEY",
    "HEROKU_TOKEN",
    "ALERT_WEBHOOK",
    "AZURE_CLIENT_SECRET",
];

/// Parts of names that tell a secret.
const TELLING: [&str; 7] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "webhook",
    "credential",
];

/// How secrets of known makers begin, and what they look like.
pub(crate) const BEGINNINGS: [(&str, &str); 11] = [
    ("SG.", "looks like a SendGrid key"),
    ("HRKU-", "looks like a Heroku key"),
    ("https://hooks.", "looks like a webhook's address"),
    ("Bearer ", "looks like a token"),
    ("AKIA", "looks like an AWS access key"),
    ("ghp_", "looks like a GitHub token"),
    ("github_pat_", "looks like a GitHub token"),
    ("glpat-", "looks like a GitLab token"),
    ("sk_live_", "looks like a Stripe key"),
    ("rk_live_", "looks like a Stripe key"),
    ("xoxb-", "looks like a Slack token"),
];

/// How the first and last line of a private key in PEM end.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Whether a variable of that name is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|secret| name == secret.to_lowercase())
        || TELLING
            .iter()
            .any(|part| name.split(['_', '-', '.']).any(|word| word == *part))
}

/// Why a value is a secret, whatever its name; `None` where it does not look like one.
pub(super) fn secret_shape(value: &str) -> Option<&'static str> {
    let value = value.trim_start();
    let found = BEGINNINGS
        .iter()
        .find(|(beginning, _)| value.starts_with(beginning));
    if let Some((_, shape)) = found {
        Some(shape)
    } else if value.contains(PRIVATE_KEY) {
        Some("contains a private key")
    } else {
        credentials(value).map(|_| "contains a URL with a user name or a password")
    }
}

/// Where the first URL with a user name or a password has it.
pub(crate) fn credentials(text: &str) -> Option<Range<usize>> {
    text.match_indices("://").find_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = &text[start..];
        let is_end = |c: char| c.is_whitespace() || "\"'`<>".contains(c);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        let authority = word.split(['/', '?', '#']).next().unwrap_or_default();
        // A password may contain a slash that should be encoded: then no port follows the colon.
        let (_, port) = authority.rsplit_once(':').unwrap_or_default();
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        let is_host = !authority.contains('@') && (is_port || authority.starts_with('['));
        let end = word.rfind('@').filter(|_| !is_host)?;
        Some(start..start + end)
    })
}

/// The text with every secret blotted out, byte for byte, so that places in it stay what they are.
pub(super) fn hidden(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    // Within a secret of several lines, what ends it.
    let mut until: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        if let Some(quotes) = until {
            if line.contains(quotes) {
                until = None;
            }
            blot(line, &mut hidden);
            continue;
        }
        if line.contains(PRIVATE_KEY) {
            blot(line, &mut hidden);
            until = (!line.contains("-----END ")).then_some("-----END ");
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            hide_words(line, &mut hidden);
            continue;
        };
        let name = key.trim().trim_matches(['"', '\'']);
        let last = name.rsplit('.').next().unwrap_or(name);
        if is_secret_name(last.trim().trim_matches(['"', '\''])) {
            hidden.push_str(key);
            hidden.push('=');
            blot(value, &mut hidden);
            until = ["\"\"\"", "'''"]
                .into_iter()
                .find(|quotes| value.matches(quotes).count() == 1);
        } else {
            hide_words(line, &mut hidden);
        }
    }
    hidden
}

/// Blots out the words that look like a secret, such as those within an inline table.
fn hide_words(line: &str, hidden: &mut String) {
    let mut rest = line;
    while let Some(place) = first_secret(rest) {
        hidden.push_str(&rest[..place.start]);
        blot(&rest[place.clone()], hidden);
        rest = &rest[place.end..];
    }
    hidden.push_str(rest);
}

fn first_secret(text: &str) -> Option<Range<usize>> {
    let words = BEGINNINGS.iter().filter_map(|(beginning, _)| {
        let start = text.find(beginning)?;
        let length = text[start..].find(['"', '\'', ',', '\n', '\r']);
        Some(start..length.map_or(text.len(), |length| start + length))
    });
    words
        .chain(credentials(text))
        .filter(|place| !place.is_empty())
        .min_by_key(|place| place.start)
}

fn blot(text: &str, hidden: &mut String) {
    for c in text.chars() {
        match c {
            ' ' | '\n' | '\r' | '"' | '\'' => hidden.push(c),
            c => hidden.extend(std::iter::repeat_n('*', c.len_utf8())),
        }
    }
}
