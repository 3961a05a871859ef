//! Detection of secrets in the file. They do not belong in a file that is committed, and are
//! redacted in messages.

use std::ops::Range;

/// Names of variables that contain secrets.
pub const SECRETS: [&str; 8] = [
    "SG_KEY",
    "UNSPLASH_ACCESS_KEY",
    "NASA_API_KEY",
    "HEARTBEAT_URL",
    "HEROKU_API_KEY",
    "HEROKU_TOKEN",
    "ALERT_WEBHOOK",
    "AZURE_CLIENT_SECRET",
];

/// Words in a name that indicate a secret.
const SECRET_WORDS: [&str; 7] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "webhook",
    "credential",
];

/// Prefixes of known vendors' secrets, with descriptions.
pub(crate) const SECRET_PREFIXES: [(&str, &str); 11] = [
    ("SG.", "looks like a SendGrid key"),
    ("HRKU-", "looks like a Heroku key"),
    ("https://hooks.", "looks like a webhook URL"),
    ("Bearer ", "looks like a token"),
    ("AKIA", "looks like an AWS access key"),
    ("ghp_", "looks like a GitHub token"),
    ("github_pat_", "looks like a GitHub token"),
    ("glpat-", "looks like a GitLab token"),
    ("sk_live_", "looks like a Stripe key"),
    ("rk_live_", "looks like a Stripe key"),
    ("xoxb-", "looks like a Slack token"),
];

/// The end of the first and last line of a private key in PEM.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Whether a variable with this name contains a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|secret| name == secret.to_lowercase())
        || SECRET_WORDS
            .iter()
            .any(|part| name.split(['_', '-', '.']).any(|word| word == *part))
}

/// Describes why a value looks like a secret, independent of its name. `None` if it does not.
pub(super) fn secret_shape(value: &str) -> Option<&'static str> {
    let value = value.trim_start();
    let found = SECRET_PREFIXES
        .iter()
        .find(|(prefix, _)| value.starts_with(prefix));
    if let Some((_, shape)) = found {
        Some(shape)
    } else if value.contains(PRIVATE_KEY) {
        Some("contains a private key")
    } else {
        credentials(value).map(|_| "contains a URL with a user name or password")
    }
}

/// The range of the user name and password in the first URL that has them.
pub(crate) fn credentials(text: &str) -> Option<Range<usize>> {
    text.match_indices("://").find_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = &text[start..];
        let is_end = |c: char| c.is_whitespace() || "\"'`<>".contains(c);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        let authority = word.split(['/', '?', '#']).next().unwrap_or_default();
        // A password may contain an unencoded slash. Then the text after the colon is not a port.
        let (_, port) = authority.rsplit_once(':').unwrap_or_default();
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        let is_host = !authority.contains('@') && (is_port || authority.starts_with('['));
        let end = word.rfind('@').filter(|_| !is_host)?;
        Some(start..start + end)
    })
}

/// Redacts all secrets in the text without changing any byte offsets.
pub(super) fn redacted(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    // The end marker of a multi-line secret.
    let mut until: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        if let Some(quotes) = until {
            if line.contains(quotes) {
                until = None;
            }
            mask(line, &mut redacted);
            continue;
        }
        if line.contains(PRIVATE_KEY) {
            mask(line, &mut redacted);
            until = (!line.contains("-----END ")).then_some("-----END ");
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            redact_words(line, &mut redacted);
            continue;
        };
        let name = key.trim().trim_matches(['"', '\'']);
        let last = name.rsplit('.').next().unwrap_or(name);
        if is_secret_name(last.trim().trim_matches(['"', '\''])) {
            redacted.push_str(key);
            redacted.push('=');
            mask(value, &mut redacted);
            until = ["\"\"\"", "'''"]
                .into_iter()
                .find(|quotes| value.matches(quotes).count() == 1);
        } else {
            redact_words(line, &mut redacted);
        }
    }
    redacted
}

/// Redacts words that look like a secret, such as values in an inline table.
fn redact_words(line: &str, redacted: &mut String) {
    let mut rest = line;
    while let Some(span) = first_secret(rest) {
        redacted.push_str(&rest[..span.start]);
        mask(&rest[span.clone()], redacted);
        rest = &rest[span.end..];
    }
    redacted.push_str(rest);
}

fn first_secret(text: &str) -> Option<Range<usize>> {
    let words = SECRET_PREFIXES.iter().filter_map(|(prefix, _)| {
        let start = text.find(prefix)?;
        let length = text[start..].find(['"', '\'', ',', '\n', '\r']);
        Some(start..length.map_or(text.len(), |length| start + length))
    });
    words
        .chain(credentials(text))
        .filter(|span| !span.is_empty())
        .min_by_key(|span| span.start)
}

fn mask(text: &str, redacted: &mut String) {
    for c in text.chars() {
        match c {
            ' ' | '\n' | '\r' | '"' | '\'' => redacted.push(c),
            c => redacted.extend(std::iter::repeat_n('*', c.len_utf8())),
        }
    }
}
