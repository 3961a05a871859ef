//! A board as JSON, the output of `picletter report --json`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::view::{Board, JobState, JobView, RunView};

/// The board in the shape that `picletter report --help` documents. Times are in UTC.
pub fn json(board: &Board) -> Value {
    let outages = board.outages.iter().map(|outage| {
        json!({
            "vendor": outage.vendor,
            "since": outage.since.map(|at| at.to_string()),
            "summary": outage.summary,
            "help": outage.help,
        })
    });
    let dynos = board.dynos.iter().map(|dyno| {
        json!({
            "name": dyno.name,
            "size": dyno.size,
            "state": dyno.state,
            "start": dyno.start.to_string(),
            "run": dyno.run.as_deref(),
        })
    });
    json!({
        "app": board.app,
        "now": board.now.to_string(),
        "outages": outages.collect::<Vec<_>>(),
        "dynos": dynos.collect::<Vec<_>>(),
        "jobs": board.jobs.iter().map(job).collect::<Vec<_>>(),
    })
}

fn job(view: &JobView) -> Value {
    let alerts = view.alerts.iter();
    let alerts = alerts.map(|rule| json!({"reports": rule.reports, "enabled": rule.enabled}));
    let next = view.next.iter().map(ToString::to_string);
    let runs = view.history.runs.iter().map(run);
    json!({
        "job": view.job.name,
        "workflow": view.job.workflow,
        "schedule": view.job.schedule.summary(),
        "time_zone": view.job.schedule.zone().name(),
        "state": state(view.state),
        "drift": view.drift.sentences,
        "next": next.collect::<Vec<_>>(),
        "alerts": alerts.collect::<Vec<_>>(),
        "recent": {
            "since": view.recent.since.to_string(),
            "succeeded": view.recent.succeeded,
            "failed": view.recent.failed,
            "median_seconds": view.recent.median.map(|median| median.as_secs()),
        },
        "month": {
            "runs": view.month.runs,
            "failed": view.month.failed,
            "counted": view.month.counted,
            "executions": view.month.executions,
            "dyno_seconds": view.month.dyno_time.as_secs(),
            "cost": view.month.cost,
        },
        "complete_since": view.history.complete_since.map(|at| at.to_string()),
        "runs": runs.collect::<Vec<_>>(),
    })
}

fn state(state: JobState) -> &'static str {
    match state {
        JobState::NotRead => "not_read",
        JobState::NotDeployed => "not_deployed",
        JobState::OnSchedule => "on_schedule",
        JobState::Paused => "paused",
    }
}

fn run(run: &Arc<RunView>) -> Value {
    json!({
        "id": &*run.id,
        "trigger": run.trigger.as_deref(),
        "start": run.start.to_string(),
        "end": run.end.map(|at| at.to_string()),
        "outcome": run.outcome,
        "code": run.code.as_deref(),
        "message": run.message.as_deref(),
        "log": &*run.log,
    })
}
