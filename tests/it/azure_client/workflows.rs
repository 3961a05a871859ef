//! The workflow, its triggers, and manually started runs.

use jiff::{SignedDuration, Timestamp};
use picletter_core::deploy::azure::Error;
use serde_json::{Value, json};

use super::server::{ReceivedRequest, Reply, Server, WORKFLOW, error};

#[tokio::test]
async fn reads_a_workflow_with_its_version() {
    let server = Server::start(|request| {
        let workflow = json!({
            "id": WORKFLOW, "name": "picletter-app", "type": "Microsoft.Logic/workflows", "location": "westeurope",
            "tags": {"made-by": "picletter"},
            "properties": {"provisioningState": "Succeeded", "state": "Enabled", "version": "08586677515911718341", "definition": {"triggers": {}}, "parameters": {"app": {"type": "String", "value": "demo"}}},
        });
        (request.path == WORKFLOW).then(|| Reply::Json(200, workflow))
    })
    .await;
    let workflow = server.arm().workflow(WORKFLOW).await.unwrap().unwrap();
    assert_eq!(workflow.state, "Enabled");
    assert_eq!(workflow.version, "08586677515911718341");
    assert_eq!(workflow.tags["made-by"], "picletter");
    assert_eq!(workflow.parameters["app"]["value"], "demo");
    let elsewhere = WORKFLOW.replace("picletter-app", "other");
    assert_eq!(server.arm().workflow(&elsewhere).await.unwrap(), None);
}

#[tokio::test]
async fn disables_and_enables_a_workflow_despite_a_lost_response() {
    let server = Server::start(|request| match request.nth {
        0 if request.method == "POST" && request.path.starts_with(WORKFLOW) => Some(Reply::Lost),
        nth if request.path == WORKFLOW => Some(in_state(["Disabled", "Enabled"][nth])),
        _ if request.path.starts_with(WORKFLOW) => Some(Reply::Json(200, json!(null))),
        _ => None,
    })
    .await;
    let arm = server.arm();
    arm.disable(WORKFLOW).await.unwrap();
    arm.enable(WORKFLOW).await.unwrap();
    let switch = |action: &str| {
        let post = format!("POST {WORKFLOW}/{action}");
        [post.clone(), post, format!("GET {WORKFLOW}")]
    };
    assert_eq!(
        server.lines(),
        [switch("disable"), switch("enable")].concat()
    );
}

fn in_state(state: &str) -> Reply {
    let properties = json!({"state": state, "version": "1", "definition": {}});
    Reply::Json(
        200,
        json!({"id": WORKFLOW, "name": "picletter-app", "location": "westeurope", "properties": properties}),
    )
}

#[tokio::test]
async fn fails_if_disabling_has_no_effect() {
    for (answer, message) in [
        (json!(null), "Azure accepted the request, but it is Enabled"),
        (json!([]), "unexpected answer"),
    ] {
        let server = Server::start(move |request| {
            Some(match request.path.as_str() {
                WORKFLOW => in_state("Enabled"),
                path if path.starts_with(WORKFLOW) => Reply::Json(200, answer.clone()),
                _ => return None,
            })
        })
        .await;
        let error = server.arm().disable(WORKFLOW).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn reads_the_next_run_of_triggers() {
    let server = Server::start(|request| {
        let triggers = json!({"value": [
            {"name": "Every_day_at_08_00", "properties": {"state": "Enabled", "nextExecutionTime": "2026-11-25T07:00:00Z", "lastExecutionTime": "2026-11-24T07:00:00.1234567Z", "recurrence": {}}},
            {"name": "manual", "properties": {"state": "Disabled"}},
        ]});
        request.path.ends_with("/triggers").then(|| Reply::Json(200, triggers))
    })
    .await;
    let triggers = server.arm().triggers(WORKFLOW).await.unwrap();
    assert_eq!(
        triggers[0].next.unwrap().to_string(),
        "2026-11-25T07:00:00Z"
    );
    assert!(triggers[0].last < triggers[0].next);
    assert_eq!(
        (triggers[1].state.as_str(), triggers[1].next),
        ("Disabled", None)
    );
}

fn run(id: &str, trigger: &str, start: Timestamp) -> Value {
    json!({"name": id, "properties": {"status": "Running", "startTime": start.to_string(), "trigger": {"name": trigger}}})
}

fn is_start(request: &ReceivedRequest) -> bool {
    request.path == format!("{WORKFLOW}/triggers/Daily/run")
}

/// A history without a current run of `Daily`, until it has been read `nth` times.
fn history(request: &ReceivedRequest, nth: usize) -> Option<Reply> {
    let now = Timestamp::now();
    let mut runs = vec![
        run("older", "Daily", now - SignedDuration::from_hours(1)),
        run("another", "Hourly", now),
    ];
    if request.nth >= nth {
        runs.insert(0, run("mine", "Daily", now));
    }
    request
        .path
        .ends_with("/runs")
        .then(|| Reply::Json(200, json!({"value": runs})))
}

fn starts(server: &Server) -> usize {
    server
        .requests()
        .iter()
        .filter(|request| is_start(request))
        .count()
}

#[tokio::test]
async fn starts_a_run_and_returns_its_id() {
    let server = Server::start(|request| {
        let headers = vec![(
            "x-ms-workflow-run-id",
            "08586676746934337772206998657CU22".to_owned(),
        )];
        is_start(request).then(|| Reply::JsonWith(202, headers, json!(null)))
    })
    .await;
    let id = server.arm().run_trigger(WORKFLOW, "Daily").await.unwrap();
    assert_eq!(id, "08586676746934337772206998657CU22");
    assert_eq!(server.lines().len(), 1);
    let requests = server.requests();
    assert_eq!(
        requests.last().unwrap().length.as_deref(),
        Some("0"),
        "Azure rejects a POST without a length with 411"
    );
}

#[tokio::test]
async fn finds_a_start_with_a_lost_response_in_the_history() {
    for reply in [
        || Reply::Lost,
        || Reply::Html(502, "bad gateway"),
        || Reply::Json(202, json!(null)),
    ] {
        for nth in [0, 2] {
            let server = Server::start(move |request| {
                is_start(request)
                    .then(reply)
                    .or_else(|| history(request, nth))
            })
            .await;
            let id = server.arm().run_trigger(WORKFLOW, "Daily").await.unwrap();
            assert_eq!(id, "mine");
            assert_eq!(starts(&server), 1);
        }
    }
}

#[tokio::test]
async fn reports_a_start_that_is_not_in_the_history_without_retrying() {
    let server = Server::start(|request| {
        is_start(request)
            .then_some(Reply::Lost)
            .or_else(|| history(request, usize::MAX))
    })
    .await;
    let error = start_error(&server).await;
    assert!(matches!(error, Error::StartUnknown { .. }), "{error:?}");
    assert!(
        error.to_string().contains("before you start another"),
        "{error}"
    );
    assert_eq!(starts(&server), 1);
}

#[tokio::test]
async fn reports_a_paused_workflow_without_reading_the_history() {
    let server = Server::start(|request| {
        is_start(request).then(|| {
            Reply::Json(
                400,
                error(
                    "WorkflowTriggerIsNotEnabled",
                    "Could not execute workflow trigger 'Daily' with state 'Disabled'.",
                ),
            )
        })
    })
    .await;
    let error = start_error(&server).await;
    assert!(error.is_paused(), "{error}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn start_is_unknown_if_the_history_cannot_be_read() {
    let server = Server::start(|request| {
        let outage = |_| Reply::Html(503, "unavailable");
        is_start(request)
            .then_some(Reply::Lost)
            .or_else(|| history(request, usize::MAX).map(outage))
    })
    .await;
    let error = start_error(&server).await;
    assert!(matches!(error, Error::StartUnknown { .. }), "{error:?}");
    assert_eq!(starts(&server), 1);
}

/// The error of starting the trigger `Daily`.
async fn start_error(server: &Server) -> Error {
    let arm = server.arm();
    arm.run_trigger(WORKFLOW, "Daily").await.unwrap_err()
}

#[tokio::test]
async fn malformed_workflows_are_errors_only_if_selected() {
    let server = Server::start(|request| {
        let listed = json!({"value": [
            {"id": WORKFLOW, "name": "picletter-app", "location": "westeurope",
             "properties": {"state": "Enabled", "version": "1", "definition": {}}},
            {"id": "/of/others", "name": "others", "properties": {"definition": null}},
            {"id": 1},
        ]});
        request
            .path
            .ends_with("/Microsoft.Logic/workflows")
            .then(|| Reply::Json(200, listed))
    })
    .await;
    let arm = server.arm();
    let listed = arm.workflows("s", "g", |name, _| name == "picletter-app");
    let names: Vec<String> = listed
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ["picletter-app"]);
    let error = arm.workflows("s", "g", |_, _| true).await.unwrap_err();
    assert!(matches!(error, Error::Garbled { .. }), "{error}");
}

#[tokio::test]
async fn workflows_are_sorted_by_name() {
    let server = Server::start(|request| {
        let names = ["j11", "j10", "j12"].map(|name| {
            json!({"id": WORKFLOW, "name": name, "location": "westeurope",
                   "properties": {"state": "Enabled", "version": "1", "definition": {}}})
        });
        let is_list = request.path.ends_with("/Microsoft.Logic/workflows");
        is_list.then(|| Reply::Json(200, json!({"value": names})))
    })
    .await;
    let listed = server.arm().workflows("s", "g", |_, _| true).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["j10", "j11", "j12"]);
}

#[tokio::test]
async fn endless_list_is_an_error() {
    let server = Server::start(|request| {
        let page = json!({"value": [], "nextLink": "/more"});
        let is_page = request.path == "/more" || request.path.ends_with("/workflows");
        is_page.then(|| Reply::Json(200, page))
    })
    .await;
    let error = server.arm().workflows("s", "g", |_, _| true).await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("a list of more than 500 pages"), "{text}");
}
