//! `picletter.toml`, and the secrets that it wants.

use jiff::Timestamp;

use super::Given;
use super::check::{Check, Finding};
use crate::config::{ConfigError, SecretMistake, Secrets};
use crate::diagnostic::{Diagnose as _, Diagnostic};
use crate::shell::picletter;
use crate::template;

pub(super) fn examine(given: &Given<'_>) -> Finding {
    let path = given.path.display();
    let config = match given.config {
        Ok(config) => config,
        Err(error) => {
            let diagnostic = match error {
                ConfigError::Missing(_) => Diagnostic::new(
                    format!("there is no {path}"),
                    format!(
                        "{} writes one, and --config names another",
                        picletter("init")
                    ),
                ),
                ConfigError::Empty(_) => Diagnostic::new(
                    format!("{path} is empty"),
                    format!("remove it, and have {} write one", picletter("init")),
                ),
                ConfigError::Mistakes(mistakes) => {
                    let n = mistakes.count();
                    let s = if n == 1 { "" } else { "s" };
                    let first = mistakes.lines().into_iter().next().unwrap_or_default();
                    let first = if n == 1 {
                        format!(": {first}")
                    } else {
                        format!(", the first: {first}")
                    };
                    Diagnostic::new(
                        format!("{path} has {n} mistake{s}{first}"),
                        format!("{} shows each with its place", picletter("check")),
                    )
                }
                other => other.diagnostic(),
            };
            return Finding::wrong(Check::File, diagnostic);
        }
    };
    match template::check(config, Timestamp::now()) {
        Ok(()) => Finding::ok(Check::File, format!("{path} has no mistakes")),
        Err(error) => Finding::wrong(
            Check::File,
            Diagnostic::new(
                format!("{path}: {error}"),
                format!("change what it names; {} looks again", picletter("check")),
            ),
        ),
    }
}

pub(super) fn examine_secrets(secrets: Option<&Result<Secrets, Vec<SecretMistake>>>) -> Finding {
    let secrets = match secrets {
        None => return Finding::skipped(Check::Secrets, Check::File),
        Some(Ok(secrets)) => secrets,
        Some(Err(mistakes)) => {
            let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            let diagnostic = Diagnostic::new(
                mistakes.join("; "),
                format!(
                    "correct it; {} looks again, without contacting anyone",
                    picletter("check")
                ),
            );
            return Finding::wrong(Check::Secrets, diagnostic);
        }
    };
    let all = secrets.list().iter();
    let missing = all
        .clone()
        .filter(|one| one.required && one.value.is_none());
    let missing: Vec<_> = missing.map(|one| one.name.as_str()).collect();
    if let Some(first) = missing.first() {
        let (is, it) = if missing.len() == 1 {
            ("is", "it")
        } else {
            ("are", "each")
        };
        return Finding::wrong(
            Check::Secrets,
            Diagnostic::new(
                format!("{} {is} missing", missing.join(", ")),
                format!("export {it}, or name the file that holds it, as in {first}_FILE"),
            ),
        );
    }
    let set = all.filter(|one| one.value.is_some());
    let set: Vec<_> = set.map(|one| one.name.as_str()).collect();
    let says = match set.as_slice() {
        [] => "none is needed".to_owned(),
        [one] => format!("{one} is set"),
        several => format!("{} are set", several.join(", ")),
    };
    match Diagnostic::joined(secrets.warnings()) {
        None => Finding::ok(Check::Secrets, says),
        Some(warnings) => Finding::unsure(Check::Secrets, warnings),
    }
}
