//! A board as JSON, the output of `picletter report --json`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::view::{Board, JobState, JobView, MonthView, Recent, RunView};

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
    let was_read = !view.lacks_history();
    json!({
        "job": view.job.name,
        "workflow": view.job.workflow,
        "schedule": view.job.schedule.summary(),
        "time_zone": view.job.schedule.zone().name(),
        "state": state(view.state),
        "drift": view.drift.sentences,
        "next": next.collect::<Vec<_>>(),
        "alerts": alerts.collect::<Vec<_>>(),
        "recent": was_read.then(|| recent(&view.recent)),
        "month": was_read.then(|| month(&view.month)),
        "complete_since": view.history.complete_since.map(|at| at.to_string()),
        "runs": runs.collect::<Vec<_>>(),
    })
}

fn recent(recent: &Recent) -> Value {
    json!({
        "since": recent.since.to_string(),
        "succeeded": recent.succeeded,
        "failed": recent.failed,
        "median_seconds": recent.median.map(|median| median.as_secs()),
    })
}

fn month(month: &MonthView) -> Value {
    json!({
        "runs": month.runs,
        "failed": month.failed,
        "counted": month.counted,
        "executions": month.executions,
        "dyno_seconds": month.dyno_time.as_secs(),
        "cost": month.cost,
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
