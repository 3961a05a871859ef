//! Prints simulated runs: a line for each run, day, or month.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::summary::tally;
use super::{label_width, moment, plural, span};
use crate::r#try::days::{Days, Run};
use picletter_core::config::Job;
use picletter_logic_apps::Status;

/// Maximum number of runs with a line each; otherwise, each day has one, or each month.
const RUN_LINES: usize = 62;
const DAY_LINES: usize = 62;

/// Maximum length of the reason in a run's line.
const REASON: usize = 60;

pub(super) fn write(page: &mut String, days: &Days, runs: &[Run]) -> std::fmt::Result {
    if runs.len() <= RUN_LINES {
        return run_lines(page, days, runs);
    }
    let by_day = by_day(days.zone.clock(), runs);
    if by_day.len() <= DAY_LINES {
        day_lines(page, &by_day)
    } else {
        month_lines(page, &by_day)
    }
}

fn run_lines(page: &mut String, days: &Days, runs: &[Run]) -> std::fmt::Result {
    let clock = days.zone.clock();
    let width = runs.iter().map(|run| run.outcome.len()).max().unwrap_or(0);
    for run in runs {
        let line = format!(
            "  {}  {}{:<width$}  {:>12}  {}",
            moment(clock, run.due),
            job_column(days.jobs(), run.job),
            run.outcome,
            span(run.took),
            run.reason.as_deref().map(shortened).unwrap_or_default(),
        );
        writeln!(page, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The column with the job's name, if there are several jobs.
fn job_column(jobs: &[Job], n: usize) -> String {
    match jobs.get(n).filter(|_| jobs.len() > 1) {
        Some(job) => format!("{:<width$}  ", job.label(), width = label_width(jobs)),
        None => String::new(),
    }
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
        "  each mark is a day: . all runs succeeded, s some were skipped, x some failed"
    )
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(REASON) {
        None => words.to_owned(),
        Some((end, _)) => {
            let words = words.get(..end).unwrap_or_default();
            let end = words.rfind(' ').unwrap_or(end);
            format!("{} …", words.get(..end).unwrap_or_default())
        }
    }
}
