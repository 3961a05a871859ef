//! Job names derived from commands.

use std::collections::BTreeSet;

/// Maximum length of a name.
const LONGEST: usize = 24;

/// Words of a command line that do not identify the job.
const NOISE: [&str; 12] = [
    "bin", "bash", "bundle", "cd", "env", "exec", "node", "npm", "python", "run", "ruby", "sh",
];

/// A unique name derived from `command`, such as `rails-reports-send` for `bin/rails reports:send`. Adds
/// it to `taken`.
pub(super) fn name(command: &str, taken: &mut BTreeSet<String>) -> String {
    // Skips `cd /app &&`.
    let command = command.rsplit("&&").next().unwrap_or(command);
    // A redirection may have a number before it, as in `2>&1`.
    let (command, redirected) = command
        .split_once(['>', '<', '|'])
        .map_or((command, false), |(command, _)| (command, true));
    let command = if redirected {
        command.trim_end_matches(|c: char| c.is_ascii_digit())
    } else {
        command
    };
    let options = |word: &&str| !word.starts_with('-') && !word.contains(['=', '&']);
    let words = command.split_whitespace().filter(options);
    let parts = words.flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
    let parts = parts.map(|part| part.to_lowercase().chars().map(ascii).collect::<String>());
    let parts = parts.filter(|part| !part.is_empty() && !NOISE.contains(&part.as_str()));
    // Drops words with letters other than ASCII, which Azure's names cannot contain.
    let parts = parts.filter(|part| part.is_ascii());
    let mut name = String::new();
    for part in parts {
        if name.len() + 1 + part.len() > LONGEST {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name += &part;
    }
    if name.is_empty() {
        name.push_str("job");
    }
    let mut unique = name.clone();
    let mut n = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{name}-{n}");
        n += 1;
    }
    unique
}

/// The letter without its accent, for common accented Latin letters.
fn ascii(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ß' => 's',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}
