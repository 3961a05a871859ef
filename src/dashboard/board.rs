//! Computes the board from what a source has read. Both sources use it, so equal deployments have
//! equal boards.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::Value;

use super::month::{Month, MonthRun};
use super::next_step::next_step;
use super::view::{
    ActionView, AlertRule, AttemptView, Board, DynoView, History, JobState, JobView, MonthView,
    Outage, Recent, RunView,
};
use crate::cost::{self, Executions};
use crate::run_log;
use picletter_core::config::{Config, Job};
use picletter_core::deploy::azure::{Action, Run, Workflow, WorkflowState};
use picletter_core::deploy::desired::DesiredJob;
use picletter_core::deploy::drift::{AlertKind, Drift};
use picletter_core::deploy::heroku::Dyno;
use picletter_core::deploy::live::LiveAzure;
use picletter_core::deploy::redact::Redactor;
use picletter_core::deploy::status::Outcome;
use picletter_logic_apps::history::Content;

/// Number of days of a history, including today.
pub const DAYS: i64 = 90;

/// Maximum number of a job's runs: the newest of any outcome, and as many older failed ones.
pub const MOST_RUNS: usize = 2_500;

/// Number of due times per job.
const NEXT: usize = 5;

/// Number of days of [`Recent`].
const RECENT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A job that a source has read.
#[derive(Debug, Clone)]
pub struct JobReading {
    /// The configured job.
    pub job: Arc<Job>,
    /// Whether it is enabled.
    pub state: JobState,
    /// Differences between the deployed workflow and the configuration.
    pub drift: Drift,
    /// Its alert rules.
    pub alerts: Vec<AlertRule>,
    /// When its workflow was created, where that is known.
    pub created: Option<Timestamp>,
    /// Its runs; `None` before they are read.
    pub runs: Option<RunsRead>,
}

/// The runs of a job, in any order.
#[derive(Debug, Clone, Default)]
pub struct RunsRead {
    /// The runs.
    pub runs: Vec<Arc<RunView>>,
    /// The time from which they are complete; `None` if they are complete. Earlier ones may include
    /// failed runs.
    pub all_since: Option<Timestamp>,
}

impl RunsRead {
    /// Adds or replaces runs by those of a later read. Drops runs whose id is in `gone`, runs that
    /// started before `first`, and those above the limits of [`MOST_RUNS`]. Returns whether a run was
    /// added, changed, or dropped.
    pub fn merge(&mut self, news: Self, gone: &[Arc<str>], first: Timestamp) -> bool {
        let replaced: HashSet<Arc<str>> = news.runs.iter().map(|run| run.id.clone()).collect();
        let before = std::mem::take(&mut self.runs);
        let mut all = before.clone();
        all.retain(|known| !replaced.contains(&known.id) && !gone.contains(&known.id));
        all.extend(news.runs);
        all.retain(|run| run.start >= first);
        self.all_since = self.all_since.max(news.all_since);
        limit(&mut all, &mut self.all_since);
        self.runs = all;
        self.runs != before
    }
}

impl JobState {
    /// The state of a workflow.
    pub fn from_workflow(workflow: Option<&Workflow>) -> Self {
        match workflow {
            None => Self::NotDeployed,
            Some(workflow) if workflow.is(WorkflowState::Enabled) => Self::OnSchedule,
            Some(_) => Self::Paused,
        }
    }
}

impl RunView {
    /// A run as Azure reports it; `None` before it has started. Secrets are masked.
    pub fn new(run: Run, redactor: &Redactor) -> Option<Self> {
        let outcome = Outcome::from_run(&run);
        let clean = |text: &str| Arc::from(&*redactor.clean(text));
        Some(Self {
            start: run.start?,
            end: run.end,
            outcome,
            trigger: run.trigger.map(Arc::from),
            code: run.code.as_deref().map(clean),
            message: run.message.as_deref().map(clean),
            log: run
                .log
                .iter()
                .map(|line| redactor.clean(line).into_owned())
                .collect(),
            id: Arc::from(run.id),
        })
    }

    /// Its duration, if it has ended.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.end?.duration_since(self.start))
    }
}

impl ActionView {
    /// An action as Azure reports it, with its inputs and outputs. Secrets are masked.
    pub fn new(action: Action, inputs: Content, outputs: Content, redactor: &Redactor) -> Self {
        let clean = |text: String| redactor.clean(&text).into_owned();
        Self {
            name: Arc::from(action.name),
            status: action.status,
            code: action.code.map(clean),
            start: action.start,
            end: action.end,
            inputs: masked(inputs, redactor),
            outputs: masked(outputs, redactor),
            error: action.error.map(clean),
            repetitions: action.repetitions,
            attempts: action
                .attempts
                .into_iter()
                .map(|attempt| AttemptView {
                    start: attempt.start,
                    end: attempt.end,
                    code: attempt.code.map(clean),
                })
                .collect(),
        }
    }
}

/// JSON with the secrets in its strings masked.
fn masked(content: Content, redactor: &Redactor) -> Content {
    fn mask(value: &Value, redactor: &Redactor) -> Value {
        let clean = |text: &str| redactor.clean(text).into_owned();
        match value {
            Value::String(text) => clean(text).into(),
            Value::Array(items) => items.iter().map(|item| mask(item, redactor)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (clean(name), mask(value, redactor)))
                .collect(),
            other => other.clone(),
        }
    }
    match content {
        Content::Value(value) => Content::Value(Arc::new(mask(&value, redactor))),
        hidden => hidden,
    }
}

/// The alerts of a job: its webhook, and the rules for `[alert] email` that are configured or
/// exist.
pub fn alerts(
    config: &Config,
    job: &Job,
    desired: &DesiredJob,
    azure: &LiveAzure,
) -> Vec<AlertRule> {
    let has_email = config.alert.email.is_some();
    let rules = [
        (AlertKind::FailedRuns, "a run fails", has_email),
        (
            AlertKind::NoSuccess,
            "no run succeeds for 24 hours",
            has_email && job.schedule.is_daily() && desired.daily_alert_from.is_none(),
        ),
    ];
    let rules = rules
        .into_iter()
        .filter_map(|(kind, reports, is_configured)| {
            let enabled = azure.is_alert_enabled(desired, kind);
            (is_configured || enabled.is_some()).then(|| AlertRule {
                reports: format!("{reports}, by mail"),
                enabled,
            })
        });
    let webhook = azure.has_webhook(desired).then(|| AlertRule {
        reports: "a run fails, to the webhook".to_owned(),
        enabled: Some(true),
    });
    rules.chain(webhook).collect()
}

/// The help for a failed or skipped run.
pub fn advice(job: &Job, run: &Run) -> Option<String> {
    match Outcome::from_run(run) {
        Outcome::Running | Outcome::Succeeded => None,
        Outcome::Failed | Outcome::Skipped => Some(next_step(job, run).line()),
    }
}

impl DynoView {
    /// A dyno as Heroku reports it.
    pub fn new(dyno: &Dyno) -> Self {
        Self {
            name: dyno.name.clone(),
            size: dyno.size.clone(),
            state: dyno.state.clone(),
            start: dyno.created_at,
            end: None,
            run: run_log::run_in_command(&dyno.command).map(Arc::from),
        }
    }
}

/// The dynos of a run: the active ones, and those in the log.
pub fn dynos_of_run(run: &RunView, lines: &[String], alive: &[DynoView]) -> Vec<DynoView> {
    let is_own = |dyno: &&DynoView| dyno.run.as_deref() == Some(&*run.id);
    let mut dynos: Vec<DynoView> = alive.iter().filter(is_own).cloned().collect();
    for dyno in run_log::dynos(lines, &run.id) {
        if dynos.iter().any(|known| known.name == dyno.name) {
            continue;
        }
        dynos.push(DynoView {
            name: dyno.name,
            size: String::new(),
            state: dyno.state,
            start: dyno.start,
            end: dyno.end,
            run: Some(run.id.clone()),
        });
    }
    dynos
}

/// The board of the jobs, in the order of the file.
pub fn board(
    app: &str,
    now: Timestamp,
    jobs: Vec<JobReading>,
    dynos: Vec<DynoView>,
    outages: Vec<Outage>,
) -> Board {
    let jobs = jobs.into_iter().map(|reading| {
        let history = history(&reading.job, reading.runs, now);
        let month = month(&reading.job, reading.created, reading.state, &history, now);
        (
            reading.job,
            reading.state,
            reading.drift,
            reading.alerts,
            history,
            month,
        )
    });
    let jobs: Vec<_> = jobs.collect();
    // Free executions are per subscription.
    let mut all = Executions::default();
    for (.., month) in &jobs {
        all.add(now, month.billed_executions());
    }
    let jobs = jobs.into_iter();
    let jobs = jobs.map(|(job, state, drift, alerts, history, month)| JobView {
        next: next(&job, state, &drift, now),
        recent: recent(&history, now),
        month: MonthView {
            runs: month.runs,
            failed: month.failed,
            counted: month.counted,
            executions: month.billed_executions(),
            dyno_time: month.dyno_time,
            cost: cost::total(
                &job.dyno_size,
                month.dyno_time,
                month.executions.share_of(&all),
            ),
        },
        job,
        state,
        drift,
        alerts,
        history,
    });
    Board {
        app: app.to_owned(),
        now,
        jobs: jobs.collect(),
        dynos,
        outages,
        file_change: None,
    }
}

/// The runs of the last [`DAYS`] days, at most [`MOST_RUNS`] besides failed ones.
fn history(job: &Job, read: Option<RunsRead>, now: Timestamp) -> History {
    let Some(RunsRead {
        mut runs,
        mut all_since,
    }) = read
    else {
        return History::default();
    };
    let zone = job.schedule.zone().clock();
    let first = first_day(now, zone);
    runs.retain(|run| run.start >= first);
    limit(&mut runs, &mut all_since);
    let complete_since = all_since.map_or(first, |since| next_midnight(since, zone).max(first));
    History {
        runs,
        complete_since: Some(complete_since),
    }
}

/// Sorts runs newest first, and drops those above the limits.
fn limit(runs: &mut Vec<Arc<RunView>>, all_since: &mut Option<Timestamp>) {
    runs.sort_by(|one, other| {
        (Reverse(one.start), &one.id).cmp(&(Reverse(other.start), &other.id))
    });
    // A run that starts while a list is read shifts others to the next page.
    runs.dedup_by(|one, other| one.id == other.id);
    if let Some(last) = runs.get(MOST_RUNS) {
        // A run at the same instant may be dropped.
        *all_since = (*all_since).max(Some(last.start + SignedDuration::from_nanos(1)));
        let mut n = 0;
        let mut failed = 0;
        runs.retain(|run| {
            n += 1;
            if n <= MOST_RUNS {
                return true;
            }
            failed += usize::from(run.outcome == Outcome::Failed);
            run.outcome == Outcome::Failed && failed <= MOST_RUNS
        });
    }
}

/// The start of the first of the last [`DAYS`] days.
pub(super) fn first_day(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = zone.to_datetime(now).date();
    midnight(today.saturating_sub((DAYS - 1).days()), zone)
}

/// The first midnight at or after an instant.
fn next_midnight(at: Timestamp, zone: &TimeZone) -> Timestamp {
    let date = zone.to_datetime(at).date();
    match midnight(date, zone) {
        start if start >= at => start,
        _ => midnight(date.saturating_add(1.day()), zone),
    }
}

fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    let midnight = zone.to_timestamp(date.to_datetime(Time::midnight()));
    midnight.unwrap_or(Timestamp::MIN)
}

fn month(
    job: &Job,
    created: Option<Timestamp>,
    state: JobState,
    history: &History,
    now: Timestamp,
) -> Month {
    let runs = history.runs.iter().map(|run| MonthRun {
        start: run.start,
        duration: run.duration(),
        failed: run.outcome == Outcome::Failed,
    });
    // No estimate before the history is read.
    let all_since = history.complete_since;
    Month::so_far(
        job,
        created,
        state == JobState::OnSchedule,
        runs,
        all_since,
        now,
    )
}

fn recent(history: &History, now: Timestamp) -> Recent {
    let since = now.checked_sub(RECENT).unwrap_or(Timestamp::MIN);
    let since = history.complete_since.map_or(since, |it| it.max(since));
    let runs = history.runs.iter().filter(|run| run.start >= since);
    let mut recent = Recent {
        since,
        ..Recent::default()
    };
    let mut durations = Vec::new();
    for run in runs {
        match run.outcome {
            Outcome::Succeeded => {
                recent.succeeded += 1;
                durations.extend(run.duration());
            }
            Outcome::Failed => recent.failed += 1,
            Outcome::Running | Outcome::Skipped => {}
        }
    }
    durations.sort_unstable();
    // For an even number, the lower of the two in the middle.
    let middle = durations.len().saturating_sub(1) / 2;
    recent.median = durations.get(middle).copied();
    recent
}

/// The next due times of an enabled job whose schedule is deployed.
fn next(job: &Job, state: JobState, drift: &Drift, now: Timestamp) -> Vec<Timestamp> {
    if state != JobState::OnSchedule || drift.has_other_schedule {
        return Vec::new();
    }
    let due = job.schedule.occurrences(now).map(|due| due.at);
    due.filter(|at| *at > now).take(NEXT).collect()
}
