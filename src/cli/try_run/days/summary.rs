//! Prints the totals of simulated days.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::SignedDuration;

use super::{label_width, plural, span};
use crate::cost;
use crate::r#try::days::{Run, SimulatedDays, cancelled};
use picletter_core::config::{Job, dyno_size};
use picletter_logic_apps::Status;

/// Heroku's rate limit: requests an hour and account.
/// Source: <https://devcenter.heroku.com/articles/platform-api-reference#rate-limits>
const REQUESTS: usize = 4_500;

/// The totals of a single job.
pub(super) fn one_job(page: &mut String, job: &Job, results: &SimulatedDays) -> std::fmt::Result {
    count(page, &results.runs, cancelled(job))?;
    writeln!(page, "  outcomes    {}", tally(&results.runs))?;
    let (dynos, dyno_time) = results.dynos();
    writeln!(
        page,
        "  Heroku      {} requests, {} dyno{}, {} s of dyno time",
        results.requests,
        dynos,
        if dynos == 1 { "" } else { "s" },
        dyno_time.as_secs()
    )?;
    writeln!(
        page,
        "  Logic App   {} billed executions",
        results.executions.sum()
    )?;
    writeln!(page, "\nEstimated cost")?;
    writeln!(
        page,
        "  dynos       {}",
        cost::dynos(&job.dyno_size, dyno_time)
    )?;
    writeln!(
        page,
        "  Logic App   {}",
        cost::executions(&results.executions)
    )
}

/// The totals of each of several jobs, and of all.
pub(super) fn several_jobs(
    page: &mut String,
    jobs: &[Job],
    results: &SimulatedDays,
) -> std::fmt::Result {
    count(page, &results.runs, "skipped or replaced")?;
    table(page, jobs, results)?;
    let (dynos, dyno_time) = results.dynos();
    writeln!(page, "\nAll jobs")?;
    writeln!(
        page,
        "  requests    {}, at most {} in an hour; Heroku's limit is {REQUESTS} an hour",
        results.requests, results.most_requests
    )?;
    writeln!(
        page,
        "  dynos       {dynos}, at most {} at a time; Heroku's limit is {}",
        results.most_dynos,
        limits(jobs)
    )?;
    writeln!(page, "  dyno time   {} s", dyno_time.as_secs())?;
    writeln!(
        page,
        "  Logic Apps  {} billed executions",
        results.executions.sum()
    )?;
    writeln!(page, "\nEstimated cost")?;
    for (size, time) in dyno_times(jobs, results) {
        writeln!(page, "  dynos       {}", cost::dynos(size, time))?;
    }
    writeln!(
        page,
        "  Logic Apps  {}",
        cost::executions(&results.executions)
    )
}

/// A row for each job.
fn table(page: &mut String, jobs: &[Job], results: &SimulatedDays) -> std::fmt::Result {
    let names = label_width(jobs).max("job".len());
    let costs: Vec<_> = (0..)
        .zip(jobs)
        .map(|(n, job)| job_cost(n, job, results))
        .collect();
    let wide = costs.iter().map(String::len).max().unwrap_or(0);
    writeln!(
        page,
        "\n  {:<names$}    runs   median delay  longest delay  {:<wide$}  outcomes",
        "job", "cost"
    )?;
    for ((n, job), cost) in (0..).zip(jobs).zip(costs) {
        let runs = || results.runs.iter().filter(move |run| run.job == n);
        let mut late: Vec<_> = runs().filter_map(|run| run.delay).collect();
        late.sort_unstable();
        let late_by =
            |late: Option<&SignedDuration>| late.map_or("-".to_owned(), |late| span(*late));
        let line = format!(
            "  {:<names$}  {:>6}  {:>12}  {:>13}  {cost:<wide$}  {}",
            job.label(),
            runs().count(),
            late_by(late.get(late.len() / 2)),
            late_by(late.last()),
            tally(runs()),
        );
        writeln!(page, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The cost of a job's dynos, and its share of the cost of all executions.
fn job_cost(n: usize, job: &Job, results: &SimulatedDays) -> String {
    let Some(totals) = results.jobs.get(n) else {
        return String::new();
    };
    let executions = totals.executions.share_of(&results.executions);
    cost::total(&job.dyno_size, totals.dyno_time, executions)
}

/// The total time of the dynos of each size.
fn dyno_times<'a>(jobs: &'a [Job], results: &SimulatedDays) -> BTreeMap<&'a str, SignedDuration> {
    let mut times: BTreeMap<&str, SignedDuration> = BTreeMap::new();
    for (job, totals) in jobs.iter().zip(&results.jobs) {
        *times.entry(&job.dyno_size).or_default() += totals.dyno_time;
    }
    times
}

/// Heroku's limits of one-off dynos for the jobs' sizes.
fn limits(jobs: &[Job]) -> String {
    let sizes: BTreeSet<&str> = jobs.iter().map(|job| &*job.dyno_size).collect();
    let each = sizes
        .iter()
        .map(|size| format!("{} {size}", dyno_size::one_off_limit(size)));
    each.collect::<Vec<_>>().join(", ")
}

/// The numbers of runs by status. `cancelled` is the word for those that the workflow canceled.
fn count(page: &mut String, runs: &[Run], cancelled: &str) -> std::fmt::Result {
    let n = runs.len();
    let with = |status| runs.iter().filter(|run| run.status == status).count();
    writeln!(
        page,
        "\n{n} run{}: {} succeeded, {} failed, {} {cancelled}",
        plural(n),
        with(Status::Succeeded),
        with(Status::Failed),
        with(Status::Cancelled),
    )
}

/// The outcomes by frequency, such as `28 sent, 1 refused`.
pub(super) fn tally<'a>(runs: impl IntoIterator<Item = &'a Run>) -> String {
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
