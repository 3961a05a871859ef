//! `picletter status`: state, runs, and cost of the jobs.

mod details;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use self::details::Report;
use self::table::Table;
use super::{CommandError, Needs, Session, no_workflow, not_in_file, print, print_text};
use crate::cli::config_file::ConfigFile;
use crate::cli::interrupted::Interrupted;
use crate::cli::job_names::JobName;
use crate::cli::output::Output;
use crate::dashboard::month::{Month, MonthRun};
use picletter_core::config::Job;
use picletter_core::deploy::azure::Run;
use picletter_core::deploy::heroku::Dyno;
use picletter_core::deploy::portal_edits::portal_edits;
use picletter_core::deploy::status::{self, JobStatus, Outcome};
use picletter_core::diagnostic::Diagnostic;
use picletter_core::shell::picletter;

/// Interval of --watch.
const INTERVAL: Duration = Duration::from_secs(10);

/// How many runs are read: one page of the API, the maximum of --runs.
const PAGE: usize = 250;

/// Options of `picletter status`.
#[derive(Debug, Args)]
#[command(mut_arg("job", |arg| arg.help("Name of a job, as in [jobs.JOB] [default: all jobs]")))]
#[command(after_help = "\
Prints a table of all jobs, or the runs of one JOB. Times are in the schedule's time zone; with --json, \
in UTC.

The cost of the month so far is an estimate: 9 executions of the Logic App for each run, and the dyno's \
price per second for its duration. A failed run has about 31 executions, of which the estimate \
counts only 9. The column `failed` counts the failed \
runs of this month, among the job's last 250 runs.

--json prints for one job {\"job\", \"workflow\", \"app\", \"state\", \"next\": [TIME], \"runs\": [{\"id\", \
\"trigger\", \"start\", \"end\", \"outcome\", \"code\", \"message\", \"log\"}], \"cost\": {\"runs\", \"counted\", \
\"executions\", \"dyno_seconds\"}}, and for several jobs {\"app\", \"jobs\": [{\"job\", \"workflow\", \"state\", \
\"last\": RUN|null, \"next\": TIME|null, \"month\": {\"runs\", \"failed\", \"counted\", \"executions\", \
\"dyno_seconds\"}}]}. \"counted\" is true if all runs of the month were counted; otherwise, the number of \
runs is partly an estimate from the schedule.

Examples:
  picletter status
  picletter status reports
  picletter status --runs 50 --json")]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// Number of past runs to print, for one job
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=250))]
    runs: u16,
    /// Repeat every 10 seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print JSON, in one shape for one job and in another for several; see below
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        if self.watch {
            output.set_interrupted(Interrupted::Expected);
        }
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let jobs = self.job.select_or_all(&session.config);
        let jobs = jobs.map_err(CommandError::Usage)?;
        let mut has_warned = false;
        loop {
            let status = session.reading("Reading Heroku and Azure", read(&session, &jobs));
            let status = status.await?;
            self.print(&session, &jobs, &status)?;
            session.print_warnings();
            if status.jobs.iter().all(|job| job.workflow.is_none()) {
                return Err(nothing_deployed(&jobs));
            }
            if !has_warned {
                warn(&session, &status);
                has_warned = true;
            }
            if !self.watch || !output.has_reader() {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(INTERVAL).await;
            print(output, "")?;
        }
    }

    fn print(
        &self,
        session: &Session,
        jobs: &[&Job],
        status: &status::Status,
    ) -> Result<(), CommandError> {
        let (now, runs) = (Timestamp::now(), usize::from(self.runs));
        let output = &session.output;
        let json = |json| serde_json::to_string_pretty(&json).unwrap_or_default();
        if let ([job], [job_status]) = (jobs, status.jobs.as_slice()) {
            let dynos = status.dynos.as_deref();
            let report = Report::new(session, job, job_status, dynos, now);
            return if self.json {
                print(output, json(report.json(runs)))
            } else {
                print_text(output, report.text(runs))
            };
        }
        let table = Table::new(session, jobs, status, now);
        if self.json {
            print(output, json(table.json()))
        } else {
            print(output, table.text().trim_end())
        }
    }
}

async fn read(session: &Session, jobs: &[&Job]) -> Result<status::Status, CommandError> {
    let desired = jobs.iter().filter_map(|job| session.desired_job(job));
    let desired: Vec<_> = desired.collect();
    let read = status::Status::read(&session.clouds, &session.desired, &desired, PAGE);
    Ok(read.await?)
}

/// The error if none of the jobs has a workflow.
fn nothing_deployed(jobs: &[&Job]) -> CommandError {
    if let [job] = jobs {
        return no_workflow(&job.workflow);
    }
    CommandError::Nothing(Diagnostic::new(
        format!("none of the {} jobs is deployed", jobs.len()),
        format!("{} creates their workflows", picletter("deploy")),
    ))
}

/// Warns of differences from what Picletter deployed.
fn warn(session: &Session, status: &status::Status) {
    let output = &session.output;
    for workflow in &status.not_in_file {
        output.warning(not_in_file(workflow));
    }
    for workflow in status.jobs.iter().filter_map(|job| job.workflow.as_ref()) {
        session.warn_of_another_app(workflow);
        for edit in portal_edits(&workflow.definition) {
            output.warning(format_args!(
                "workflow {} was changed outside of Picletter, such as in the Azure portal: \
                 {edit}; {} restores it",
                workflow.name,
                picletter("deploy")
            ));
        }
        if status.dynos.is_none() {
            output.warning(format_args!(
                "workflow {} exists, but app {} does not; {} shows what to create",
                workflow.name,
                session.desired.app,
                picletter("plan")
            ));
        }
    }
}

/// The next due times of a job, if it is not paused.
fn next(job: &Job, status: &JobStatus, now: Timestamp, count: usize) -> Vec<Timestamp> {
    if !status.is_enabled() {
        return Vec::new();
    }
    let due = job.schedule.occurrences(now).map(|due| due.at);
    due.filter(|at| *at > now).take(count).collect()
}

/// The month so far, from the job's last runs.
fn month(job: &Job, status: &JobStatus, now: Timestamp) -> Month {
    let runs = status.runs.iter().filter_map(|run| {
        Some(MonthRun {
            start: run.start?,
            duration: duration(run),
            failed: Outcome::from_run(run) == Outcome::Failed,
        })
    });
    // A full page may not contain the whole month. Before its oldest run, runs are estimated from the
    // schedule.
    let oldest = status.runs.iter().filter_map(|run| run.start).min();
    let oldest = oldest.filter(|_| status.runs.len() >= PAGE);
    let since = oldest.map(|oldest| oldest + SignedDuration::from_nanos(1));
    let created = status.workflow.as_ref().and_then(|it| it.created);
    Month::so_far(job, created, status.is_enabled(), runs, since, now)
}

/// The duration of a run, if it has ended.
fn duration(run: &Run) -> Option<SignedDuration> {
    Some(run.end?.duration_since(run.start?))
}

fn state(status: &JobStatus) -> &'static str {
    match &status.workflow {
        None => "not deployed",
        Some(_) if status.is_enabled() => "on schedule",
        Some(_) => "paused",
    }
}

/// The outcome of a run, or `running`.
fn outcome(run: &Run) -> &str {
    match Outcome::from_run(run) {
        Outcome::Running => "running",
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => run.code.as_deref().unwrap_or("failed"),
        Outcome::Skipped => "skipped",
    }
}

/// The app's dynos.
fn dynos(dynos: Option<&[Dyno]>) -> String {
    match dynos {
        None => "not deployed".to_owned(),
        Some([]) => "no running dyno".to_owned(),
        Some(dynos) => {
            let dynos = dynos.iter();
            let names: Vec<String> = dynos
                .map(|dyno| format!("{} {}", dyno.name, dyno.state))
                .collect();
            names.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::Arc;

    use picletter_core::config::Config;
    use picletter_core::deploy::azure::Workflow;
    use picletter_core::deploy::redact::Redactor;
    use serde_json::Value;

    use super::*;
    use crate::dashboard::board::{JobReading, RunsRead, board};
    use crate::dashboard::report;
    use crate::dashboard::view::{Board, JobState, RunView};

    const FILE: &str = "\
[heroku]
app = \"my-shop\"
[jobs.hourly]
command = \"x\"
every = \"hour\"
time_zone = \"America/New_York\"
[jobs.first]
command = \"x\"
cron = \"0 9 * * 1#1\"
time_zone = \"America/New_York\"
";

    /// The status of a job that ran whenever it was due since its workflow was created.
    fn status(job: &Job, created: Timestamp, now: Timestamp) -> JobStatus {
        let due = job.schedule.occurrences(created).map(|due| due.at);
        let due: Vec<_> = due.take_while(|at| *at < now).collect();
        let runs = due.iter().rev().map(|at| Run {
            id: format!("0858{}CU57", at.as_second()),
            status: "Succeeded".to_owned(),
            start: Some(*at),
            end: Some(*at + SignedDuration::from_secs(20)),
            trigger: None,
            code: None,
            message: None,
            log: Vec::new(),
        });
        let workflow = Workflow {
            id: String::new(),
            name: job.workflow.clone(),
            location: String::new(),
            state: "Enabled".to_owned(),
            version: String::new(),
            created: Some(created),
            changed: None,
            tags: BTreeMap::new(),
            definition: Value::Null,
            parameters: Value::Null,
        };
        JobStatus {
            workflow: Some(workflow),
            runs: runs.collect(),
        }
    }

    fn dashboard(job: &Job, status: &JobStatus, now: Timestamp) -> Board {
        let redactor = Redactor::default();
        let runs = status.runs.iter().cloned();
        let runs = runs.filter_map(|run| RunView::new(run, &redactor));
        let reading = JobReading {
            job: Arc::new(job.clone()),
            state: JobState::from_workflow(status.workflow.as_ref()),
            drift: Vec::new(),
            alerts: Vec::new(),
            created: status.workflow.as_ref().and_then(|it| it.created),
            runs: Some(RunsRead {
                runs: runs.map(Arc::new).collect(),
                all_since: None,
            }),
        };
        board("my-shop", now, vec![reading], Vec::new(), Vec::new())
    }

    /// The runs in a calendar, and those of one day, such as `Sun 1 Nov`.
    fn in_calendar(html: &str, day: &str) -> (usize, usize) {
        let calendar = html.split("<table class=\"days\">").nth(1).unwrap();
        let calendar = calendar.split("</table>").next().unwrap();
        let days = calendar.split(" title=\"").skip(1).map(|cell| {
            let (date, words) = cell.split('"').next().unwrap().split_once(": ").unwrap();
            let runs = words.strip_suffix(" succeeded");
            (date, runs.map_or(0, |runs| runs.parse().unwrap()))
        });
        let days: BTreeMap<&str, usize> = days.collect();
        (days.values().sum(), days[day])
    }

    #[test]
    fn the_dashboard_counts_the_same_runs_also_on_days_of_23_and_25_hours() {
        let config = Config::parse(Path::new("picletter.toml"), FILE).unwrap();
        for (created, now, day, hours) in [
            (
                "2026-10-31T12:00:00Z",
                "2026-11-02T15:00:00Z",
                "Sun 1 Nov",
                25,
            ),
            (
                "2026-03-01T12:00:00Z",
                "2026-03-09T15:00:00Z",
                "Sun 8 Mar",
                23,
            ),
        ] {
            let [created, now] = [created, now].map(|at| at.parse::<Timestamp>().unwrap());
            for job in &config.jobs {
                let status = status(job, created, now);
                assert!(status.runs.len() < PAGE);
                let month = month(job, &status, now);
                let board = dashboard(job, &status, now);
                let shown = &board.jobs[0].month;
                assert_eq!(
                    (shown.runs, shown.failed, shown.counted),
                    (month.runs, month.failed, month.counted)
                );
                assert_eq!(shown.executions, month.executions.sum());
                assert_eq!(shown.dyno_time, month.dyno_time);
                let (all, that_day) = in_calendar(&report::html(&board), day);
                assert_eq!(all, status.runs.len());
                if job.label() == "hourly" {
                    assert_eq!(that_day, hours);
                }
            }
        }
    }

    #[test]
    fn the_dashboard_also_leaves_out_firings_before_the_workflow_was_created() {
        let config = Config::parse(Path::new("picletter.toml"), FILE).unwrap();
        let job = &config.jobs[1];
        let [created, now] = ["2026-11-28T00:00:00Z", "2026-11-30T20:00:00Z"];
        let [created, now] = [created, now].map(|at| at.parse::<Timestamp>().unwrap());
        let status = status(job, created, now);
        let month = month(job, &status, now);
        // The Monday of this time, which is not the first of its month.
        assert_eq!((month.runs, month.executions.sum()), (0, 1));
        let shown = &dashboard(job, &status, now).jobs[0].month;
        assert_eq!(shown.executions, month.executions.sum());
    }
}
