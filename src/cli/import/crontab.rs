//! Translates a crontab line by line.
//!
//! Source: <https://man7.org/linux/man-pages/man5/crontab.5.html>.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use toml::Value;

use super::job_name;
use picletter_core::config::{Config, ConfigError};
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};
use picletter_core::schedule::{Zone, ZoneError, zone_error};
use picletter_worker::quote::quote;

/// The translation of a crontab.
pub(super) struct Imported {
    /// The sections `[jobs.NAME]`.
    pub(super) jobs: String,
    /// Names of variables that the crontab sets for its commands.
    pub(super) variables: Vec<String>,
    /// The lines that were not translated.
    pub(super) untranslated: Vec<Untranslated>,
}

/// A line that cannot be translated.
pub(super) struct Untranslated {
    /// From 1.
    pub(super) line: usize,
    pub(super) diagnostic: Diagnostic,
}

/// Variables that configure cron itself; dynos ignore them.
const CRON_VARIABLES: [&str; 7] = [
    "SHELL",
    "PATH",
    "HOME",
    "LOGNAME",
    "MAILTO",
    "MAILFROM",
    "RANDOM_DELAY",
];

/// The format of a crontab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A user's: a line has a schedule and a command.
    User,
    /// The system's, such as `/etc/crontab`: a line has a user between schedule and command.
    System,
}

/// The time zone of the lines below a `CRON_TZ`.
enum ZoneOfLines {
    /// None is set.
    Default,
    Named(String),
    /// An invalid zone, already reported; the lines are skipped.
    Unknown,
}

/// Translates each line.
pub(super) fn import(text: &str, kind: Kind) -> Imported {
    let mut imported = Imported {
        jobs: String::new(),
        variables: Vec::new(),
        untranslated: Vec::new(),
    };
    let mut zone = ZoneOfLines::Default;
    let mut comments: Vec<&str> = Vec::new();
    let mut names = BTreeSet::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // `lines` does not split at a carriage return alone.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            comments.clear();
        } else if line.starts_with('#') {
            comments.push(line);
        } else if let Some((name, value)) = variable(line) {
            match name {
                // An empty value means UTC.
                "CRON_TZ" | "TZ" if value.is_empty() => zone = ZoneOfLines::Default,
                "CRON_TZ" | "TZ" => match Zone::get(value) {
                    Ok(_) => zone = ZoneOfLines::Named(value.to_owned()),
                    Err(error) => {
                        zone = ZoneOfLines::Unknown;
                        imported.untranslated.push(Untranslated {
                            line: n + 1,
                            diagnostic: unknown_zone(&error),
                        });
                    }
                },
                name if CRON_VARIABLES.contains(&name) => {}
                name => imported.variables.push(name.to_owned()),
            }
        } else {
            let zone = match &zone {
                ZoneOfLines::Default => None,
                ZoneOfLines::Named(name) => Some(name.as_str()),
                ZoneOfLines::Unknown => continue,
            };
            match job(line, kind, zone, &mut names) {
                Ok(job) => {
                    for comment in comments.drain(..) {
                        let _ = writeln!(imported.jobs, "{comment}");
                    }
                    imported.jobs += &job;
                    imported.jobs.push('\n');
                }
                Err(diagnostic) => imported.untranslated.push(Untranslated {
                    line: n + 1,
                    diagnostic,
                }),
            }
            comments.clear();
        }
    }
    imported
}

/// The diagnostic for an unsupported zone, with the effect on the following lines.
fn unknown_zone(error: &ZoneError) -> Diagnostic {
    let error = zone_error(error);
    let help = error.help.map(|help| format!("{help}; "));
    Diagnostic::new(
        error.problem,
        format!(
            "{}jobs up to the next CRON_TZ were skipped",
            help.unwrap_or_default()
        ),
    )
}

/// Name and value of a line that sets a variable.
fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim();
    let unquoted = |mark| value.strip_prefix(mark)?.strip_suffix(mark);
    is_name.then(|| {
        (
            name,
            unquoted('"').or_else(|| unquoted('\'')).unwrap_or(value),
        )
    })
}

/// The section of a line's job.
fn job(
    line: &str,
    kind: Kind,
    zone: Option<&str>,
    names: &mut BTreeSet<String>,
) -> Result<String, Diagnostic> {
    let (cron, command) = split(line)?;
    let cron = cron.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = without_user(command, kind)?;
    let command = unescaped(command)?;
    let name = job_name::name(&command, &mut names.clone());
    let mut section = format!("[jobs.{name}]\ncron = {}\n", Value::from(cron));
    if let Some(zone) = zone {
        let _ = writeln!(section, "time_zone = {}", Value::from(zone));
    }
    let _ = writeln!(section, "command = {}", Value::from(command.as_str()));
    // Validated by the rules of the file.
    let file = format!("[heroku]\napp = \"an-app\"\n\n{section}");
    match Config::parse(Path::new("crontab"), &file) {
        Ok(_) => {
            job_name::name(&command, names);
            Ok(section)
        }
        Err(ConfigError::Invalid(errors)) => Err(Diagnostic::plain(errors.lines().join("; "))),
        Err(error) => Err(error.diagnostic()),
    }
}

/// The expression and the command of a line.
fn split(line: &str) -> Result<(&str, &str), Diagnostic> {
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let mut rest = line;
    for _ in 0..fields {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or_default();
    }
    let end = line.len() - rest.len();
    let cron = line.get(..end).unwrap_or_default();
    let command = rest.trim();
    if cron == "@reboot" {
        return Err(Diagnostic::new(
            "@reboot is not supported",
            "use the app's release phase, or a process type of its own",
        ));
    }
    let first = command.split_whitespace().next().unwrap_or_default();
    if !first.is_empty()
        && first
            .chars()
            .all(|c| c.is_ascii_digit() || "*/,-?".contains(c))
    {
        return Err(Diagnostic::new(
            format!("{} looks like a sixth field", quote(first)),
            "a line has five fields: minute, hour, day of the month, month, day of the week",
        ));
    }
    if command.is_empty() {
        return Err(Diagnostic::new(
            format!("no command after {}", quote(cron)),
            "a line has five fields, or a word such as @daily, and a command",
        ));
    }
    Ok((cron, command))
}

/// The command without the user before it in a system crontab.
fn without_user(command: &str, kind: Kind) -> Result<&str, Diagnostic> {
    let (first, rest) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    match kind {
        Kind::System if rest.is_empty() => Err(Diagnostic::plain(format!(
            "no command after the user {}",
            quote(first)
        ))),
        Kind::System => Ok(rest.trim_start()),
        Kind::User if first == "root" => Err(Diagnostic::new(
            "`root` is a user, not a command",
            "pass --system for a crontab with users, such as /etc/crontab",
        )),
        Kind::User => Ok(command),
    }
}

/// The command without cron's escapes: `\%` is a percent sign; an unescaped one ends the command and
/// starts its standard input.
fn unescaped(command: &str) -> Result<String, Diagnostic> {
    let text = command.replace("\\%", "\u{0}");
    if text.contains('%') {
        return Err(Diagnostic::new(
            "standard input after % is not supported",
            "read the input from a file or a pipe, or write \\% for a percent sign",
        ));
    }
    Ok(text.replace('\u{0}', "%"))
}
