//! The secrets: from the environment, or from the files that it names.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Config, secret_names};
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::quoted;
use picletter_worker::bounded_file;
use picletter_worker::quote::quote;
use picletter_worker::settings::{self, Variables};

/// The webhook for failed runs: a parameter of the workflow, not a config var.
const ALERT_WEBHOOK: &str = "ALERT_WEBHOOK";

/// What may surprise where neither a mail address nor a webhook gets alerts.
const NO_ALERT: [&str; 2] = [
    "nobody is notified when a run fails",
    "set `email` in [alert], or export ALERT_WEBHOOK",
];

/// Larger than any config var: Heroku takes 64 kB for all of them together.
const LARGEST: u64 = 64 << 10;

/// The secrets that a configuration has a use for.
#[derive(Debug, Clone)]
pub struct Secrets {
    list: Vec<Secret>,
    warnings: Vec<Diagnostic>,
}

/// One secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The variable that holds it; the one of that name with `_FILE` behind it may name a file
    /// that does.
    pub name: String,
    /// Whether the job cannot do without.
    pub required: bool,
    /// Its value, where there is one.
    pub value: Option<SecretString>,
}

/// What is wrong with one secret. No value is in it, nor the path of a file where that may be the
/// secret itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SecretMistake {
    /// The variable.
    pub variable: String,
    /// What is wrong.
    pub problem: String,
    /// What to do next; none where the problem names what would be right.
    pub help: Option<String>,
}

impl Diagnose for SecretMistake {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            summary: format!("{} {}", self.variable, self.problem),
            help: self.help.clone(),
        }
    }
}

display_as_diagnostic!(SecretMistake);

impl Secrets {
    /// Those of `config`, as they stand in `environment`; its own worker's rules are gone by. Each
    /// file is read once, since it may be a FIFO. `on_value` is given every value, right or wrong:
    /// none of them may be shown.
    ///
    /// # Errors
    /// All that is wrong with those that are there. One that is missing is no mistake yet: see
    /// [`Secrets::missing`].
    pub fn read(
        config: &Config,
        environment: &Variables,
        mut on_value: impl FnMut(&SecretString),
    ) -> Result<Self, Vec<SecretMistake>> {
        let mut secrets = Self {
            list: Vec::new(),
            warnings: Vec::new(),
        };
        let mut mistakes = Vec::new();
        for (name, required) in wanted(config) {
            let value = match find(&name, environment) {
                Ok(Some(Found { value, exposed })) => {
                    on_value(&value);
                    secrets.warnings.extend(exposed);
                    Some(value)
                }
                Ok(None) => None,
                Err(mistake) => {
                    mistakes.push(mistake);
                    None
                }
            };
            secrets.list.push(Secret {
                name,
                required,
                value,
            });
        }
        if config.runs_own_worker() {
            mistakes.extend(secrets.refused_by_the_worker(config));
        }
        let is_https = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "https");
        if let Some(webhook) = secrets.alert_webhook()
            && !is_https(webhook.expose_secret())
        {
            mistakes.push(SecretMistake {
                variable: ALERT_WEBHOOK.to_owned(),
                problem: "is no https URL such as https://host/path".to_owned(),
                help: None,
            });
        }
        // A heartbeat's monitor is no substitute: it does not know why a run failed.
        if config.alert.email.is_none() && secrets.alert_webhook().is_none() {
            let [summary, help] = NO_ALERT;
            secrets.warnings.push(Diagnostic::new(summary, help));
        }
        if mistakes.is_empty() {
            Ok(secrets)
        } else {
            Err(mistakes)
        }
    }

    /// Each that the configuration has a use for, there or not.
    pub fn list(&self) -> &[Secret] {
        &self.list
    }

    /// What may surprise.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Each that the job cannot do without and that is not there.
    pub fn missing(&self) -> Vec<SecretMistake> {
        let missing = |secret: &&Secret| secret.required && secret.value.is_none();
        let missing = self.list.iter().filter(missing);
        missing
            .map(|Secret { name, .. }| SecretMistake {
                variable: name.clone(),
                problem: "is missing".to_owned(),
                help: Some(format!(
                    "export it, or name the file that holds it in {name}_FILE"
                )),
            })
            .collect()
    }

    /// Those that become config vars of the app.
    pub fn config_vars(&self) -> BTreeMap<String, SecretString> {
        let vars = self
            .list
            .iter()
            .filter(|secret| secret.name != ALERT_WEBHOOK);
        vars.filter_map(|secret| Some((secret.name.clone(), secret.value.clone()?)))
            .collect()
    }

    /// Where the workflow tells of failed runs.
    pub fn alert_webhook(&self) -> Option<&SecretString> {
        let webhook = self.list.iter().find(|secret| secret.name == ALERT_WEBHOOK);
        webhook?.value.as_ref()
    }

    fn refused_by_the_worker(&self, config: &Config) -> Vec<SecretMistake> {
        let vars = self.config_vars();
        let exposed = vars
            .iter()
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
        let reading = config.worker_settings(exposed.collect());
        let Err(settings::Mistakes(mistakes)) = reading.settings else {
            return Vec::new();
        };
        // One that is missing is needed later, and the rest of them are the file's.
        let mistakes = mistakes.into_iter();
        mistakes
            .filter(|mistake| vars.contains_key(mistake.variable))
            .map(|mistake| SecretMistake {
                variable: mistake.variable.to_owned(),
                problem: mistake.problem,
                help: None,
            })
            .collect()
    }
}

/// The names, and whether each is required.
fn wanted(config: &Config) -> Vec<(String, bool)> {
    let mut wanted = Vec::new();
    if config.runs_own_worker() {
        wanted.extend([
            ("SG_KEY".to_owned(), true),
            ("UNSPLASH_ACCESS_KEY".to_owned(), config.names_unsplash()),
            ("HEARTBEAT_URL".to_owned(), false),
        ]);
    }
    for name in &config.heroku.secrets {
        match wanted.iter_mut().find(|(of, _)| of == name) {
            Some((_, required)) => *required = true,
            None => wanted.push((name.clone(), true)),
        }
    }
    if !wanted.iter().any(|(name, _)| name == ALERT_WEBHOOK) {
        wanted.push((ALERT_WEBHOOK.to_owned(), false));
    }
    wanted
}

struct Found {
    value: SecretString,
    /// That others can read it.
    exposed: Option<Diagnostic>,
}

fn find(name: &str, environment: &Variables) -> Result<Option<Found>, SecretMistake> {
    let variable = format!("{name}_FILE");
    match (environment.get(name), environment.get(&variable)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some(Found {
            value: value.into(),
            exposed: None,
        })),
        (Some(_), Some(_)) => Err(SecretMistake {
            variable: name.to_owned(),
            problem: format!("is set, and {variable} too"),
            help: Some("unset one of them".to_owned()),
        }),
        (None, Some(path)) => match from_file(path) {
            Ok((value, is_exposed)) => Ok(Some(Found {
                value,
                exposed: is_exposed.then(|| {
                    Diagnostic::new(
                        format!("other users of this machine can read the file of {variable}"),
                        format!("`chmod 600 {}`", quoted(path)),
                    )
                }),
            })),
            Err(problem) => Err(SecretMistake {
                problem: format!("names {}, which {problem}", shown(path)),
                variable,
                help: None,
            }),
        },
    }
}

/// What the file holds, and whether other users can read it.
///
/// # Errors
/// What is wrong with the file.
fn from_file(path: &str) -> Result<(SecretString, bool), String> {
    let contents = bounded_file::read(Path::new(path), LARGEST)
        .map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8(contents.bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        Err("is empty".to_owned())
    } else if secret.contains('\0') {
        Err("has a NUL character".to_owned())
    } else {
        Ok((secret.into(), contents.is_exposed))
    }
}

/// The file in words: with its path, unless that may be the secret itself.
fn shown(path: &str) -> String {
    let file = Path::new(path);
    let folder = file
        .parent()
        .filter(|folder| folder.parent().is_some() && !folder.as_os_str().is_empty());
    let relative = ["~/", "./", "../"];
    let is_path = file.exists()
        || relative.iter().any(|start| path.starts_with(start))
        || folder.is_some_and(|folder| folder.is_absolute() || folder.is_dir());
    if is_path && secret_names::secret_shape(path).is_none() {
        quote(path).to_string()
    } else {
        "a file (its path is not shown: it may be the secret itself)".to_owned()
    }
}
