//! The lines of an app's log: those of a run or of a job, and their times.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_core::shell::picletter;
use picletter_logic_apps::suggest::suggest;

/// The ids of runs in the log's lines about starts of dynos.
pub fn runs(lines: &[String]) -> Vec<&str> {
    let starts = lines.iter().filter_map(|line| parts(line));
    let words = starts.flat_map(|(source, _, text)| start_words(source, text));
    words
        .filter(|word| word.bytes().take_while(u8::is_ascii_digit).count() >= DIGITS)
        .collect()
}

/// The minimum number of leading digits of a run's id, such as `08584060846916150023630523334CU57`.
const DIGITS: usize = 20;

/// The dyno of a run, found by the command in Heroku's line about its start.
pub struct RunDyno {
    run: String,
    name: Option<String>,
}

impl RunDyno {
    /// The dyno of the run with this id.
    pub fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            name: None,
        }
    }

    /// Whether a line belongs to this dyno.
    pub fn wrote(&mut self, line: &str) -> bool {
        self.parts(line).is_some()
    }

    /// Source, dyno, and text of a line, such as `2026-11-24T08:30:00.1+00:00 app[worker.1]: text`, if it belongs to this dyno.
    fn parts<'a>(&mut self, line: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        let (source, dyno, text) = parts(line)?;
        if start_words(source, text).any(|word| word == self.run) {
            self.name = Some(dyno.to_owned());
        }
        (self.name.as_deref() == Some(dyno)).then_some((source, dyno, text))
    }
}

/// The dynos of a job, found by the command in Heroku's lines about their starts. It contains the
/// job's resource group and workflow before the run's id, in Azure's case.
pub struct JobDynos {
    /// In lower case.
    job: String,
    names: HashSet<String>,
}

impl JobDynos {
    /// The dynos of the job with this resource group and workflow. Case is ignored, as by Azure.
    pub fn new(resource_group: &str, workflow: &str) -> Self {
        Self {
            job: format!("/{resource_group}/{workflow}/").to_ascii_lowercase(),
            names: HashSet::new(),
        }
    }

    /// Whether a line belongs to one of these dynos.
    pub fn wrote(&mut self, line: &str) -> bool {
        let Some((source, dyno, text)) = parts(line) else {
            return false;
        };
        if let Some(command) = start_command(source, text) {
            // Heroku reuses names of dynos.
            if command.to_ascii_lowercase().contains(&self.job) {
                self.names.insert(dyno.to_owned());
            } else {
                self.names.remove(dyno);
            }
        }
        self.names.contains(dyno)
    }
}

/// The event of a dyno in a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DynoEvent<'a> {
    /// The dyno's command wrote a line.
    Output {
        /// The dyno's name.
        dyno: &'a str,
        /// The line.
        text: &'a str,
    },
    /// Heroku ended the dyno: `State changed from up to complete`.
    /// Source: <https://devcenter.heroku.com/articles/dynos#dyno-lifecycle>.
    Ended,
    /// Another line by Heroku.
    Platform,
}

impl RunDyno {
    /// The event of a line, if it belongs to this dyno.
    pub(crate) fn event<'a>(&mut self, line: &'a str) -> Option<DynoEvent<'a>> {
        let (source, dyno, text) = self.parts(line)?;
        let ended = |change: &str| change.ends_with(" to complete");
        Some(if source == "app" {
            DynoEvent::Output { dyno, text }
        } else if text.strip_prefix("State changed from ").is_some_and(ended) {
            DynoEvent::Ended
        } else {
            DynoEvent::Platform
        })
    }
}

/// Why a run was not found in a log.
#[derive(Debug, thiserror::Error)]
pub enum RunNotFound {
    /// Several ids match.
    Several {
        /// The requested id.
        requested: String,
        /// Each run's id.
        runs: Vec<String>,
    },
    /// No id matches.
    None {
        /// The requested id.
        requested: String,
        /// The most similar id.
        nearest: Option<String>,
    },
}

impl Diagnose for RunNotFound {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Several { requested, runs } => Diagnostic::plain(format_args!(
                "ambiguous run id {requested}, which matches {}",
                runs.join(", ")
            )),
            Self::None { requested, nearest } => Diagnostic::new(
                format!("the log's last 1,500 lines contain no run {requested}"),
                nearest.as_ref().map_or_else(
                    || format!("run {} to see the ids", picletter("status")),
                    |nearest| format!("did you mean {nearest}?"),
                ),
            ),
        }
    }
}

display_as_diagnostic!(RunNotFound);

/// The run in `runs` whose id is `requested`, or the only one whose id begins or ends with it. A job
/// before the id, as in a dyno's command and the worker's log, is ignored.
///
/// # Errors
/// No run matches, or several do.
pub fn find<'a>(requested: &str, mut runs: Vec<&'a str>) -> Result<&'a str, RunNotFound> {
    let requested = requested.rsplit('/').next().unwrap_or(requested);
    runs.sort_unstable();
    runs.dedup();
    if let Some(run) = runs.iter().find(|run| **run == requested) {
        return Ok(run);
    }
    let part = |id: &&&str| id.starts_with(requested) || id.ends_with(requested);
    let found: Vec<&str> = runs.iter().filter(part).copied().collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(RunNotFound::None {
            requested: requested.to_owned(),
            nearest: suggest(requested, runs).map(str::to_owned),
        }),
        several => Err(RunNotFound::Several {
            requested: requested.to_owned(),
            runs: several.iter().map(|&run| run.to_owned()).collect(),
        }),
    }
}

/// A line with its time in `zone`; Heroku sends UTC. A line without a time stays as it is.
pub fn in_zone(line: &str, zone: &TimeZone) -> String {
    let time = line.split_once(' ');
    let time = time.and_then(|(time, rest)| Some((time.parse::<Timestamp>().ok()?, rest)));
    let Some((at, rest)) = time else {
        return line.to_owned();
    };
    let local = at.to_zoned_datetime(zone.clone());
    format!("{} {rest}", local.strftime("%Y-%m-%dT%H:%M:%S%.f%:z"))
}

/// Source, dyno, and text of a line.
pub(crate) fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = line.split_once(' ')?;
    let (origin, text) = rest.split_once("]: ")?;
    let (source, dyno) = origin.split_once('[')?;
    Some((source, dyno, text))
}

/// The command of a dyno, if the line reports its start.
fn start_command<'a>(source: &str, text: &'a str) -> Option<&'a str> {
    let command = text.strip_prefix("Starting process with command");
    command.filter(|_| source == "heroku")
}

/// The run's id among the words of a command, where the workflow puts it.
pub(crate) fn run_in_command(command: &str) -> Option<&str> {
    let mut words = command.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.find(|word| word.bytes().take_while(u8::is_ascii_digit).count() >= DIGITS)
}

/// A dyno in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggedDyno {
    pub(crate) name: String,
    /// `up`, or its final state.
    pub(crate) state: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
}

/// The dynos of a run that start within `lines`.
pub(crate) fn dynos(lines: &[String], run: &str) -> Vec<LoggedDyno> {
    let mut dynos: Vec<LoggedDyno> = Vec::new();
    for line in lines {
        let Some((source, name, text)) = parts(line) else {
            continue;
        };
        let at = line.split(' ').next().and_then(|at| at.parse().ok());
        let Some(at) = at else { continue };
        if start_words(source, text).any(|word| word == run) {
            dynos.push(LoggedDyno {
                name: name.to_owned(),
                state: "starting".to_owned(),
                start: at,
                end: None,
            });
        }
        let mut known = dynos.iter_mut();
        let Some(dyno) = known.find(|dyno| dyno.name == name && source == "heroku") else {
            continue;
        };
        if let Some(status) = text.strip_prefix("Process exited with status ") {
            dyno.state = format!("exit status {status}");
            dyno.end = Some(at);
        } else if let Some(change) = text.strip_prefix("State changed from ") {
            let state = change.split(" to ").nth(1).unwrap_or_default();
            if dyno.end.is_none() {
                state.clone_into(&mut dyno.state);
                dyno.end = ["complete", "crashed"].contains(&state).then_some(at);
            }
        }
    }
    dynos
}

/// The words of a dyno's command, if the line reports its start. The workflow puts the run's id
/// among them.
fn start_words<'a>(source: &str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let command = start_command(source, text).unwrap_or_default();
    command.split(|letter: char| !letter.is_ascii_alphanumeric())
}
