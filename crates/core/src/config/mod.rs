//! `picletter.toml`: the configuration of a deployment, except for secrets.

mod config_vars;
mod duration;
pub mod dyno_size;
mod file_diagnostic;
mod hints;
mod job;
mod names;
mod report;
mod secret_names;
mod secrets;
mod sections;
mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;
use config_vars::Key;
use file_diagnostic::{FileDiagnostic, FileDiagnostics, ScheduleSpans, Source};
use picletter_worker::picture::SourceName;
use picletter_worker::settings::{self, Defaults, ParsedVariables, Variables};

pub use job::{Job, ONE_OFF, Report, common_zone};

pub(crate) use names::{DYNO_SIZES, REGIONS, is_app_name, known_location, normalized_location};
pub use report::Style;
pub use secret_names::SECRETS;
pub(crate) use secret_names::{SECRET_PREFIXES, credentials};
pub use secrets::{Secret, SecretError, Secrets};

/// The default file name.
pub const FILE: &str = "picletter.toml";

/// A minimal file, for error messages.
pub const MINIMAL_EXAMPLE: &str = "\
[schedule]
every = \"day\"
at = \"08:30\"
time_zone = \"Europe/Berlin\"

[heroku]
app = \"my-picletter\"

[mail]
from = \"Picletter <bot@example.com>\"
to = \"you@example.com\"
";

/// The maximum file size in bytes. A larger file is not a configuration file.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The content of `picletter.toml`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The jobs, at least one, in the order of the file.
    pub jobs: Vec<Job>,
    /// `[heroku]`.
    pub heroku: Heroku,
    /// `[azure]`.
    pub azure: Azure,
    /// `[alert]`.
    pub alert: Alert,
    /// `[mail]` and `[picture]`.
    values: Defaults,
    /// `[config]`.
    texts: BTreeMap<String, String>,
    /// Warnings, except those about schedules.
    warnings: Vec<FileDiagnostic>,
    source: Source,
    /// The spans of each job's schedule.
    schedules: Vec<ScheduleSpans>,
}

/// `[heroku]`: the app in which the jobs run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heroku {
    /// `app`: the app's name.
    pub app: String,
    /// `region`: the region in which the app is created, such as `eu`. Heroku's default if `None`.
    pub region: Option<String>,
    /// `team`: the team that owns the app. The account itself if `None`.
    pub team: Option<String>,
    /// `secrets`: names of additional config vars. Their values are secrets and not in this file.
    pub secrets: Vec<String>,
}

/// `[azure]`: the Logic Apps that start the jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Azure {
    /// `workflow`: the Logic App's name, or its prefix for `[jobs.NAME]`.
    pub workflow: String,
    /// `resource_group`: the resource group's name.
    pub resource_group: String,
    /// `location`: the Azure location, such as `westeurope`. The resource group's if `None`.
    pub location: Option<String>,
    /// `subscription`: the subscription's ID or name. The signed-in identity's if `None`.
    pub subscription: Option<String>,
}

/// `[alert]`: notification of failures. The webhook's URL is a secret and not in this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// `email`: the address to notify.
    pub email: Option<String>,
    /// `log_lines`: how many of the last lines of the dyno's log a failed run keeps, 0 to 20.
    pub log_lines: u8,
}

/// The configuration cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file does not exist.
    Missing(PathBuf),
    /// The path is a directory, or the file is too large.
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What the path is.
        what: &'static str,
    },
    /// The file cannot be read.
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The file is not UTF-8.
    NotText {
        /// The path.
        path: PathBuf,
        /// The line of the invalid byte, from 1.
        line: usize,
        /// The column of the invalid byte, in bytes from 1.
        column: usize,
    },
    /// The file is empty or contains only comments.
    Empty(PathBuf),
    /// The file has errors.
    Invalid(FileErrors),
}

impl Diagnose for ConfigError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Missing(path) => Diagnostic::new(
                format!("{} does not exist", path.display()),
                format!(
                    "create one with {}, or select another one with --config. A minimal file:\n\n{MINIMAL_EXAMPLE}",
                    picletter("init")
                ),
            ),
            Self::NotAFile { path, what } => Diagnostic::new(
                format!(
                    "{} is not a configuration file: it is {what}",
                    path.display()
                ),
                "select another file with --config",
            ),
            Self::Io { path, error } => Diagnostic::new(
                format!("{} cannot be read: {error}", path.display()),
                "select another file with --config",
            ),
            Self::NotText { path, line, column } => Diagnostic::new(
                format!("{}:{line}:{column}: invalid UTF-8", path.display()),
                "save the file as UTF-8",
            ),
            Self::Empty(path) => Diagnostic::new(
                format!("{} is empty", path.display()),
                format!("a minimal file:\n\n{MINIMAL_EXAMPLE}"),
            ),
            Self::Invalid(errors) => Diagnostic::plain(errors.render(Style::Plain)),
        }
    }
}

display_as_diagnostic!(ConfigError);

/// All errors in a file, with their locations.
#[derive(Debug, Clone)]
pub struct FileErrors {
    source: Source,
    list: Vec<FileDiagnostic>,
    /// The number of errors that are not listed, because most of the file is not TOML.
    unshown: usize,
}

impl FileErrors {
    /// Renders each error with the lines that it refers to.
    pub fn render(&self, style: Style) -> String {
        let rendered = report::errors(&self.source, &self.list, style);
        match self.unshown {
            0 => rendered,
            n => format!("{rendered}\n\nand {n} more"),
        }
    }

    /// One line per error, without locations, for generated text.
    pub fn lines(&self) -> Vec<String> {
        let line = |error: &FileDiagnostic| match &error.help {
            Some(help) => format!("{}; {help}", error.problem),
            None => error.problem.clone(),
        };
        self.list.iter().map(line).collect()
    }

    /// The number of errors.
    pub fn count(&self) -> usize {
        self.list.len() + self.unshown
    }
}

impl Config {
    /// Loads a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let io_error = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
            _ => ConfigError::Io {
                path: path.to_owned(),
                error,
            },
        };
        let not_a_file = |what| ConfigError::NotAFile {
            path: path.to_owned(),
            what,
        };
        let file = File::open(path).map_err(io_error)?;
        if file.metadata().map_err(io_error)?.is_dir() {
            return Err(not_a_file("a directory"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(io_error)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(not_a_file("larger than 1 MB"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(path, &text),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let before = error.as_bytes().get(..good).unwrap_or_default();
                let line_start = before
                    .iter()
                    .rposition(|b| *b == b'\n')
                    .map_or(0, |n| n + 1);
                Err(ConfigError::NotText {
                    path: path.to_owned(),
                    line: before.split(|b| *b == b'\n').count(),
                    column: good - line_start + 1,
                })
            }
        }
    }

    /// Parses the text of a file. `path` is only used in messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let is_blank = |line: &str| line.is_empty() || line.starts_with('#');
        if text.lines().map(str::trim).all(is_blank) {
            return Err(ConfigError::Empty(path.to_owned()));
        }
        sections::read(path, text).map_err(ConfigError::Invalid)
    }

    /// Whether the file had this content when it was parsed.
    pub fn is_parsed_from(&self, file: &[u8]) -> bool {
        self.source.digest == *Sha256::digest(file)
    }

    /// Renders the warnings at the time `now`, with the lines that they refer to.
    pub fn warnings(&self, now: Timestamp, style: Style) -> String {
        let schedules = self.jobs.iter().zip(&self.schedules);
        let schedules = schedules.flat_map(|(job, spans)| {
            let warnings = job.schedule.warnings(now).into_iter();
            warnings.map(|warning| FileDiagnostic {
                span: spans.get(warning.key),
                also: None,
                problem: warning.text,
                help: None,
                missing_in: None,
                jobs: job.name.iter().cloned().collect(),
            })
        });
        let warnings = schedules.chain(self.warnings.iter().cloned());
        let mut warnings = FileDiagnostics(warnings.collect());
        warnings.merge_jobs();
        report::warnings(&self.source, &warnings.0, style)
    }

    /// The app's config vars, without secrets.
    pub fn config_vars(&self) -> BTreeMap<String, String> {
        let values = config_vars::rendered(&self.values);
        let values = values.map(|(key, text)| (key.variable.to_owned(), text));
        values.chain(self.texts.clone()).collect()
    }

    /// The key of each config var in [`Config::config_vars`], by the config var's name, such as
    /// `[mail] to (RECEIVER_EMAIL)`.
    pub fn config_var_keys(&self) -> BTreeMap<String, String> {
        let values = config_vars::rendered(&self.values).map(|(key, _)| {
            let Key {
                section,
                name,
                variable,
                ..
            } = key;
            (
                (*variable).to_owned(),
                format!("[{section}] {name} ({variable})"),
            )
        });
        let texts = self.texts.keys();
        let texts = texts.map(|name| (name.clone(), format!("[config] {name}")));
        values.chain(texts).collect()
    }

    /// The worker's settings. `variables` override the file.
    pub fn worker_settings(&self, variables: Variables) -> ParsedVariables {
        config_vars::worker_settings(variables, &self.texts, &self.values)
    }

    /// Whether `unsplash` is one of the file's picture sources.
    fn names_unsplash(&self) -> bool {
        let texts = || Some(settings::parse::sources(self.texts.get("PICTURE_SOURCES")?).0);
        let sources = self.values.sources.clone().or_else(texts);
        sources.is_some_and(|sources| sources.contains(&SourceName::Unsplash))
    }

    /// Whether any job runs Picletter's worker.
    pub fn runs_picletter_worker(&self) -> bool {
        self.jobs.iter().any(Job::runs_picletter_worker)
    }
}
