//! `picletter.toml`: the configuration of a deployment, except for secrets.

mod config_vars;
mod duration;
pub(crate) mod dyno_size;
mod hints;
mod job;
mod names;
mod places;
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

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;
use config_vars::Key;
use picletter_worker::picture::SourceName;
use picletter_worker::settings::{self, Defaults, Reading, Variables};
use places::{SchedulePlaces, Source};

pub use job::{Job, ONE_OFF, Report, common_zone};

pub(crate) use names::{DYNO_SIZES, REGIONS, is_app_name};
pub use report::Style;
pub(crate) use secret_names::{BEGINNINGS, SECRETS, credentials};
pub use secrets::{Secret, SecretMistake, Secrets};

/// The file's name where none is given.
pub const FILE: &str = "picletter.toml";

/// The least that a file needs, shown where there is none.
pub const LEAST: &str = "\
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

/// More than anyone writes; what is larger is some other file.
const LARGEST: u64 = 1 << 20;

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
    warnings: Vec<places::Mistake>,
    source: Source,
    /// Where the schedule of each job stands.
    schedules: Vec<SchedulePlaces>,
}

/// `[heroku]`: the app in which the jobs run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heroku {
    /// `app`: the app's name.
    pub app: String,
    /// `region`: where the app is created, such as `eu`; Heroku's choice unless given.
    pub region: Option<String>,
    /// `team`: whose app it is to be; the account's own unless given.
    pub team: Option<String>,
    /// `secrets`: names of further config vars, whose values are secrets and not in this file.
    pub secrets: Vec<String>,
}

/// `[azure]`: where the schedule lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Azure {
    /// `workflow`: the Logic App's name, or the beginning of it for each of `[jobs.NAME]`.
    pub workflow: String,
    /// `resource_group`: its name.
    pub resource_group: String,
    /// `location`: such as `westeurope`; the resource group's unless given.
    pub location: Option<String>,
    /// `subscription`: its id or name; that of the sign-in unless given.
    pub subscription: Option<String>,
}

/// `[alert]`: who is notified of failures. The webhook's address is a secret, and not in this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// `email`.
    pub email: Option<String>,
    /// `log_lines`: how many of the last lines of its dyno's log a failed run keeps, 0 to 20.
    pub log_lines: u8,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such file.
    Missing(PathBuf),
    /// A folder, or too large.
    NotAFile {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It cannot be read.
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is no UTF-8.
    NotText {
        /// Where.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In bytes, from 1.
        column: usize,
    },
    /// It says nothing.
    Empty(PathBuf),
    /// All that is wrong in it.
    Mistakes(Mistakes),
}

impl Diagnose for ConfigError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Missing(path) => Diagnostic::new(
                format!("there is no {}", path.display()),
                format!(
                    "{} writes one, --config names another. The least that it needs:\n\n{LEAST}",
                    picletter("init")
                ),
            ),
            Self::NotAFile { path, what } => Diagnostic::new(
                format!("{} is {what}, and no configuration file", path.display()),
                "name another with --config",
            ),
            Self::Io { path, error } => Diagnostic::new(
                format!("{} cannot be read: {error}", path.display()),
                "name another with --config",
            ),
            Self::NotText { path, line, column } => Diagnostic::new(
                format!("{}:{line}:{column}: this is not UTF-8", path.display()),
                "save the file as UTF-8",
            ),
            Self::Empty(path) => Diagnostic::new(
                format!("{} is empty", path.display()),
                format!("the least that it needs:\n\n{LEAST}"),
            ),
            Self::Mistakes(mistakes) => Diagnostic::plain(mistakes.render(Style::Plain)),
        }
    }
}

display_as_diagnostic!(ConfigError);

/// Everything that is wrong in a file, each with its place.
#[derive(Debug, Clone)]
pub struct Mistakes {
    source: Source,
    list: Vec<places::Mistake>,
    /// How many more there are, where most of the file is no TOML.
    unshown: usize,
}

impl Mistakes {
    /// Each with the lines that it is about.
    pub fn render(&self, style: Style) -> String {
        let shown = report::mistakes(&self.source, &self.list, style);
        match self.unshown {
            0 => shown,
            n => format!("{shown}\n\nand {n} more"),
        }
    }

    /// Each in a line without its place, for a text that nobody wrote into a file.
    pub fn lines(&self) -> Vec<String> {
        let line = |mistake: &places::Mistake| match &mistake.help {
            Some(help) => format!("{}; {help}", mistake.problem),
            None => mistake.problem.clone(),
        };
        self.list.iter().map(line).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len() + self.unshown
    }
}

impl Config {
    /// Reads a file.
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
            return Err(not_a_file("a folder"));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(io_error)?;
        if bytes.len() as u64 > LARGEST {
            return Err(not_a_file("larger than a megabyte"));
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

    /// Reads the text of a file; `path` is for messages alone.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let says_nothing = |line: &str| line.is_empty() || line.starts_with('#');
        if text.lines().map(str::trim).all(says_nothing) {
            return Err(ConfigError::Empty(path.to_owned()));
        }
        sections::read(path, text).map_err(ConfigError::Mistakes)
    }

    /// What is allowed but may surprise, as things are at `now`, each with the lines that it is
    /// about.
    pub fn warnings(&self, now: Timestamp, style: Style) -> String {
        let of_schedules = self.jobs.iter().zip(&self.schedules);
        let of_schedules = of_schedules.flat_map(|(job, places)| {
            let warnings = job.schedule.warnings(now).into_iter();
            warnings.map(|warning| places::Mistake {
                span: places.span_of(warning.place),
                also: None,
                problem: warning.text,
                help: None,
                is_missing: false,
            })
        });
        let warnings: Vec<_> = of_schedules.chain(self.warnings.iter().cloned()).collect();
        report::warnings(&self.source, &warnings, style)
    }

    /// The app's config vars except for secrets, as Heroku takes them.
    pub fn config_vars(&self) -> BTreeMap<String, String> {
        let values = config_vars::rendered(&self.values);
        let values = values.map(|(key, text)| (key.variable.to_owned(), text));
        values.chain(self.texts.clone()).collect()
    }

    /// The keys that the same come from, each by the config var's name, such as `[mail] to
    /// (RECEIVER_EMAIL)`.
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

    /// The worker's settings, where `variables` come before what the file gives.
    pub fn worker_settings(&self, variables: Variables) -> Reading {
        config_vars::worker_settings(variables, &self.texts, &self.values)
    }

    /// Whether the file names `unsplash` as a source of pictures.
    fn names_unsplash(&self) -> bool {
        let texts = || Some(settings::parse::sources(self.texts.get("PICTURE_SOURCES")?).0);
        let sources = self.values.sources.clone().or_else(texts);
        sources.is_some_and(|sources| sources.contains(&SourceName::Unsplash))
    }

    /// Whether a job runs the worker that this program comes with.
    pub fn runs_own_worker(&self) -> bool {
        self.jobs.iter().any(Job::is_own_worker)
    }
}
