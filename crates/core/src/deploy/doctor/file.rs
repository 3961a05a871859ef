//! Checks of `picletter.toml` and its secrets.

use jiff::Timestamp;

use super::Input;
use super::check::{Check, Finding};
use crate::config::{ConfigError, SecretError, Secrets};
use crate::diagnostic::{Diagnose as _, Diagnostic};
use crate::shell::picletter;
use crate::template;

pub(super) fn examine(given: &Input<'_>) -> Finding {
    let path = given.path.display();
    let config = match given.config {
        Ok(config) => config,
        Err(error) => {
            let diagnostic = match error {
                ConfigError::Missing(_) => Diagnostic::new(
                    format!("{path} does not exist"),
                    format!(
                        "create it with {}, or name another file with --config",
                        picletter("init")
                    ),
                ),
                ConfigError::Empty(_) => Diagnostic::new(
                    format!("{path} is empty"),
                    format!("remove it, then create it with {}", picletter("init")),
                ),
                ConfigError::Invalid(errors) => {
                    let n = errors.count();
                    let s = if n == 1 { "" } else { "s" };
                    let first = errors.lines().into_iter().next().unwrap_or_default();
                    let first = if n == 1 {
                        format!(": {first}")
                    } else {
                        format!("; the first is: {first}")
                    };
                    Diagnostic::new(
                        format!("{path} has {n} error{s}{first}"),
                        format!(
                            "run {} to see the position of each error",
                            picletter("check")
                        ),
                    )
                }
                other => other.diagnostic(),
            };
            return Finding::wrong(Check::File, diagnostic);
        }
    };
    match template::check(config, Timestamp::now()) {
        Ok(()) => Finding::ok(Check::File, format!("{path} has no errors")),
        Err(error) => Finding::wrong(
            Check::File,
            Diagnostic::new(
                format!("{path}: {error}"),
                format!("correct the named value, then run {}", picletter("check")),
            ),
        ),
    }
}

pub(super) fn examine_secrets(secrets: Option<&Result<Secrets, Vec<SecretError>>>) -> Finding {
    let secrets = match secrets {
        None => return Finding::skipped(Check::Secrets, Check::File),
        Some(Ok(secrets)) => secrets,
        Some(Err(errors)) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            let diagnostic = Diagnostic::new(
                errors.join("; "),
                format!(
                    "correct it, then run {}, which contacts no vendor",
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
                format!("export {it}, or set {first}_FILE to a file that contains it"),
            ),
        );
    }
    let set = all.filter(|one| one.value.is_some());
    let set: Vec<_> = set.map(|one| one.name.as_str()).collect();
    let summary = match set.as_slice() {
        [] => "none is required".to_owned(),
        [one] => format!("{one} is set"),
        several => format!("{} are set", several.join(", ")),
    };
    match Diagnostic::joined(secrets.warnings()) {
        None => Finding::ok(Check::Secrets, summary),
        Some(warnings) => Finding::unsure(Check::Secrets, warnings),
    }
}
