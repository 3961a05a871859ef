//! Secrets, from environment variables or from files named by environment variables.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::config_vars::{DEADLINE, LONGER_THAN_DEADLINE, deadline_above};
use super::{Config, secret_names};
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::quoted;
use picletter_worker::bounded_file;
use picletter_worker::quote::quote;
use picletter_worker::settings::{self, ParsedVariables, Variables};

/// The webhook for failed runs: a parameter of the workflow, not a config var.
const ALERT_WEBHOOK: &str = "ALERT_WEBHOOK";

/// The warning if neither a mail address nor a webhook is configured for alerts.
const NO_ALERT: [&str; 2] = [
    "nobody is notified when a run fails",
    "set `email` in [alert], or export ALERT_WEBHOOK",
];

/// The maximum size of a secret's file in bytes. Heroku's limit for all config vars is 64 kB.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// Extensions of files that contain a secret. No secret ends with one.
const EXTENSIONS: [&str; 5] = ["key", "pem", "secret", "token", "txt"];

/// The secrets of a configuration.
#[derive(Debug, Clone)]
pub struct Secrets {
    list: Vec<Secret>,
    warnings: Vec<Diagnostic>,
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The name of the variable that contains the secret. Alternatively, the variable with the
    /// suffix `_FILE` names a file that contains it.
    pub name: String,
    /// Whether a job requires the secret.
    pub required: bool,
    /// The value, if it is set.
    pub value: Option<SecretString>,
}

/// An error in a secret. Never contains the value, nor a file path that may be the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SecretError {
    /// The variable's name.
    pub variable: String,
    /// The problem.
    pub problem: String,
    /// How to fix the problem; `None` if `problem` already contains that.
    pub help: Option<String>,
}

impl Diagnose for SecretError {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            summary: format!("{} {}", self.variable, self.problem),
            help: self.help.clone(),
        }
    }
}

display_as_diagnostic!(SecretError);

impl Secrets {
    /// Reads the secrets of `config` from `environment` and validates them with the worker's rules.
    /// Reads each file once, because it may be a FIFO. Calls `on_value` for every value, valid or
    /// not, so that the caller can mask it.
    ///
    /// # Errors
    /// All errors in the secrets that are set. For missing ones, see [`Secrets::missing`].
    pub fn read(
        config: &Config,
        environment: &Variables,
        mut on_value: impl FnMut(&SecretString),
    ) -> Result<Self, Vec<SecretError>> {
        let mut secrets = Self {
            list: Vec::new(),
            warnings: Vec::new(),
        };
        let mut errors = Vec::new();
        for (name, required) in expected_secrets(config) {
            let value = match find(&name, environment) {
                Ok(Some(Found { value, exposed })) => {
                    on_value(&value);
                    secrets.warnings.extend(exposed);
                    Some(value)
                }
                Ok(None) => None,
                Err(error) => {
                    errors.push(error);
                    None
                }
            };
            secrets.list.push(Secret {
                name,
                required,
                value,
            });
        }
        if config.runs_picletter_worker() {
            errors.extend(secrets.rejected_by_worker(config));
        }
        let is_https = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "https");
        if let Some(webhook) = secrets.alert_webhook()
            && !is_https(webhook.expose_secret())
        {
            errors.push(SecretError {
                variable: ALERT_WEBHOOK.to_owned(),
                problem: "is not an https URL such as https://host/path".to_owned(),
                help: None,
            });
        }
        // A heartbeat monitor does not replace alerts, because it does not report why a run failed.
        if config.alert.email.is_none() && secrets.alert_webhook().is_none() {
            let [summary, help] = NO_ALERT;
            secrets.warnings.push(Diagnostic::new(summary, help));
        }
        if errors.is_empty() {
            Ok(secrets)
        } else {
            Err(errors)
        }
    }

    /// All secrets of the configuration, set or not.
    pub fn list(&self) -> &[Secret] {
        &self.list
    }

    /// The warnings.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// An error for each required secret that is not set.
    pub fn missing(&self) -> Vec<SecretError> {
        let missing = |secret: &&Secret| secret.required && secret.value.is_none();
        let missing = self.list.iter().filter(missing);
        missing
            .map(|Secret { name, .. }| SecretError {
                variable: name.clone(),
                problem: "is missing".to_owned(),
                help: Some(format!(
                    "export it, or set {name}_FILE to the path of a file that contains it"
                )),
            })
            .collect()
    }

    /// The secrets that become config vars of the app.
    pub fn config_vars(&self) -> BTreeMap<String, SecretString> {
        let vars = self
            .list
            .iter()
            .filter(|secret| secret.name != ALERT_WEBHOOK);
        vars.filter_map(|secret| Some((secret.name.clone(), secret.value.clone()?)))
            .collect()
    }

    /// The webhook to which the workflow reports failed runs.
    pub fn alert_webhook(&self) -> Option<&SecretString> {
        let webhook = self.list.iter().find(|secret| secret.name == ALERT_WEBHOOK);
        webhook?.value.as_ref()
    }

    /// An error for each secret whose value the worker rejects.
    fn rejected_by_worker(&self, config: &Config) -> Vec<SecretError> {
        let vars = self.config_vars();
        let exposed = vars
            .iter()
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
        let parsed = config.worker_settings(exposed.collect());
        let mut rejected = Vec::new();
        if vars.contains_key(DEADLINE) {
            rejected.extend(long_deadline(config, &parsed));
        }
        let Err(settings::InvalidVariables(errors)) = parsed.settings else {
            return rejected;
        };
        // Keeps only errors in secrets that are set. `missing` reports the other secrets, and
        // loading the file reports errors in the file.
        let errors = errors.into_iter();
        let errors = errors.filter(|error| vars.contains_key(error.variable));
        rejected.extend(errors.map(|error| SecretError {
            variable: error.variable.to_owned(),
            problem: error.problem,
            help: None,
        }));
        rejected
    }
}

/// The error if the worker's deadline is longer than the time to live of one of its dynos.
fn long_deadline(config: &Config, parsed: &ParsedVariables) -> Option<SecretError> {
    let worker_jobs = config.jobs.iter().filter(|job| job.runs_picletter_worker());
    let shortest = worker_jobs.map(|job| job.time_to_live).min()?;
    deadline_above(shortest, parsed)?;
    Some(SecretError {
        variable: DEADLINE.to_owned(),
        problem: format!(
            "is longer than time_to_live ({shortest:#}), after which the dyno is stopped"
        ),
        help: Some(LONGER_THAN_DEADLINE.to_owned()),
    })
}

/// The names of the configuration's secrets, and whether each is required.
fn expected_secrets(config: &Config) -> Vec<(String, bool)> {
    let mut names = Vec::new();
    if config.runs_picletter_worker() {
        names.extend([
            ("SG_KEY".to_owned(), true),
            ("UNSPLASH_ACCESS_KEY".to_owned(), config.names_unsplash()),
            ("HEARTBEAT_URL".to_owned(), false),
        ]);
    }
    for name in &config.heroku.secrets {
        match names.iter_mut().find(|(of, _)| of == name) {
            Some((_, required)) => *required = true,
            None => names.push((name.clone(), true)),
        }
    }
    if !names.iter().any(|(name, _)| name == ALERT_WEBHOOK) {
        names.push((ALERT_WEBHOOK.to_owned(), false));
    }
    names
}

struct Found {
    value: SecretString,
    /// The warning that other users can read the file.
    exposed: Option<Diagnostic>,
}

fn find(name: &str, environment: &Variables) -> Result<Option<Found>, SecretError> {
    let variable = format!("{name}_FILE");
    match (environment.get(name), environment.get(&variable)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some(Found {
            value: value.into(),
            exposed: None,
        })),
        (Some(_), Some(_)) => Err(SecretError {
            variable: name.to_owned(),
            problem: format!("and {variable} are both set"),
            help: Some("unset one of them".to_owned()),
        }),
        (None, Some(path)) => match from_file(path) {
            Ok((value, is_exposed)) => Ok(Some(Found {
                value,
                exposed: is_exposed.then(|| {
                    Diagnostic::new(
                        format!("other users can read the file in {variable}"),
                        format!("run `chmod 600 {}`", quoted(path)),
                    )
                }),
            })),
            Err(problem) => Err(SecretError {
                problem: format!("names {}, which {problem}", display_path(name, path)),
                variable,
                help: None,
            }),
        },
    }
}

/// The content of a file, and whether other users can read it.
///
/// # Errors
/// The problem with the file.
fn from_file(path: &str) -> Result<(SecretString, bool), String> {
    let contents = bounded_file::read(Path::new(path), MAX_FILE_BYTES)
        .map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8(contents.bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        Err("is empty".to_owned())
    } else if secret.contains('\0') {
        Err("contains a NUL character".to_owned())
    } else {
        Ok((secret.into(), contents.is_exposed))
    }
}

/// The path of a file for the secret `name`, unless the path may be the secret itself.
fn display_path(name: &str, path: &str) -> String {
    let file = Path::new(path);
    let is_named = file
        .file_stem()
        .is_some_and(|stem| stem.eq_ignore_ascii_case(name))
        || file
            .extension()
            .is_some_and(|end| EXTENSIONS.iter().any(|extension| end == *extension));
    let folder = file
        .parent()
        .filter(|folder| folder.parent().is_some() && !folder.as_os_str().is_empty());
    let relative = ["~/", "./", "../"];
    let is_path = file.exists()
        || is_named && !path.contains("://")
        || relative.iter().any(|start| path.starts_with(start))
        || folder.is_some_and(|folder| folder.is_absolute() || folder.is_dir());
    if is_path && secret_names::secret_shape(path).is_none() {
        quote(path).to_string()
    } else {
        "a file (its path is not shown: it may be the secret itself)".to_owned()
    }
}
