//! `picletter logs`: the app's log.

use std::process::ExitCode;

use clap::Args;

use jiff::tz::TimeZone;

use super::{CommandError, Needs, Session, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::interrupted::Interrupted;
use crate::cli::job_names::JobName;
use crate::cli::output::Output;
use crate::run_log::{self, JobDynos, RunDyno, RunNotFound, in_zone};
use picletter_core::config::{Job, common_zone};
use picletter_core::deploy::azure::{self, READS_AT_ONCE};
use picletter_core::deploy::concurrent::join_all;
use picletter_core::deploy::heroku::log::LogRequest;
use picletter_core::deploy::step::{CloudError, Step, StepContext as _};
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};
use picletter_core::shell::picletter;

/// Lines that Heroku keeps.
const KEPT: u32 = 1500;

/// How many of the workflow's last runs are searched: one page of the API.
const RUNS: usize = 250;

/// Help for JOB.
const JOB: &str = "Name of a job, as in [jobs.JOB]: only its lines [default: all lines of the app]";

/// Options of `picletter logs`.
#[derive(Debug, Args)]
#[command(mut_arg("job", |arg| arg.help(JOB)))]
#[command(after_help = "\
Heroku keeps the app's last 1,500 lines. JOB and --run select from these. For a failed run \
whose lines are gone, --run prints the last lines that the workflow stored; see `log_lines` in [alert]. \
With JOB, --follow first prints all past lines of the job.

Times are in the schedule's time zone, or in UTC if the jobs have different ones.

Examples:
  picletter logs --follow
  picletter logs reports
  picletter logs --run 08584060846916150023630523334CU57")]
pub(in crate::cli) struct Logs {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// Print new lines as they arrive, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only the lines of the run with this id (see `status`); its first or last characters suffice
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    run: Option<String>,
    /// Number of past lines
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..=1500), conflicts_with = "run")]
    lines: u32,
}

impl Logs {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        if self.follow {
            output.set_interrupted(Interrupted::Expected);
        }
        if self
            .run
            .as_deref()
            .is_some_and(|run| run.is_empty() || run.ends_with('/'))
        {
            return Err(CommandError::Usage(Diagnostic::new(
                "--run contains no id of a run",
                format!("run {} to see the ids", picletter("status")),
            )));
        }
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let request = LogRequest {
            dyno: None,
            source: None,
            // They are filtered below.
            lines: if self.run.is_some() || self.job.job.is_some() {
                KEPT
            } else {
                self.lines
            },
            tail: self.follow,
        };
        let jobs = self.job.select_or_all(&session.config);
        let jobs = jobs.map_err(CommandError::Usage)?;
        let app = &session.desired.app;
        let log = session.clouds.heroku.log_session(app, &request).await;
        session.print_warnings();
        let log = match log {
            Err(error) if error.is_not_found() && session.config.runs_picletter_worker() => {
                return Err(CommandError::Nothing(Diagnostic::new(
                    format!("app {app} not found in this account"),
                    format!("create it with {}", picletter("deploy")),
                )));
            }
            Err(error) if error.is_not_found() => Err(CloudError::NoApp {
                app: app.clone(),
                process_type: session.desired.process_type.clone(),
            }),
            log => log.map_err(CloudError::from),
        };
        let mut log = log.in_step(Step::ReadLog)?;
        let zone = common_zone(&jobs);
        output.note(format_args!("Times in {}", zone.name()));
        let named = self.job.job.as_ref().and_then(|_| jobs.first());
        let mut dynos =
            named.map(|job| JobDynos::new(&session.desired.resource_group, &job.workflow));
        let Some(run) = &self.run else {
            let is_last = dynos.is_some() && !self.follow;
            let mut last = Vec::new();
            while let Some(line) = log.next_line().await.in_step(Step::ReadLog)? {
                if dynos.as_mut().is_some_and(|dynos| !dynos.wrote(&line)) {
                    continue;
                }
                if is_last {
                    last.push(line);
                    continue;
                }
                print(output, in_zone(&line, zone.clock()))?;
                if !output.has_reader() {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            let shown = usize::try_from(self.lines).unwrap_or(usize::MAX);
            let others = last.len().saturating_sub(shown);
            return print_all(last.iter().skip(others), zone.clock(), output);
        };
        let mut lines = Vec::new();
        let mut others = Vec::new();
        while let Some(line) = log.next_line().await.in_step(Step::ReadLog)? {
            if dynos.as_mut().is_none_or(|dynos| dynos.wrote(&line)) {
                lines.push(line);
            } else {
                others.push(line);
            }
        }
        let found = run_log::find(run, run_log::runs(&lines));
        if let (Some(job), Err(RunNotFound::None { .. })) = (named, &found)
            && let Ok(other) = run_log::find(run, run_log::runs(&others))
            // A part of an id can also be that of an older run of the job.
            && run.ends_with(other)
        {
            return Err(CommandError::Nothing(Diagnostic::new(
                format!("run {other} is not one of {}", job.label()),
                "omit JOB, or pass the name of the run's job",
            )));
        }
        let of_run = match found {
            Ok(run) => {
                let mut dyno = RunDyno::new(run);
                lines.retain(|line| dyno.wrote(line));
                lines
            }
            Err(gone @ RunNotFound::None { .. }) => kept(&session, &jobs, run, &gone).await?,
            Err(several) => return Err(CommandError::Nothing(several.diagnostic())),
        };
        print_all(&of_run, zone.clock(), output)
    }
}

/// Prints lines with their times in `zone`.
fn print_all<'a>(
    lines: impl IntoIterator<Item = &'a String>,
    zone: &TimeZone,
    output: &Output,
) -> Result<ExitCode, CommandError> {
    for line in lines {
        print(output, in_zone(line, zone))?;
        if !output.has_reader() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The last lines of a run from its run history, after Heroku's log dropped them.
///
/// # Errors
/// Azure has no such run, or no lines of it.
async fn kept(
    session: &Session,
    jobs: &[&Job],
    requested: &str,
    gone: &RunNotFound,
) -> Result<Vec<String>, CommandError> {
    let runs = async {
        let (arm, desired) = (&session.clouds.arm, &session.desired);
        let subscription = session.clouds.subscription_id(desired).await?;
        let names = desired.names(&subscription);
        let histories = jobs.iter().map(|job| {
            let id = names.workflow_id(&job.workflow);
            async move {
                match arm.runs(&id, RUNS, None).await {
                    // A job that is not deployed has no runs.
                    Err(error) if error.is_not_found() => Ok(Vec::new()),
                    runs => runs,
                }
            }
        });
        let histories = join_all(histories, READS_AT_ONCE).await.into_iter();
        Ok::<_, azure::Error>(histories.collect::<Result<Vec<_>, _>>()?.concat())
    };
    let runs = match session.reading("Reading the run history", runs).await {
        Ok(runs) => runs,
        Err(error) => {
            session
                .output
                .warning(format_args!("cannot read the run history: {error}"));
            return Err(CommandError::Nothing(gone.diagnostic()));
        }
    };
    let nothing = |diagnostic| Err(CommandError::Nothing(diagnostic));
    let found = match run_log::find(requested, runs.iter().map(|run| run.id.as_str()).collect()) {
        Ok(found) => found,
        Err(RunNotFound::None { .. }) => return nothing(gone.diagnostic()),
        Err(several) => return nothing(several.diagnostic()),
    };
    let run = runs.iter().find(|run| run.id == found);
    match run.map(|run| run.log.clone()).unwrap_or_default() {
        log if log.is_empty() => nothing(Diagnostic::new(
            format!(
                "no log lines of run {found}: neither in the last 1,500 lines of the app, nor in the run history"
            ),
            "the run history keeps lines of failed runs only, and none if `[alert] log_lines` is 0",
        )),
        log => {
            session.output.note(format_args!(
                "Heroku no longer has the log of run {found}. Last lines, from the run history:"
            ));
            Ok(log)
        }
    }
}
