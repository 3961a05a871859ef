//! The status of all jobs as a table.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{PAGE, dynos, next, outcome, state};
use crate::cli::cloud::Session;
use crate::cost::{self, Executions};
use crate::dashboard::month::Month;
use picletter_core::config::Job;
use picletter_core::deploy::status::{JobStatus, Outcome, Status};

/// Separator of the columns.
const GAP: &str = "  ";

pub(super) struct Table<'a> {
    session: &'a Session,
    status: &'a Status,
    rows: Vec<Row<'a>>,
    now: Timestamp,
}

struct Row<'a> {
    job: &'a Job,
    status: &'a JobStatus,
    next: Option<Timestamp>,
    month: Month,
    /// Its share of the cost of all executions, in dollars.
    executions: f64,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        session: &'a Session,
        jobs: &[&'a Job],
        status: &'a Status,
        now: Timestamp,
    ) -> Self {
        let jobs = jobs.iter().zip(&status.jobs);
        let months = jobs.clone();
        let months: Vec<Month> = months
            .map(|(job, status)| Month::from_status(job, status, PAGE, now))
            .collect();
        // The free executions are shared by the subscription.
        let mut all = Executions::default();
        for month in &months {
            all.add(now, month.billed_executions());
        }
        let rows = jobs.zip(months).map(|((job, status), month)| Row {
            job,
            status,
            next: next(job, status, now, 1).into_iter().next(),
            executions: month.executions.share_of(&all),
            month,
        });
        Self {
            session,
            status,
            rows: rows.collect(),
            now,
        }
    }

    /// The table, with columns as wide as their widest cell, and a line about the app.
    pub(super) fn text(&self) -> String {
        let titles = [
            "job", "state", "schedule", "last run", "next run", "month", "failed", "cost",
        ];
        let titles = titles.map(str::to_owned);
        let lines: Vec<[String; 8]> = [titles]
            .into_iter()
            .chain(self.rows.iter().map(|row| row.cells(self.now)))
            .collect();
        let mut widths = [0; 8];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in &lines {
            let cells = line.iter().zip(widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            text.push_str(cells.join(GAP).trim_end());
            text.push('\n');
        }
        let app = &self.session.desired.app;
        let dynos = dynos(self.status.dynos.as_deref());
        // Writing to a string does not fail.
        let _ = writeln!(text, "\napp {app}: {dynos}");
        text
    }

    /// The app, and the state, last and next run, and month of each job.
    pub(super) fn json(&self) -> Value {
        let jobs: Vec<Value> = self.rows.iter().map(Row::json).collect();
        json!({"app": self.session.desired.app, "jobs": jobs})
    }
}

impl Row<'_> {
    fn cells(&self, now: Timestamp) -> [String; 8] {
        let zone = self.job.schedule.zone();
        let next = self.next.map(|at| {
            let local = zone.clock().to_datetime(at).strftime("%a %F %R");
            format!("{local} {}", zone.name())
        });
        let month = &self.month;
        [
            self.job.label().to_owned(),
            state(self.status).to_owned(),
            schedule(self.job, self.status).to_owned(),
            self.last(now),
            next.unwrap_or_else(|| "-".to_owned()),
            format!(
                "{} run{}",
                month.runs,
                if month.runs == 1 { "" } else { "s" }
            ),
            month.failed.to_string(),
            cost::total(&self.job.dyno_size, month.dyno_time, self.executions),
        ]
    }

    /// The outcome and the age of the last run.
    fn last(&self, now: Timestamp) -> String {
        let Some(run) = self.status.runs.first() else {
            return "none yet".to_owned();
        };
        let ago = run.start.map(|start| age(now.duration_since(start)));
        let ago = ago.map(|age| format!(" {age} ago")).unwrap_or_default();
        format!("{}{ago}", outcome(run))
    }

    fn json(&self) -> Value {
        let last = self.status.runs.first().map(|run| {
            json!({
                "id": run.id,
                "start": run.start.map(|at| at.to_string()),
                "end": run.end.map(|at| at.to_string()),
                "outcome": Outcome::from_run(run),
                "code": run.code,
                "message": run.message,
            })
        });
        let workflow = self.status.workflow.as_ref();
        json!({
            "job": self.job.name,
            "workflow": self.job.workflow,
            "state": workflow.map(|workflow| &workflow.state),
            "drift": self.status.drift.sentences,
            "last": last,
            "next": self.next.map(|at| at.to_string()),
            "month": {
                "runs": self.month.runs,
                "failed": self.month.failed,
                "counted": self.month.counted,
                "executions": self.month.billed_executions(),
                "dyno_seconds": self.month.dyno_time.as_secs(),
            },
        })
    }
}

/// The schedule of the file, if the workflow has it or does not exist.
fn schedule<'a>(job: &'a Job, status: &JobStatus) -> &'a str {
    match &status.drift {
        drift if !drift.has_other_schedule => job.schedule.description(),
        drift if drift.keys.is_empty() => "unknown",
        _ => "differs from the file",
    }
}

/// A duration in its largest unit, such as `3 h`.
fn age(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
