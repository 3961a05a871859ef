//! What the live clients read, and how much.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use picletter::dashboard::board::MOST_RUNS;
use picletter::dashboard::source::Source as _;
use picletter::dashboard::view::{AttemptView, JobState};
use picletter_core::deploy::status::Outcome;
use picletter_logic_apps::history::Content;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::{Value, json};

use super::live_deployment::{LiveDeployment, outcomes};

#[tokio::test]
async fn shows_each_job_with_its_state_alerts_and_due_times() {
    let deployment = LiveDeployment::new().await;
    let board = deployment.read().await;
    assert_eq!(board.app, "picletter-test");
    assert_eq!(board.outages, []);
    for view in &board.jobs {
        assert_eq!(view.state, JobState::OnSchedule);
        assert_eq!(view.drift.sentences, [] as [&str; 0]);
        assert_eq!(view.next.len(), 5);
        assert_eq!(view.history.runs.len(), 0);
        assert!(view.history.complete_since.is_some());
        assert!(view.alerts.iter().all(|rule| rule.enabled == Some(true)));
    }
    let alerts = |job: usize| {
        let rules = board.jobs[job].alerts.iter();
        rules.map(|rule| rule.reports.as_str()).collect::<Vec<_>>()
    };
    let [failed, webhook] = ["a run fails, by mail", "a run fails, to the webhook"];
    let none = "no run succeeds for 24 hours, by mail";
    assert_eq!(alerts(0), [failed, none, webhook]);
    assert_eq!(alerts(1), [failed, webhook]);
}

#[tokio::test]
async fn before_anything_is_deployed_no_job_has_a_workflow() {
    let deployment = LiveDeployment::new().await;
    let desired = &deployment.desired;
    deployment.world.destroy(desired, false).await.unwrap();
    let board = deployment.read().await;
    assert_eq!(board.outages, []);
    for view in &board.jobs {
        assert_eq!(view.state, JobState::NotDeployed);
        assert!(view.next.is_empty());
    }
}

#[tokio::test]
async fn a_run_appears_with_its_outcome_and_later_reads_ask_only_for_news() {
    let deployment = LiveDeployment::new().await;
    deployment.read().await;
    let id = deployment.run(0).await;
    let board = deployment.read().await;
    assert_eq!(outcomes(&board, 0), [Outcome::Succeeded]);
    assert_eq!(outcomes(&board, 1), []);
    let view = &board.jobs[0];
    assert_eq!(*view.history.runs[0].id, *id);
    assert_eq!((view.recent.succeeded, view.recent.failed), (1, 0));
    assert!(view.recent.median.is_some());
    assert_eq!((view.month.runs, view.month.counted), (1, true));
    assert_eq!(view.month.executions, 9);

    let faults = deployment.world.sandbox.faults();
    faults.clear();
    deployment.read().await;
    let requests = deployment.requests();
    let of_runs = requests.iter().filter(|path| path.ends_with("/runs"));
    assert_eq!(of_runs.count(), 2, "one page a job: {requests:?}");
    let of_one = requests.iter().filter(|path| path.contains("/runs/"));
    assert_eq!(of_one.count(), 0, "no run is active: {requests:?}");
    // Beside these: the group, its workflows, rules and receivers, and an empty list of dynos twice.
    assert_eq!(requests.len(), 8, "{requests:?}");
}

#[tokio::test]
async fn a_run_has_its_actions_with_inputs_and_outputs_and_hidden_ones_stay_hidden() {
    let deployment = LiveDeployment::new().await;
    deployment.read().await;
    let id = deployment.run(0).await;
    deployment.read().await;
    let detail = deployment.live.run(0, &id).await.unwrap().unwrap();
    assert_eq!(detail.run.outcome, Outcome::Succeeded);
    assert_eq!(detail.advice, None);
    let action = |name: &str| {
        let mut actions = detail.actions.iter();
        actions.find(|action| *action.name == *name).unwrap()
    };
    let dynos = action("List_dynos");
    assert_eq!(dynos.status, "Succeeded");
    assert_eq!(dynos.outputs.value().unwrap()["statusCode"], 200);
    // Its headers have the token.
    assert_eq!(dynos.inputs, Content::Redacted);
    assert_eq!(detail.dynos.len(), 1);
    assert_eq!(detail.dynos[0].run.as_deref(), Some(&*id));
    assert_eq!(detail.dynos[0].state, "exit status 0");
    let lines = detail.log.lines().unwrap();
    let is_own = |line: &String| line.ends_with(": outcome=sent exit_code=0");
    assert!(lines.iter().any(is_own), "{lines:?}");
}

#[tokio::test]
async fn an_action_has_its_earlier_attempts() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    let attempt = |code, start, end| json!({"code": code, "startTime": start, "endTime": end});
    let [begin, middle, end] = ["00.5", "10", "20"].map(|s| format!("2026-11-24T08:30:{s}Z"));
    let actions = json!({"value": [
        {"name": "Post_alert", "properties": {
            "status": "Succeeded",
            "startTime": begin,
            "retryHistory": [
                attempt("ServiceUnavailable", &begin, &middle),
                attempt("BadGateway", &middle, &end),
            ],
        }},
        {"name": "Began", "properties": {"status": "Succeeded", "retryHistory": null}},
    ]});
    deployment.world.sandbox.faults().on(
        Method::GET,
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs/*/actions",
        Which::Every,
        Fault::status(200, actions.to_string()),
    );
    let detail = deployment.live.run(0, &id).await.unwrap().unwrap();
    let [alert, other] = detail.actions.as_slice() else {
        panic!("{:?}", detail.actions)
    };
    let attempt = |code: &str, start: &String, end: &String| AttemptView {
        start: Some(start.parse().unwrap()),
        end: Some(end.parse().unwrap()),
        code: Some(code.to_owned()),
    };
    let attempts = [
        attempt("ServiceUnavailable", &begin, &middle),
        attempt("BadGateway", &middle, &end),
    ];
    assert_eq!(alert.attempts, attempts);
    assert_eq!(other.attempts, []);
}

#[tokio::test]
async fn there_is_no_detail_of_an_unknown_run() {
    let deployment = LiveDeployment::new().await;
    let unknown = "08584060846916150023630523334CU57";
    let detail = deployment.live.run(0, unknown).await.unwrap();
    assert!(detail.is_none());
    assert!(deployment.live.run(7, unknown).await.is_err());
}

#[tokio::test]
async fn what_was_changed_in_azure_is_drift() {
    let deployment = LiveDeployment::new().await;
    let file = super::live_deployment::JOBS.replace("08:30", "09:30");
    let live = super::live_deployment::live(&deployment.world, &file);
    live.refresh().await;
    let board = live.board();
    assert_eq!(
        board.jobs[0].drift.sentences,
        ["[jobs.daily] schedule differs from picletter.toml."]
    );
    assert_eq!(board.jobs[1].drift.sentences, [] as [&str; 0]);
}

#[tokio::test]
async fn a_long_history_is_read_in_part_with_the_time_since_when_it_is_complete() {
    let deployment = LiveDeployment::new().await;
    let sandbox = &deployment.world.sandbox;
    let now = Timestamp::now();
    // A page that is always followed by another.
    let runs: Vec<Value> = (0..250)
        .map(|n| {
            let start = now - SignedDuration::from_mins(n);
            json!({"name": format!("run{n}"), "properties": {"status": "Succeeded", "startTime": start.to_string()}})
        })
        .collect();
    let next = format!("{}/subscriptions/s/workflows/w/runs", sandbox.azure_url());
    let page = json!({"value": runs, "nextLink": next}).to_string();
    let azure = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs";
    for route in [azure, "/subscriptions/s/workflows/w/runs"] {
        let page = Fault::status(200, page.clone());
        sandbox.faults().on(Method::GET, route, Which::Every, page);
    }
    let board = deployment.read().await;
    assert_eq!(board.outages, []);
    let requests = deployment.requests();
    let of_runs = requests.iter().filter(|path| path.ends_with("/runs"));
    // Of each job, ten pages of all runs, and of those with either status of a failure.
    assert_eq!(of_runs.count(), 2 * 3 * MOST_RUNS / 250);
    let view = &board.jobs[0];
    assert_eq!(view.history.runs.len(), 250);
    let oldest = view.history.runs[249].start;
    assert!(view.history.complete_since.unwrap() > oldest);
    assert_eq!(view.recent.since, view.history.complete_since.unwrap());
}

#[tokio::test]
async fn a_run_that_has_ended_is_read_once() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    let ended = json!({
        "name": id,
        "properties": {
            "status": "Succeeded",
            "startTime": "2026-01-01T08:30:00Z",
            "endTime": "2026-01-01T08:31:00Z",
        },
    });
    deployment.world.sandbox.faults().on(
        Method::GET,
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs/*",
        Which::Every,
        Fault::status(200, ended.to_string()),
    );
    let detail = deployment.live.run(0, &id).await.unwrap().unwrap();
    let requests = deployment.requests();
    let again = deployment.live.run(0, &id).await.unwrap().unwrap();
    assert_eq!(deployment.requests(), requests);
    assert_eq!(again.actions, detail.actions);
}
