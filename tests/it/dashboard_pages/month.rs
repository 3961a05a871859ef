//! What a job has done and cost since the first of the month: on the dashboard, and by `status`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use picletter::dashboard::board::{JobReading, RunsRead, board};
use picletter::dashboard::month::Month;
use picletter::dashboard::report;
use picletter::dashboard::view::{Board, JobState, MonthView, RunView};
use picletter_core::config::{Config, Job};
use picletter_core::deploy::azure::{Run, Workflow};
use picletter_core::deploy::drift::Drift;
use picletter_core::deploy::redact::Redactor;
use picletter_core::deploy::status::{JobStatus, Outcome};
use serde_json::Value;

/// Maximum number of runs that `status` reads.
const PAGE: usize = 250;

/// An hourly job, and one whose trigger fires more often than it starts a run.
fn config(zone: &str) -> Config {
    let file = format!(
        "[heroku]\napp = \"my-shop\"\n\
         [jobs.hourly]\ncommand = \"x\"\nevery = \"hour\"\ntime_zone = \"{zone}\"\n\
         [jobs.first]\ncommand = \"x\"\ncron = \"0 9 * * 1#1\"\ntime_zone = \"{zone}\"\n"
    );
    Config::parse(Path::new("picletter.toml"), &file).unwrap()
}

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
        drift: Drift::default(),
    }
}

fn dashboard(job: &Job, status: &JobStatus, now: Timestamp) -> Board {
    let redactor = Redactor::default();
    let runs = status.runs.iter().cloned();
    let runs = runs.filter_map(|run| RunView::new(run, &redactor));
    let reading = JobReading {
        state: JobState::from_workflow(status.workflow.as_ref()),
        created: status.workflow.as_ref().and_then(|it| it.created),
        ..reading(job, runs.map(Arc::new).collect())
    };
    board("my-shop", now, vec![reading], Vec::new(), Vec::new())
}

/// A job on schedule with all of its runs.
fn reading(job: &Job, runs: Vec<Arc<RunView>>) -> JobReading {
    JobReading {
        job: Arc::new(job.clone()),
        state: JobState::OnSchedule,
        drift: Drift::default(),
        alerts: Vec::new(),
        created: None,
        runs: Some(RunsRead {
            runs,
            all_since: None,
        }),
    }
}

/// The month at noon UTC of its last day.
fn month(reading: JobReading) -> MonthView {
    let now = "2026-11-30T12:00:00Z".parse().unwrap();
    let mut board = board("my-shop", now, vec![reading], Vec::new(), Vec::new());
    board.jobs.remove(0).month
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
    let config = config("America/New_York");
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
            let month = Month::from_status(job, &status, PAGE, now);
            let board = dashboard(job, &status, now);
            let shown = &board.jobs[0].month;
            assert_eq!(
                (shown.runs, shown.failed, shown.counted),
                (month.runs, month.failed, month.counted)
            );
            assert_eq!(shown.executions, month.billed_executions());
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
    let config = config("America/New_York");
    let job = &config.jobs[1];
    let [created, now] = ["2026-11-28T00:00:00Z", "2026-11-30T20:00:00Z"];
    let [created, now] = [created, now].map(|at| at.parse::<Timestamp>().unwrap());
    let status = status(job, created, now);
    let month = Month::from_status(job, &status, PAGE, now);
    // The Monday of this time, which is not the first of its month.
    assert_eq!((month.runs, month.billed_executions()), (0, 1));
    let shown = &dashboard(job, &status, now).jobs[0].month;
    assert_eq!(shown.executions, month.billed_executions());
}

/// The month of a job that was paused after its last run, with one run an hour until `last`.
fn paused(job: &Job, last: Timestamp, count: usize, is_all: bool) -> MonthView {
    let starts = (0..).map(|n| last - SignedDuration::from_hours(n));
    let runs = starts.take(count).map(|start| {
        Arc::new(RunView {
            id: start.to_string().into(),
            trigger: None,
            start,
            end: Some(start + SignedDuration::from_secs(10)),
            outcome: Outcome::Succeeded,
            code: None,
            message: None,
            log: Arc::default(),
        })
    });
    let runs: Vec<_> = runs.collect();
    // The list begins after its oldest run, which the schedule counts.
    let after = SignedDuration::from_nanos(1);
    let since = runs.last().map(|run| run.start + after);
    let mut reading = JobReading {
        state: JobState::Paused,
        ..reading(job, Vec::new())
    };
    reading.runs = Some(RunsRead {
        runs,
        all_since: since.filter(|_| !is_all),
    });
    month(reading)
}

#[test]
fn runs_that_were_due_while_a_job_is_paused_are_not_counted() {
    let config = config("UTC");
    let [hourly, first] = [&config.jobs[0], &config.jobs[1]];
    let last = "2026-11-20T00:00:02Z".parse().unwrap();
    let month = paused(hourly, last, 250, false);
    assert_eq!((month.runs, month.counted), (19 * 24 + 1, false));
    assert_eq!(month.executions, month.runs * 9);
    assert_eq!(paused(first, last, 0, true).executions, 0);
    let few = paused(hourly, last, 20, true);
    assert_eq!((few.runs, few.counted), (20, true));
}

#[test]
fn firings_before_the_workflow_was_created_are_not_counted() {
    let config = config("UTC");
    let executions = |created| {
        let reading = JobReading {
            created,
            ..reading(&config.jobs[1], Vec::new())
        };
        month(reading).executions
    };
    let created = "2026-11-29T00:00:00Z".parse().unwrap();
    assert!(executions(None) > executions(Some(created)));
}
