//! `picletter status`: how the schedule goes.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::dyno_of::parts;
use super::{CommandError, Needs, Session, no_workflow, print, print_text};
use crate::cli::config_file::ConfigFile;
use crate::cli::interrupted::Interrupted;
use crate::cli::output::Output;
use crate::cost::{self, Executions};
use crate::deploy::azure::Run;
use crate::deploy::portal_edits::portal_edits;
use crate::deploy::status::{self, Outcome};
use crate::shell::picletter;

/// How often --watch looks.
const LOOK: Duration = Duration::from_secs(10);

/// Executions of a run that succeeds at once: its trigger and eight actions.
const EXECUTIONS: u64 = 9;

/// Options of `picletter status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Times are in the schedule's time zone; with --json they are in UTC. What the month has cost so far is an estimate: the runs there were, \
9 executions of the Logic App each (one that fails takes about 31), and how long they took on the dyno's price by the second.

Examples:
  picletter status
  picletter status --runs 50 --json")]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    config: ConfigFile,
    /// How many of the last runs
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=250))]
    runs: u16,
    /// Look again every 10 seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print it as JSON: state, next, runs (id, trigger, start, end, outcome, code, message, log)
    /// and cost
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        if self.watch {
            output.leaves(Interrupted::Expected);
        }
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let mut is_told = false;
        loop {
            let read = status::Status::read(&session.clouds, &session.desired, MONTH);
            let status = session.reading("Reading Heroku and Azure", read).await?;
            let report = Report::new(&session, &status, Timestamp::now());
            if self.json {
                print(output, report.json(usize::from(self.runs)))?;
            } else {
                print_text(output, report.text(usize::from(self.runs)))?;
            }
            session.tell_warnings();
            let Some(workflow) = &status.workflow else {
                return Err(no_workflow(&session.desired));
            };
            if !is_told {
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
                is_told = true;
            }
            if !self.watch || !output.has_reader() {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(LOOK).await;
            print(output, "")?;
        }
    }
}

/// How many runs are read, for what the month has cost: a page, of which --runs shows no more.
const MONTH: usize = 250;

struct Report<'a> {
    status: &'a status::Status,
    session: &'a Session,
    zone: &'a TimeZone,
    next: Vec<Timestamp>,
    month: Month,
}

/// The month so far.
struct Month {
    runs: u64,
    /// Whether the runs are counted, not taken from the schedule.
    counted: bool,
    executions: Executions,
    dyno_time: SignedDuration,
}

impl<'a> Report<'a> {
    fn new(session: &'a Session, status: &'a status::Status, now: Timestamp) -> Self {
        let schedule = &session.config.schedule;
        let next = if status.is_enabled() {
            let due = schedule.occurrences(now).map(|due| due.at);
            due.filter(|at| *at > now).take(3).collect()
        } else {
            Vec::new()
        };
        Self {
            month: Month::so_far(session, &status.runs, now),
            zone: schedule.zone().clock(),
            status,
            session,
            next,
        }
    }

    fn local(&self, at: Timestamp) -> String {
        self.zone.to_datetime(at).strftime("%a %F %T").to_string()
    }

    fn text(&self, runs: usize) -> String {
        let mut text = String::new();
        let desired = &self.session.desired;
        let mut line = |title: &str, words: &str| {
            let _ = writeln!(text, "{title:<9} {words}");
        };
        let state = self.status.workflow.as_ref().map_or("not deployed", |_| {
            if self.status.is_enabled() {
                "on schedule"
            } else {
                "paused"
            }
        });
        line("workflow", &format!("{}: {state}", desired.workflow));
        let app = match &self.status.dynos {
            None => "not deployed".to_owned(),
            Some(dynos) if dynos.is_empty() => "no dyno is running".to_owned(),
            Some(dynos) => {
                let dynos = dynos.iter();
                let names: Vec<String> = dynos
                    .map(|dyno| format!("{} {}", dyno.name, dyno.state))
                    .collect();
                names.join(", ")
            }
        };
        line("app", &format!("{}: {app}", desired.app));
        line("times", self.session.config.schedule.zone().name());
        for (n, at) in self.next.iter().enumerate() {
            line(if n == 0 { "next" } else { "" }, &self.local(*at));
        }
        for (n, run) in self.status.runs.iter().take(runs).enumerate() {
            let title = if n == 0 { "runs" } else { "" };
            let at = run.start.map(|at| self.local(at)).unwrap_or_default();
            let took = took(run)
                .map(|took| format!("{} s", took.as_secs()))
                .unwrap_or_default();
            let why = run
                .message
                .as_deref()
                .or(run.code.as_deref())
                .unwrap_or_default();
            line(
                title,
                &format!("{at}  {:<10} {took:>7}  {}", outcome(run), run.id),
            );
            if !why.is_empty() {
                line("", &format!("  {why}"));
            }
            if let Some(last) = last_line(run) {
                line("", &format!("  log: {last}"));
            }
        }
        if self.status.runs.is_empty() {
            line("runs", "none yet");
        }
        let month = &self.month;
        let basis = if month.counted {
            "counted"
        } else {
            "by the schedule"
        };
        line(
            "cost",
            &format!(
                "this month so far, {} run{} ({basis}):",
                month.runs,
                if month.runs == 1 { "" } else { "s" }
            ),
        );
        let size = &self.session.config.heroku.dyno_size;
        line(
            "",
            &format!("Heroku: {}", cost::of_dynos(size, month.dyno_time)),
        );
        line(
            "",
            &format!("Azure: {}", cost::of_executions(&month.executions)),
        );
        text
    }

    fn json(&self, runs: usize) -> String {
        let run = |run: &Run| {
            json!({
                "id": run.id,
                "trigger": run.trigger,
                "start": run.start.map(|at| at.to_string()),
                "end": run.end.map(|at| at.to_string()),
                "outcome": Outcome::from_run(run),
                "code": run.code,
                "message": run.message,
                "log": run.log,
            })
        };
        let runs: Vec<Value> = self.status.runs.iter().take(runs).map(run).collect();
        let state = self
            .status
            .workflow
            .as_ref()
            .map(|workflow| &workflow.state);
        let json = json!({
            "workflow": self.session.desired.workflow,
            "app": self.session.desired.app,
            "state": state,
            "next": self.next.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "runs": runs,
            "cost": {
                "runs": self.month.runs,
                "counted": self.month.counted,
                "executions": self.month.executions.sum(),
                "dyno_seconds": self.month.dyno_time.as_secs(),
            },
        });
        serde_json::to_string_pretty(&json).unwrap_or_default()
    }
}

impl Month {
    fn so_far(session: &Session, runs: &[Run], now: Timestamp) -> Self {
        let schedule = &session.config.schedule;
        let today = schedule.zone().clock().to_datetime(now).date();
        let first = first_of_month(today, schedule.zone().clock());
        let of_month = |run: &&Run| run.start.is_some_and(|start| start >= first);
        let listed: Vec<&Run> = runs.iter().filter(of_month).collect();
        // A page that is full may not reach back to the first of the month.
        let counted = runs.len() < MONTH || listed.len() < runs.len();
        let count = if counted {
            listed.len()
        } else {
            schedule
                .occurrences(first)
                .take_while(|due| due.at <= now)
                .count()
        };
        let times: Vec<SignedDuration> = listed.iter().filter_map(|run| took(run)).collect();
        let sum: SignedDuration = times.iter().sum();
        let average = i32::try_from(times.len())
            .ok()
            .filter(|n| *n > 0)
            .map(|n| sum / n);
        let count_32 = i32::try_from(count).unwrap_or(i32::MAX);
        let runs = u64::try_from(count).unwrap_or(u64::MAX);
        let mut executions = Executions::default();
        executions.add(now, runs.saturating_mul(EXECUTIONS));
        let skipped = schedule.skipped_firings(first, now);
        executions.add(now, u64::try_from(skipped).unwrap_or(u64::MAX));
        Self {
            runs,
            counted,
            executions,
            dyno_time: average.unwrap_or_default() * count_32,
        }
    }
}

fn first_of_month(today: Date, zone: &TimeZone) -> Timestamp {
    let first = today
        .first_of_month()
        .to_datetime(jiff::civil::Time::midnight());
    zone.to_timestamp(first).unwrap_or(Timestamp::MIN)
}

fn took(run: &Run) -> Option<SignedDuration> {
    Some(run.end?.duration_since(run.start?))
}

/// The last line that the dyno itself wrote, of those that the run kept; else Heroku's last.
fn last_line(run: &Run) -> Option<&str> {
    let mut lines = run.log.iter().rev().filter_map(|line| parts(line));
    let own = lines.clone().find(|(source, ..)| *source == "app");
    own.or_else(|| lines.next()).map(|(_, _, text)| text)
}

fn outcome(run: &Run) -> &str {
    match Outcome::from_run(run) {
        Outcome::Running => "running",
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => run.code.as_deref().unwrap_or("failed"),
        Outcome::Skipped => "skipped",
    }
}
