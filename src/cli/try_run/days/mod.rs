//! Simulates days of the schedules, and prints the results.

mod runs;
mod summary;

use std::fmt::Write as _;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::TryError;
use crate::cli::output::Output;
use crate::r#try::days::{Days, Outage, SimulatedDays, may_overlap, simulate};
use picletter_core::config::Job;

const ALERTS: usize = 10;
const OUTAGES: usize = 5;

/// Simulates days of the schedules from `origin`, and prints the results.
pub(super) async fn run(days: Days, origin: &str, output: &Output) -> Result<ExitCode, TryError> {
    output.print_fitting(header(&days, origin))?;
    if !output.has_reader() {
        return Ok(ExitCode::SUCCESS);
    }
    // Its paused clock needs a separate runtime and thread.
    let page =
        tokio::task::spawn_blocking(move || simulate(&days).map(|results| body(&days, &results)));
    output.print_fitting(page.await??)?;
    Ok(ExitCode::SUCCESS)
}

/// The settings of the simulation.
fn header(days: &Days, origin: &str) -> String {
    let n = days.count;
    let overlaps = if days.jobs().iter().any(may_overlap) {
        "; some overlap the next run"
    } else {
        ""
    };
    let (schedules, limits) = match days.jobs() {
        [job] => (format!("schedule  {} ({origin})", schedule(job)), ""),
        jobs => (schedules(jobs, origin), ", with an account's limits"),
    };
    format!(
        "{n} day{} from {}, {}, in simulated time\n\
         \x20 {schedules}\n\
         \x20 workflow  the Logic App's template, interpreted locally\n\
         \x20 dynos     fakes: about 1 in 10 fails, crashes, or hangs{overlaps}\n\
         \x20 Heroku    a fake with occasional outages{limits}\n\
         \x20 seed      {}\n",
        plural(n),
        days.zone.clock().to_datetime(days.begin).strftime("%a %F"),
        days.zone.name(),
        days.seed,
    )
}

/// The schedule of a job. Omits the trigger `By_hand`, because the simulation has no manual runs.
fn schedule(job: &Job) -> String {
    let triggers: Vec<_> = job.schedule.recurrences().map(|(name, _)| name).collect();
    let overlap = job.schedule.overlap().name();
    format!("{}, overlap: {overlap}", triggers.join(", "))
}

/// The schedules of several jobs.
fn schedules(jobs: &[Job], origin: &str) -> String {
    let width = label_width(jobs);
    let mut text = format!("jobs      {} ({origin})", jobs.len());
    for job in jobs {
        let _ = write!(text, "\n    {:<width$}  {}", job.label(), schedule(job));
    }
    text
}

/// The length of the longest job name.
fn label_width(jobs: &[Job]) -> usize {
    let widths = jobs.iter().map(|job| job.label().chars().count());
    widths.max().unwrap_or(0)
}

/// The results.
fn body(days: &Days, results: &SimulatedDays) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut page, days, results);
    page
}

fn write(page: &mut String, days: &Days, results: &SimulatedDays) -> std::fmt::Result {
    let clock = days.zone.clock();
    page.push('\n');
    runs::write(page, days, &results.runs)?;
    outages(page, clock, &results.outages)?;
    alerts(page, clock, results)?;
    match days.jobs() {
        [job] => summary::one_job(page, job, results),
        jobs => summary::several_jobs(page, jobs, results),
    }
}

fn outages(page: &mut String, clock: &TimeZone, outages: &[Outage]) -> std::fmt::Result {
    let n = outages.len();
    match n {
        0 => writeln!(page, "\nNo outages of Heroku's API")?,
        _ => writeln!(page, "\n{n} outage{} of Heroku's API", plural(n))?,
    }
    for outage in outages.iter().take(OUTAGES) {
        writeln!(
            page,
            "  {}  for {}",
            moment(clock, outage.from),
            span(outage.lasts)
        )?;
    }
    further(page, n, OUTAGES)
}

fn alerts(page: &mut String, clock: &TimeZone, results: &SimulatedDays) -> std::fmt::Result {
    let n = results.alert_count;
    writeln!(page, "\n{n} alert{}", plural(n))?;
    for (at, text) in results.alerts.iter().take(ALERTS) {
        // The other lines are the dyno's log.
        let text = text.lines().next().unwrap_or_default();
        writeln!(page, "  {}  {text}", moment(clock, *at))?;
    }
    further(page, n, ALERTS)
}

fn further(page: &mut String, n: usize, shown: usize) -> std::fmt::Result {
    if n > shown {
        writeln!(page, "  and {} more", n - shown)?;
    }
    Ok(())
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn moment(clock: &TimeZone, at: Timestamp) -> String {
    let local = clock.to_datetime(at);
    local.strftime("%a %F %R").to_string()
}

fn span(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:>2} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:>2} min", seconds / 3600, seconds / 60 % 60),
    }
}
