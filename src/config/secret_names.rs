//! What tells a secret, which does not belong into a file that people commit, and is not shown where
//! it stands there.

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

/// How secrets of known makers begin, and what they are.
const BEGINNINGS: [(&str, &str); 4] = [
    ("SG.", "a SendGrid key"),
    ("HRKU-", "a Heroku key"),
    ("https://hooks.", "a webhook's address"),
    ("Bearer ", "a token"),
];

/// Whether a variable of that name is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|secret| name == secret.to_lowercase())
        || TELLING
            .iter()
            .any(|part| name.split(['_', '-', '.']).any(|word| word == *part))
}

/// Which secret a value looks like, whatever its name.
pub(super) fn looks_like(value: &str) -> Option<&'static str> {
    let value = value.trim_start();
    let found = BEGINNINGS
        .iter()
        .find(|(beginning, _)| value.starts_with(beginning));
    found.map(|(_, what)| *what)
}

/// The text with every secret blotted out, byte for byte, so that places in it stay what they are.
pub(super) fn hidden(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    // Within a secret of several lines, the quotes that end it.
    let mut until: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        if let Some(quotes) = until {
            if line.contains(quotes) {
                until = None;
            }
            blot(line, &mut hidden);
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
    while let Some(at) = BEGINNINGS
        .iter()
        .filter_map(|(beginning, _)| rest.find(beginning))
        .min()
    {
        let (before, secret) = rest.split_at(at);
        let end = secret
            .find(['"', '\'', ',', '\n', '\r'])
            .unwrap_or(secret.len());
        let (secret, after) = secret.split_at(end);
        hidden.push_str(before);
        blot(secret, hidden);
        rest = after;
    }
    hidden.push_str(rest);
}

fn blot(text: &str, hidden: &mut String) {
    for c in text.chars() {
        match c {
            ' ' | '\n' | '\r' | '"' | '\'' => hidden.push(c),
            c => hidden.extend(std::iter::repeat_n('*', c.len_utf8())),
        }
    }
}
