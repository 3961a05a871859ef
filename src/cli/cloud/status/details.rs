//! The status of one job.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{PAGE, dynos, next, outcome, state};
use crate::cli::cloud::Session;
use crate::cost;
use crate::dashboard::month::Month;
use crate::run_log::parts;
use picletter_core::config::Job;
use picletter_core::deploy::azure::Run;
use picletter_core::deploy::heroku::Dyno;
use picletter_core::deploy::status::{JobStatus, Outcome};

pub(super) struct Report<'a> {
    status: &'a JobStatus,
    dynos: Option<&'a [Dyno]>,
    session: &'a Session,
    job: &'a Job,
    zone: &'a TimeZone,
    next: Vec<Timestamp>,
    month: Month,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        session: &'a Session,
        job: &'a Job,
        status: &'a JobStatus,
        dynos: Option<&'a [Dyno]>,
        now: Timestamp,
    ) -> Self {
        Self {
            month: Month::from_status(job, status, PAGE, now),
            zone: job.schedule.zone().clock(),
            next: next(job, status, now, 3),
            status,
            dynos,
            session,
            job,
        }
    }

    fn local(&self, at: Timestamp) -> String {
        self.zone.to_datetime(at).strftime("%a %F %T").to_string()
    }

    pub(super) fn text(&self, runs: usize) -> String {
        let mut text = String::new();
        let desired = &self.session.desired;
        let mut line = |title: &str, words: &str| {
            let _ = writeln!(text, "{title:<9} {words}");
        };
        let workflow = &self.job.workflow;
        line("workflow", &format!("{workflow}: {}", state(self.status)));
        line("app", &format!("{}: {}", desired.app, dynos(self.dynos)));
        line("times", self.job.schedule.zone().name());
        if self.status.is_enabled() && self.status.drift.has_other_schedule {
            line(
                "next",
                "unknown: the deployed schedule is not that of the file",
            );
        }
        for (n, at) in self.next.iter().enumerate() {
            line(if n == 0 { "next" } else { "" }, &self.local(*at));
        }
        for (n, run) in self.status.runs.iter().take(runs).enumerate() {
            let title = if n == 0 { "runs" } else { "" };
            let at = run.start.map(|at| self.local(at)).unwrap_or_default();
            let took = run
                .duration()
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
            "estimated from the schedule"
        };
        line(
            "cost",
            &format!(
                "this month so far, {} run{} ({basis}):",
                month.runs,
                if month.runs == 1 { "" } else { "s" }
            ),
        );
        let azure = if desired.jobs.len() > 1 {
            cost::shared_executions(&month.executions)
        } else {
            cost::executions(&month.executions)
        };
        let size = &self.job.dyno_size;
        line(
            "",
            &format!("Heroku: {}", cost::dynos(size, month.dyno_time)),
        );
        line("", &format!("Azure: {azure}"));
        text
    }

    pub(super) fn json(&self, runs: usize) -> Value {
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
        json!({
            "job": self.job.name,
            "workflow": self.job.workflow,
            "app": self.session.desired.app,
            "state": state,
            "drift": self.status.drift.sentences,
            "next": self.next.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "runs": runs,
            "cost": {
                "runs": self.month.runs,
                "counted": self.month.counted,
                "executions": self.month.billed_executions(),
                "dyno_seconds": self.month.dyno_time.as_secs(),
            },
        })
    }
}

/// The last line of the dyno's output in the run history, or Heroku's last line about it.
fn last_line(run: &Run) -> Option<&str> {
    let mut lines = run.log.iter().rev().filter_map(|line| parts(line));
    let own = lines.clone().find(|(source, ..)| *source == "app");
    own.or_else(|| lines.next()).map(|(_, _, text)| text)
}
