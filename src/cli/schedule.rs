//! `picletter schedule next`: when the job will run.

use std::io;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::config_file::ConfigFile;
use super::output::{Output, USAGE};
use crate::diagnostic::Diagnostic;
use crate::schedule::{self, Zone};
use picletter_logic_apps::recurrence::{Occurrence, Shift};
use picletter_worker::quote::quote;

/// Options of `picletter schedule`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  picletter schedule next")]
pub(super) struct Schedule {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the next times at which the job is due, in the schedule's time zone and in UTC
    Next(Next),
}

/// Options of `picletter schedule next`.
#[derive(Debug, Args)]
#[command(after_help = "\
Nights in which clocks change are marked: `moved` where the local time does not exist and the run \
comes later, `first of two` where it exists twice.

Examples:
  picletter schedule next
  picletter schedule next -n 400 | grep -e moved -e first
  picletter schedule next --from '2027-03-27 12:00'")]
struct Next {
    /// How many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Begin at TIME instead of now: a date or a date and time of the schedule's time zone, or a
    /// date and time with Z or an offset
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Schedule {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        let Command::Next(next) = &self.command;
        next.run(output)
    }
}

impl Next {
    fn run(&self, output: &Output) -> ExitCode {
        let config = match self.config.load(output) {
            Ok(config) => config,
            Err(code) => return code,
        };
        let schedule = &config.schedule;
        let from = match self.from.as_deref().map(|text| time(text, schedule.zone())) {
            None => Timestamp::now(),
            Some(Some(from)) => from,
            Some(None) => {
                let from = self.from.as_deref().unwrap_or_default();
                output.report(&not_a_time(from));
                return ExitCode::from(USAGE);
            }
        };
        output.written(self.print(schedule, from, output))
    }

    fn print(
        &self,
        schedule: &schedule::Schedule,
        from: Timestamp,
        output: &Output,
    ) -> io::Result<()> {
        let zone = schedule.zone();
        let in_utc = zone.windows_name().is_none();
        let width = "Thu 2026-01-01 00:00:00".len();
        if in_utc {
            output.print("UTC")?;
        } else {
            output.print(format_args!("{:<width$}  UTC", zone.name()))?;
        }
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        for due in schedule.occurrences(from).take(count) {
            let local = line_of(zone.clock().to_datetime(due.at));
            let line = if in_utc {
                local
            } else {
                let utc = line_of(TimeZone::UTC.to_datetime(due.at));
                format!("{local:<width$}  {utc:<width$}  {}", mark(due))
            };
            output.print(line)?;
            if !output.has_reader() {
                break;
            }
        }
        Ok(())
    }
}

fn line_of(time: DateTime) -> String {
    let format = if time.second() == 0 {
        "%a %F %R"
    } else {
        "%a %F %T"
    };
    time.strftime(format).to_string()
}

fn mark(due: Occurrence) -> &'static str {
    match due.shift {
        None => "",
        Some(Shift::Skipped) => "moved",
        Some(Shift::Repeated) => "first of two",
    }
}

/// A time as it is typed: of the zone, unless it says otherwise.
pub(super) fn time(text: &str, zone: &Zone) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let local = match text.parse::<Date>() {
        Ok(date) if text.len() <= 10 => date.to_datetime(Time::midnight()),
        _ => text.parse::<DateTime>().ok()?,
    };
    zone.clock().to_timestamp(local).ok()
}

/// The error for a text that is not a time.
pub(super) fn not_a_time(from: &str) -> Diagnostic {
    Diagnostic::new(
        format!("invalid value for --from: {} is not a time", quote(from)),
        "write it such as `2026-12-01 08:00` or `2026-12-01T07:00:00Z`",
    )
}
