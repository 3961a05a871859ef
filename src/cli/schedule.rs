//! `picletter schedule next`: the next due times of the jobs.

use std::io;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::config_file::ConfigFile;
use super::job_names::JobName;
use super::output::{Output, USAGE};
use picletter_core::config::{Job, common_zone, dyno_size};
use picletter_core::diagnostic::Diagnostic;
use picletter_core::schedule::{Zone, timeline};
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
    /// Show the next due times of jobs, in the schedule's time zone and in UTC
    Next(Next),
}

/// Options of `picletter schedule next`.
#[derive(Debug, Args)]
#[command(mut_arg("job", |arg| arg.help("Name of a job, as in [jobs.JOB] [default: all jobs]")))]
#[command(after_help = "\
Shows the jobs in one timeline. Marks times at which more jobs are due than the app's limit of \
one-off dynos allows.

Marks clock changes: `moved` if the local time does not exist and the run starts later; `first of two` \
if the local time occurs twice.

Examples:
  picletter schedule next
  picletter schedule next reports
  picletter schedule next -n 400 | grep -e moved -e first
  picletter schedule next --from '2027-03-27 12:00'")]
struct Next {
    #[command(flatten)]
    job: JobName,
    /// Number of due times
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Start at this date, or date and time, instead of now; in the schedule's time zone, unless
    /// TIME ends with Z or an offset
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
        let jobs = match self.job.select_or_all(&config) {
            Ok(jobs) => jobs,
            Err(error) => {
                output.report(&error);
                return ExitCode::from(USAGE);
            }
        };
        let zone = common_zone(&jobs);
        let from = match self.from.as_deref().map(|text| time(text, &zone)) {
            None => Timestamp::now(),
            Some(Some(from)) => from,
            Some(None) => {
                let from = self.from.as_deref().unwrap_or_default();
                output.report(&not_a_time(from));
                return ExitCode::from(USAGE);
            }
        };
        output.written(self.print(&jobs, &zone, from, output))
    }

    fn print(
        &self,
        jobs: &[&Job],
        zone: &Zone,
        from: Timestamp,
        output: &Output,
    ) -> io::Result<()> {
        let in_utc = zone.windows_name().is_none();
        let width = "Thu 2026-01-01 00:00:00".len();
        let names = jobs.iter().map(|job| job.label().chars().count());
        let names = if jobs.len() > 1 { names.max() } else { None };
        let times = |local: &str, utc: &str| {
            if in_utc {
                utc.to_owned()
            } else {
                format!("{local:<width$}  {utc:<width$}")
            }
        };
        let title = times(zone.name(), "UTC");
        if names.is_some() {
            let pad = if in_utc { width } else { title.len() };
            output.print(format!("{title:<pad$}  job"))?;
        } else {
            output.print(title.trim_end())?;
        }
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let timeline = timeline(jobs.iter().map(|job| &job.schedule), from);
        let mut simultaneous = Simultaneous::default();
        for (n, due) in timeline.take(count) {
            let Some(job) = jobs.get(n) else { continue };
            let local = format_time(zone.clock().to_datetime(due.at));
            let utc = format_time(TimeZone::UTC.to_datetime(due.at));
            let times = times(&local, &utc);
            let mut marks = vec![mark(due)];
            if simultaneous.exceeds_limit(job, due.at) {
                marks.push("more runs at once than Heroku allows");
            }
            let marks = marks.join(" ");
            let line = match names {
                None if in_utc => times,
                None => format!("{times}  {marks}"),
                Some(names) if in_utc => {
                    format!("{times:<width$}  {:<names$}  {marks}", job.label())
                }
                Some(names) => format!("{times}  {:<names$}  {marks}", job.label()),
            };
            output.print(line.trim_end())?;
            if !output.has_reader() {
                break;
            }
        }
        Ok(())
    }
}

/// Counts the jobs that are due at the same time.
#[derive(Default)]
struct Simultaneous {
    at: Option<Timestamp>,
    count: usize,
}

impl Simultaneous {
    /// Adds a job. Returns whether more are due at that time than the app may run one-off dynos.
    fn exceeds_limit(&mut self, job: &Job, at: Timestamp) -> bool {
        if self.at != Some(at) {
            *self = Self {
                at: Some(at),
                count: 0,
            };
        }
        self.count += 1;
        self.count > dyno_size::one_off_limit(&job.dyno_size)
    }
}

fn format_time(time: DateTime) -> String {
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

/// Parses a time, in `zone` unless it has an offset.
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
        format!(
            "invalid value for --from: {} is not a time before 9999-12-30",
            quote(from)
        ),
        "use a format such as `2026-12-01 08:00` or `2026-12-01T07:00:00Z`",
    )
}
