//! Days of a schedule on simulated time, in which things go wrong.

mod page;
mod simulated;
mod trouble;

use std::io;
use std::process::ExitCode;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _};

use super::chosen::Chosen;
use crate::cli::output::Output;
use crate::cli::schedule;
use crate::config::Config;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::template::DeployError;

/// More runs than a year of minutes has are not waited for.
const MOST_RUNS: usize = 366 * 24 * 60;

/// Days to simulate.
pub(super) struct Days {
    config: Config,
    /// Where the schedule was found, in words.
    origin: String,
    count: usize,
    seed: u64,
    begin: Timestamp,
    end: Timestamp,
}

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) days: u16,
    pub(super) seed: u64,
    pub(super) from: Option<&'a str>,
}

/// Why no days were simulated.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum DaysError {
    NeverDue(Timestamp),
    TooLate,
    TooManyRuns,
    From(String),
    Runtime(io::Error),
    Deploy(#[from] DeployError),
    Lost,
    CatchUp(Timestamp),
    Broken(#[from] tokio::task::JoinError),
    Output(io::Error),
}

impl Diagnose for DaysError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::NeverDue(from) => {
                Diagnostic::plain(format_args!("the schedule is never due from {from} on"))
            }
            Self::TooLate => {
                Diagnostic::new("simulated time ends in the year 9998", "begin earlier")
            }
            Self::TooManyRuns => Diagnostic::new(
                format!("these days have more than {MOST_RUNS} runs"),
                "ask for fewer with --days",
            ),
            Self::From(from) => schedule::not_a_time(from),
            Self::Runtime(error) => {
                Diagnostic::plain(format_args!("cannot simulate time: {error}"))
            }
            Self::Deploy(error) => Diagnostic::plain(error),
            Self::Lost => Diagnostic::new(
                "more happened at once than can be followed",
                "ask for fewer runs at a time",
            ),
            Self::CatchUp(start) => Diagnostic::new(
                format!(
                    "with catch_up a deployment begins with all runs since the schedule's start, {start}"
                ),
                "leave --from out, or begin no later",
            ),
            Self::Broken(error) => {
                Diagnostic::plain(format_args!("the simulation broke off: {error}"))
            }
            Self::Output(error) => {
                Diagnostic::plain(format_args!("cannot write to standard output: {error}"))
            }
        }
    }
}

display_as_diagnostic!(DaysError);

/// Simulates and shows them.
pub(super) async fn run(
    asked: Asked<'_>,
    chosen: Chosen,
    output: &Output,
) -> Result<ExitCode, DaysError> {
    let days = Days::new(chosen, &asked)?;
    output
        .print_fitting(page::header(&days))
        .map_err(DaysError::Output)?;
    if !output.has_reader() {
        return Ok(ExitCode::SUCCESS);
    }
    // Its clock is paused, so that it needs a runtime of its own, and that a thread of its own.
    let page = tokio::task::spawn_blocking(move || {
        simulated::simulate(&days).map(|happened| page::body(&days, &happened))
    });
    output
        .print_fitting(page.await??)
        .map_err(DaysError::Output)?;
    Ok(ExitCode::SUCCESS)
}

impl Days {
    fn new(chosen: Chosen, asked: &Asked<'_>) -> Result<Self, DaysError> {
        let Chosen { config, origin } = chosen;
        let schedule = &config.schedule;
        let clock = schedule.zone().clock();
        let at = |local: DateTime| clock.to_timestamp(local).unwrap_or(Timestamp::MAX);
        let midnight = |time| at(clock.to_datetime(time).start_of_day());
        let asked_for = match asked.from {
            None => None,
            Some(text) => {
                let from = schedule::time(text, schedule.zone());
                Some(from.ok_or_else(|| DaysError::From(text.to_owned()))?)
            }
        };
        let starts = schedule.recurrences().filter_map(|(_, one)| one.start_at());
        let begin = match (asked_for, starts.min().filter(|_| schedule.catches_up())) {
            (None, None) => midnight(Timestamp::now()),
            (None, Some(start)) => midnight(start),
            (Some(from), Some(start)) if from > start => return Err(DaysError::CatchUp(start)),
            (Some(from), _) => from,
        };
        let count = i64::from(asked.days);
        let after = |begin: Timestamp| {
            let end = clock.to_datetime(begin).checked_add(count.days());
            end.map_or(Timestamp::MAX, at)
        };
        let first = schedule.occurrences(begin).next();
        let first = first.ok_or(DaysError::NeverDue(begin))?.at;
        // Of a schedule that begins later, its own first days.
        let begin = if first < after(begin) {
            begin
        } else {
            midnight(first)
        };
        let days = Self {
            end: after(begin),
            begin,
            count: usize::from(asked.days),
            seed: asked.seed,
            config,
            origin,
        };
        // Runs and dynos outlast the days.
        if days.end.checked_add((366 * 24).hours()).is_err() {
            return Err(DaysError::TooLate);
        }
        if days.due().nth(MOST_RUNS).is_some() {
            return Err(DaysError::TooManyRuns);
        }
        Ok(days)
    }

    /// Whether a dyno may live until the next run is due.
    fn may_overlap(&self) -> bool {
        self.config.schedule.min_gap() < self.config.heroku.time_to_live
    }

    /// When runs are due.
    fn due(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let end = self.end;
        let due = self.config.schedule.occurrences(self.begin);
        due.map(|due| due.at).take_while(move |due| *due < end)
    }
}
