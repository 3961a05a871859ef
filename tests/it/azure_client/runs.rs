//! Listing and following runs, and their exit statuses.

use picletter_core::deploy::azure::{Run, RunEvent, RunOutcome, follow_run};
use picletter_core::template::TEMPLATE;
use picletter_worker::outcome::Outcome;
use serde_json::{Value, json};

use super::server::{Reply, Server, WORKFLOW, error};

fn run(id: &str, status: &str, error: &Value) -> Value {
    json!({"id": format!("{WORKFLOW}/runs/{id}"), "name": id, "properties": {
        "startTime": "2026-11-24T07:00:00.044238Z", "endTime": "2026-11-24T07:00:31.5779999Z",
        "status": status, "code": "Terminated", "error": error, "trigger": {"name": "Daily"},
    }})
}

#[tokio::test]
async fn lists_runs_with_their_outcomes() {
    let server = Server::start(|request| {
        if !request.path.ends_with("/runs") {
            return None;
        }
        let refused = json!({"code": "refused", "message": "SendGrid refused: the key.\napp[worker.1]: one\napp[worker.1]: two"});
        Some(if request.query.contains("skiptoken") {
            Reply::Json(200, json!({"value": [run("2", "Succeeded", &json!(null)), run("3", "Succeeded", &json!(null))]}))
        } else {
            let next = format!("{}{WORKFLOW}/runs?api-version=2019-05-01&%24skiptoken=a", request.base);
            Reply::Json(200, json!({"value": [run("1", "Failed", &refused)], "nextLink": next}))
        })
    })
    .await;
    let since = "2026-11-01T00:00:00Z".parse().unwrap();
    let runs = server.arm().runs(WORKFLOW, 2, Some(since)).await.unwrap();
    assert_eq!(
        runs.iter().map(|run| &*run.id).collect::<Vec<_>>(),
        ["1", "2"]
    );
    assert_eq!(runs[0].code.as_deref(), Some("refused"));
    assert_eq!(
        runs[0].message.as_deref(),
        Some("SendGrid refused: the key.")
    );
    assert_eq!(runs[0].log, ["app[worker.1]: one", "app[worker.1]: two"]);
    assert!(runs[1].log.is_empty());
    assert_eq!(runs[0].trigger.as_deref(), Some("Daily"));
    assert!(runs[0].end > runs[0].start);
    let requests = server.requests();
    let query = &requests
        .iter()
        .find(|request| request.path.ends_with("/runs"))
        .unwrap()
        .query;
    assert_eq!(
        query,
        "api-version=2019-05-01&$top=2&$filter=startTime%20ge%202026-11-01T00%3A00%3A00Z"
    );
}

fn action(name: &str, second: u8, status: &str) -> Value {
    json!({"name": name, "properties": {"startTime": format!("2026-11-24T07:00:{second:02}Z"), "status": status, "code": "OK"}})
}

async fn follow(server: &Server) -> (Vec<String>, Run) {
    let mut events = Vec::new();
    let arm = server.arm();
    let run = follow_run(&arm, WORKFLOW, "1", |event| {
        events.push(match event {
            RunEvent::Started(action) => format!("{} started", action.name),
            RunEvent::Ended(action) => format!("{} {}", action.name, action.status),
        });
    });
    let run = run.await.unwrap();
    (events, run)
}

#[tokio::test]
async fn follows_a_run_that_is_not_listed_yet() {
    let server = Server::start(|request| {
        let actions = match request.nth {
            0 | 1 => json!([action("Start", 0, "Running")]),
            2 => json!([action("Run", 1, "Waiting"), action("Start", 0, "Running")]),
            _ => json!([
                action("Run", 1, "Failed"),
                action("Start", 0, "Succeeded"),
                action("Alert", 2, "Skipped")
            ]),
        };
        match (request.path.strip_prefix(WORKFLOW)?, request.nth) {
            ("/runs/1", 0) => Some(Reply::Json(404, error("WorkflowRunNotFound", "Not yet."))),
            ("/runs/1", 1..=5) => Some(Reply::Json(200, run("1", "Running", &json!(null)))),
            ("/runs/1", _) => {
                let reason = json!({"code": "config", "message": "SG_KEY is missing."});
                Some(Reply::Json(200, run("1", "Failed", &reason)))
            }
            ("/runs/1/actions", _) => Some(Reply::Json(200, json!({"value": actions}))),
            _ => None,
        }
    })
    .await;
    let (events, run) = follow(&server).await;
    assert_eq!(
        events,
        [
            "Start started",
            "Run started",
            "Start Succeeded",
            "Run Failed",
            "Alert Skipped"
        ]
    );
    assert_eq!(run.code.as_deref(), Some("config"));
    assert_eq!(run.exit_status(), 78);
}

#[tokio::test]
async fn reports_an_action_that_ends_during_a_poll() {
    let server = Server::start(|request| {
        let status = if request.nth == 0 {
            "Running"
        } else {
            "Succeeded"
        };
        match request.path.strip_prefix(WORKFLOW)? {
            "/runs/1" => Some(Reply::Json(200, run("1", "Succeeded", &json!(null)))),
            _ => Some(Reply::Json(
                200,
                json!({"value": [action("Run", 0, status)]}),
            )),
        }
    })
    .await;
    let (events, run) = follow(&server).await;
    assert_eq!(events, ["Run started", "Run Succeeded"]);
    assert_eq!(run.exit_status(), 0);
}

#[tokio::test]
async fn fails_if_the_run_is_never_listed() {
    let server = Server::start(|_| None).await;
    let result = follow_run(&server.arm(), WORKFLOW, "1", |_| ()).await;
    assert!(result.unwrap_err().is_not_found());
}

fn ended_run(status: &str, code: &str, message: Option<&str>) -> Run {
    Run {
        id: "1".to_owned(),
        status: status.to_owned(),
        start: None,
        end: None,
        trigger: None,
        code: Some(code.to_owned()),
        message: message.map(str::to_owned),
        log: Vec::new(),
    }
}

fn outcome(code: &str, message: &str) -> RunOutcome {
    ended_run("Failed", code, Some(message)).outcome()
}

#[test]
fn template_contains_the_parsed_codes_and_prefixes() {
    let (code, prefix) = ("refused_by_heroku", "Heroku refused with status ");
    assert!(TEMPLATE.contains(&format!("\"{code}\": \"{prefix}@{{")));
    let refused = outcome(code, &format!("{prefix}403: no scope"));
    assert_eq!(refused, RunOutcome::RefusedByHeroku(Some(403)));
    for code in ["no_report", "heroku_unavailable", "previous_run_stays"] {
        assert!(TEMPLATE.contains(code), "{code}");
        assert_ne!(outcome(code, ""), RunOutcome::Other, "{code}");
    }
}

#[test]
fn reads_the_status_only_at_its_fixed_position() {
    let code = "refused_by_heroku";
    assert_eq!(
        outcome(
            code,
            "Heroku refused with status 403: the scope has no status 401"
        ),
        RunOutcome::RefusedByHeroku(Some(403))
    );
    assert_eq!(
        outcome(code, "Heroku refused with status : status 403"),
        RunOutcome::RefusedByHeroku(None)
    );
    assert_eq!(
        outcome("refused", "Heroku refused with status 403"),
        RunOutcome::Reported(Outcome::Refused)
    );
}

#[test]
fn exit_status_follows_the_workers_code() {
    let ended = |status: &str, code: &str| ended_run(status, code, None).exit_status();
    assert_eq!(ended("Succeeded", ""), 0);
    for (code, status) in [
        ("usage", 64),
        ("unavailable", 69),
        ("unknown", 74),
        ("try_later", 75),
        ("protocol", 76),
        ("refused", 77),
        ("config", 78),
        ("exit status 3", 3),
        ("exit status 137", 137),
        ("exit status 0", 1),
        ("exit status 1000", 1),
        ("sent", 1),
        ("no_report", 1),
    ] {
        assert_eq!(ended("Failed", code), status, "{code}");
    }
    assert_eq!(ended("Cancelled", ""), 1);
}
