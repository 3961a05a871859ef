//! Simulates days of a schedule, and renders them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::TryError;
use crate::cli::output::Output;
use crate::cost;
use crate::r#try::days::{Days, Happened, Outage, Run, cancelled, simulate};
use picletter_logic_apps::Status;

/// Of more runs, each day has a line; of more days, each month.
const RUN_LINES: usize = 62;
const DAY_LINES: usize = 62;

const ALERTS: usize = 10;
const OUTAGES: usize = 5;

/// Letters of an outcome's words that are shown in a run's line.
const WORDS: usize = 60;

/// Simulates days of a schedule that was found at `origin`, and shows them.
pub(super) async fn run(days: Days, origin: &str, output: &Output) -> Result<ExitCode, TryError> {
    output.print_fitting(header(&days, origin))?;
    if !output.has_reader() {
        return Ok(ExitCode::SUCCESS);
    }
    // Its clock is paused, so it needs a runtime and a thread of its own.
    let page =
        tokio::task::spawn_blocking(move || simulate(&days).map(|happened| body(&days, &happened)));
    output.print_fitting(page.await??)?;
    Ok(ExitCode::SUCCESS)
}

/// What is simulated.
fn header(days: &Days, origin: &str) -> String {
    let schedule = &days.config.schedule;
    let zone = schedule.zone();
    let triggers: Vec<_> = schedule.recurrences().map(|(name, _)| name).collect();
    let n = days.count;
    let overlaps = if days.may_overlap() {
        ", and some run into the next run"
    } else {
        ""
    };
    format!(
        "{n} day{} from {}, {}, in simulated time\n\
         \x20 schedule  {}, overlap: {} ({})\n\
         \x20 workflow  the Logic App's template, in its interpreter\n\
         \x20 dynos     fakes: about 1 in 10 fails, crashes or hangs{overlaps}\n\
         \x20 Heroku    a fake, which is out now and then\n\
         \x20 seed      {}\n",
        plural(n),
        zone.clock().to_datetime(days.begin).strftime("%a %F"),
        zone.name(),
        triggers.join(", "),
        schedule.overlap().name(),
        origin,
        days.seed,
    )
}

/// All that happened.
fn body(days: &Days, happened: &Happened) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut page, days, happened);
    page
}

fn write(page: &mut String, days: &Days, happened: &Happened) -> std::fmt::Result {
    let clock = days.config.schedule.zone().clock();
    let runs = &happened.runs;
    page.push('\n');
    if runs.len() <= RUN_LINES {
        run_lines(page, clock, runs)?;
    } else {
        let by_day = by_day(clock, runs);
        if by_day.len() <= DAY_LINES {
            day_lines(page, &by_day)?;
        } else {
            month_lines(page, &by_day)?;
        }
    }
    outages(page, clock, &happened.outages)?;
    alerts(page, clock, happened)?;
    summary(page, days, happened)
}

fn run_lines(page: &mut String, clock: &TimeZone, runs: &[Run]) -> std::fmt::Result {
    let width = runs.iter().map(|run| run.outcome.len()).max().unwrap_or(0);
    for run in runs {
        let line = format!(
            "  {}  {:<width$}  {:>12}  {}",
            moment(clock, run.due),
            run.outcome,
            span(run.took),
            run.words.as_deref().map(shortened).unwrap_or_default(),
        );
        writeln!(page, "{}", line.trim_end())?;
    }
    Ok(())
}

fn by_day<'a>(clock: &TimeZone, runs: &'a [Run]) -> BTreeMap<Date, Vec<&'a Run>> {
    let mut days: BTreeMap<Date, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        let date = clock.to_datetime(run.due).date();
        days.entry(date).or_default().push(run);
    }
    days
}

fn day_lines(page: &mut String, days: &BTreeMap<Date, Vec<&Run>>) -> std::fmt::Result {
    let most = days.values().map(Vec::len).max().unwrap_or(0);
    let width = most.to_string().len();
    for (date, runs) in days {
        let n = runs.len();
        writeln!(
            page,
            "  {}  {n:>width$} run{}: {}",
            date.strftime("%a %F"),
            plural(n),
            tally(runs.iter().copied())
        )?;
    }
    Ok(())
}

fn month_lines(page: &mut String, days: &BTreeMap<Date, Vec<&Run>>) -> std::fmt::Result {
    writeln!(page, "           1   5    10   15   20   25   30")?;
    let mut months: BTreeMap<(i16, i8), [char; 31]> = BTreeMap::new();
    for (date, runs) in days {
        let has = |status| runs.iter().any(|run| run.status == status);
        let mark = if has(Status::Failed) {
            'x'
        } else if has(Status::Cancelled) {
            's'
        } else {
            '.'
        };
        let month = months
            .entry((date.year(), date.month()))
            .or_insert([' '; 31]);
        let day = usize::try_from(date.day() - 1).unwrap_or(0);
        if let Some(slot) = month.get_mut(day) {
            *slot = mark;
        }
    }
    for ((year, month), days) in months {
        let line: String = days.iter().collect();
        writeln!(page, "  {year}-{month:02}  {}", line.trim_end())?;
    }
    writeln!(
        page,
        "  of a day's runs: . all succeeded, s some were skipped, x some failed"
    )
}

fn outages(page: &mut String, clock: &TimeZone, outages: &[Outage]) -> std::fmt::Result {
    let n = outages.len();
    match n {
        0 => writeln!(page, "\nHeroku's API was never out")?,
        _ => writeln!(page, "\nHeroku's API was out {n} time{}", plural(n))?,
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

fn alerts(page: &mut String, clock: &TimeZone, happened: &Happened) -> std::fmt::Result {
    let n = happened.alert_count;
    writeln!(page, "\n{n} alert{}", plural(n))?;
    for (at, text) in happened.alerts.iter().take(ALERTS) {
        // The lines below are the dyno's log.
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

fn summary(page: &mut String, days: &Days, happened: &Happened) -> std::fmt::Result {
    let runs = &happened.runs;
    let n = runs.len();
    let with = |status| runs.iter().filter(|run| run.status == status).count();
    let size = &days.config.heroku.dyno_size;
    writeln!(
        page,
        "\n{n} run{}: {} succeeded, {} failed, {} {}",
        plural(n),
        with(Status::Succeeded),
        with(Status::Failed),
        with(Status::Cancelled),
        cancelled(&days.config)
    )?;
    writeln!(page, "  outcomes    {}", tally(runs))?;
    writeln!(
        page,
        "  Heroku      {} requests, {} dyno{}, {} s of dyno time",
        happened.requests,
        happened.dynos,
        if happened.dynos == 1 { "" } else { "s" },
        happened.dyno_time.as_secs()
    )?;
    writeln!(
        page,
        "  Logic App   {} billed executions",
        happened.executions.sum()
    )?;
    writeln!(page, "\nCost, as an estimate")?;
    writeln!(
        page,
        "  dynos       {}",
        cost::of_dynos(size, happened.dyno_time)
    )?;
    writeln!(
        page,
        "  Logic App   {}",
        cost::of_executions(&happened.executions)
    )
}

/// Such as `28 sent, 1 refused`: the most first.
fn tally<'a>(runs: impl IntoIterator<Item = &'a Run>) -> String {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        *outcomes.entry(&run.outcome).or_default() += 1;
    }
    let mut outcomes: Vec<_> = outcomes.into_iter().collect();
    outcomes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let parts: Vec<_> = outcomes
        .iter()
        .map(|(outcome, n)| format!("{n} {outcome}"))
        .collect();
    parts.join(", ")
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

fn shortened(words: &str) -> String {
    match words.char_indices().nth(WORDS) {
        None => words.to_owned(),
        Some((end, _)) => {
            let words = words.get(..end).unwrap_or_default();
            let end = words.rfind(' ').unwrap_or(end);
            format!("{} …", words.get(..end).unwrap_or_default())
        }
    }
}
