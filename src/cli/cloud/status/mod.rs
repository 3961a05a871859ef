//! `picletter status`: state, runs, and cost of the jobs.

mod details;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use self::details::Report;
use self::table::Table;
use super::{CommandError, Needs, Session, no_workflow, not_in_file, print, print_text};
use crate::cli::config_file::ConfigFile;
use crate::cli::interrupted::Interrupted;
use crate::cli::job_names::JobName;
use crate::cli::output::Output;
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

A warning names the keys in which a deployed workflow differs from the file. If its schedule differs, \
no next runs are printed.

The cost of the month so far is an estimate: 9 executions of the Logic App for each run, and the dyno's \
price per second for its duration. A failed run has about 31 executions, of which the estimate \
counts only 9. The column `failed` counts the failed \
runs of this month, among the job's last 250 runs.

--json prints for one job {\"job\", \"workflow\", \"app\", \"state\", \"drift\": [TEXT], \"next\": [TIME], \"runs\": [{\"id\", \
\"trigger\", \"start\", \"end\", \"outcome\", \"code\", \"message\", \"log\"}], \"cost\": {\"runs\", \"counted\", \
\"executions\", \"dyno_seconds\"}}, and for several jobs {\"app\", \"jobs\": [{\"job\", \"workflow\", \"state\", \
\"drift\": [TEXT], \"last\": RUN|null, \"next\": TIME|null, \"month\": {\"runs\", \"failed\", \"counted\", \"executions\", \
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
        let session = if self.watch {
            output.set_interrupted(Interrupted::Expected);
            Session::open(&self.config, Needs::NoSecrets, None, output)?
        } else {
            Session::open_for_reading(&self.config, Needs::NoSecrets, None, output)?
        };
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
    for job in &status.jobs {
        let Some(workflow) = &job.workflow else {
            continue;
        };
        let edits = portal_edits(&workflow.definition);
        for edit in &edits {
            output.warning(format_args!(
                "workflow {} was changed outside of Picletter, such as in the Azure portal: \
                 {edit}; {} restores it",
                workflow.name,
                picletter("deploy")
            ));
        }
        // `deploy` would replace the job of another app, and a portal edit also differs from the file.
        if workflow.another_app(&session.desired.app).is_some() {
            session.warn_of_another_app(workflow);
        } else if job.drift.keys.is_empty() {
            for sentence in job.drift.sentences.iter().filter(|_| edits.is_empty()) {
                output.warning(sentence.trim_end_matches('.'));
            }
        } else if edits.is_empty() {
            output.warning(format_args!(
                "workflow {} differs from the file: {}; {} applies the file",
                workflow.name,
                job.drift.keys.join(", "),
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

/// The next due times of a job, if it is not paused and its schedule is deployed.
fn next(job: &Job, status: &JobStatus, now: Timestamp, count: usize) -> Vec<Timestamp> {
    if !status.is_on_schedule_of_file() {
        return Vec::new();
    }
    let due = job.schedule.occurrences(now).map(|due| due.at);
    due.filter(|at| *at > now).take(count).collect()
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
