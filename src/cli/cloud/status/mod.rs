//! `picletter status`: how the jobs do.

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
use crate::config::Job;
use crate::dashboard::month::{Month, MonthRun};
use crate::deploy::azure::Run;
use crate::deploy::heroku::Dyno;
use crate::deploy::portal_edits::portal_edits;
use crate::deploy::status::{self, JobStatus, Outcome};
use crate::diagnostic::Diagnostic;
use crate::shell::picletter;

/// How often --watch looks.
const LOOK: Duration = Duration::from_secs(10);

/// How many runs are read: a page, of which --runs shows no more.
const PAGE: usize = 250;

/// Options of `picletter status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Times are in the schedule's time zone; with --json they are in UTC. What the month has cost so far is an estimate: the runs there were, \
9 executions of the Logic App each (one that fails takes about 31), and how long they took on the dyno's price by the second.

Several jobs are shown as a table, a row a job; JOB shows one with its runs. The table's column `failed` \
counts this month's runs among the last 250 of a job, which are those that are read.

Examples:
  picletter status
  picletter status reports
  picletter status --runs 50 --json")]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// How many of the last runs of a job; a table has none
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=250))]
    runs: u16,
    /// Look again every 10 seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print it as JSON: of one job its state, next, runs (id, trigger, start, end, outcome, code,
    /// message, log) and cost; of several {"app", "jobs": [{"job", "workflow", "state", "last", "next",
    /// "month": {"runs", "failed", "counted", "executions", "dyno_seconds"}}]}
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        if self.watch {
            output.leaves(Interrupted::Expected);
        }
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let jobs = self.job.select_or_all(&session.config);
        let jobs = jobs.map_err(CommandError::Usage)?;
        let mut is_told = false;
        loop {
            let status = session.reading("Reading Heroku and Azure", read(&session, &jobs));
            let status = status.await?;
            self.print(&session, &jobs, &status)?;
            session.tell_warnings();
            if status.jobs.iter().all(|job| job.workflow.is_none()) {
                return Err(nothing_deployed(&jobs));
            }
            if !is_told {
                warn(&session, &status);
                is_told = true;
            }
            if !self.watch || !output.has_reader() {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(LOOK).await;
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
        if let ([job], [of_job]) = (jobs, status.jobs.as_slice()) {
            let dynos = status.dynos.as_deref();
            let report = Report::new(session, job, of_job, dynos, now);
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

/// None of the jobs has a workflow.
fn nothing_deployed(jobs: &[&Job]) -> CommandError {
    if let [job] = jobs {
        return no_workflow(&job.workflow);
    }
    CommandError::Nothing(Diagnostic::new(
        format!("none of the {} jobs is deployed", jobs.len()),
        format!("{} creates their workflows", picletter("deploy")),
    ))
}

/// Warns of what is not as Picletter deployed it.
fn warn(session: &Session, status: &status::Status) {
    let output = &session.output;
    for workflow in &status.not_in_file {
        output.warning(not_in_file(workflow));
    }
    for workflow in status.jobs.iter().filter_map(|job| job.workflow.as_ref()) {
        session.tell_another_app(workflow);
        for edit in portal_edits(&workflow.definition) {
            output.warning(format_args!(
                "the workflow {} was changed outside of Picletter, as by saving it in the \
                 Azure portal: {edit}; {} restores it",
                workflow.name,
                picletter("deploy")
            ));
        }
        if status.dynos.is_none() {
            output.warning(format_args!(
                "the workflow {} is there, but there is no app {}: {} shows what to create",
                workflow.name,
                session.desired.app,
                picletter("plan")
            ));
        }
    }
}

/// The next due times of a job that runs on schedule.
fn next(job: &Job, status: &JobStatus, now: Timestamp, count: usize) -> Vec<Timestamp> {
    if !status.is_enabled() {
        return Vec::new();
    }
    let due = job.schedule.occurrences(now).map(|due| due.at);
    due.filter(|at| *at > now).take(count).collect()
}

/// The month so far, by the job's last runs.
fn month(job: &Job, status: &JobStatus, now: Timestamp) -> Month {
    let runs = status.runs.iter().filter_map(|run| {
        Some(MonthRun {
            start: run.start?,
            duration: duration(run),
            failed: Outcome::from_run(run) == Outcome::Failed,
        })
    });
    // A full page may not reach back to the first of the month. The schedule counts its oldest run.
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

/// How a run ended, or that it has not.
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
        Some([]) => "no dyno is running".to_owned(),
        Some(dynos) => {
            let dynos = dynos.iter();
            let names: Vec<String> = dynos
                .map(|dyno| format!("{} {}", dyno.name, dyno.state))
                .collect();
            names.join(", ")
        }
    }
}
