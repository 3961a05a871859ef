use picletter_sandbox::heroku::simulated::End;
use serde_json::Value;

use picletter_test_support::azure_world::{TRIGGER, World, logic};

#[tokio::test(start_paused = true)]
async fn running_a_trigger_manually_starts_a_run() {
    let world = World::deployed(End::Sent).await;
    let run = world.run().await;
    let properties = &run["properties"];
    assert_eq!(properties["status"], "Succeeded");
    assert_eq!(properties["trigger"]["name"], TRIGGER);
    assert_eq!(properties["startTime"], "2026-12-01T07:30:01Z");

    let name = run["name"].as_str().unwrap();
    let actions = world
        .get(&logic(&format!("/runs/{name}/actions")))
        .await
        .is(200)
        .body;
    let actions = actions["value"].as_array().unwrap();
    let dyno = actions.iter().find(|action| action["name"] == "Run");
    assert_eq!(dyno.unwrap()["properties"]["status"], "Succeeded");
    let one = world
        .get(&logic(&format!("/runs/{name}/actions/run")))
        .await;
    assert_eq!(one.is(200).body, *dyno.unwrap());
    assert!(world.azure.outbox().is_empty());
}

#[tokio::test(start_paused = true)]
async fn failed_runs_send_alert_mails() {
    let world = World::deployed(End::Failed {
        outcome: "try_later",
        exit_code: 75,
        detail: "no picture".to_owned(),
    })
    .await;
    let run = world.run().await;
    assert_eq!(run["properties"]["status"], "Failed");
    let code = run["properties"]["error"]["code"].as_str().unwrap();
    assert_eq!(run["properties"]["code"], code);

    let mails = world.azure.outbox();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].to, "operator@picletter.example");
    assert!(mails[0].subject.contains("picletter-app-failed-runs"));
}

/// The properties of the workflow's trigger.
async fn trigger(world: &World) -> Value {
    let mut triggers = world.get(&logic("/triggers")).await.is(200).body;
    triggers["value"][0]["properties"].take()
}

#[tokio::test(start_paused = true)]
async fn recurrence_starts_runs_only_while_enabled() {
    let world = World::deployed(End::Sent).await;
    let trigger = trigger(&world).await;
    assert_eq!(trigger["nextExecutionTime"], "2026-12-01T08:00:00Z");
    assert_eq!(trigger["recurrence"]["frequency"], "Day");
    assert_eq!(trigger["lastExecutionTime"], Value::Null);

    world.post(&logic("/disable")).await.is(200);
    let workflow = world.get(&logic("")).await.is(200).body;
    assert_eq!(workflow["properties"]["state"], "Disabled");
    let trigger = self::trigger(&world).await;
    assert_eq!(trigger["state"], "Disabled");
    assert_eq!(trigger["nextExecutionTime"], Value::Null);
    let run = world
        .post(&logic(&format!("/triggers/{TRIGGER}/run")))
        .await;
    let message = run.error(400, "WorkflowTriggerIsNotEnabled");
    assert!(message.contains("state 'Disabled'"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_daily_recurrence_starts_one_run_per_day() {
    let mut world = World::deployed(End::Sent).await;
    world.pass(86_400).await;
    world.sign_in().await;
    let runs = world.get(&logic("/runs")).await.is(200).body;
    let runs = runs["value"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["properties"]["startTime"], "2026-12-01T08:00:00Z");
    assert_eq!(runs[0]["properties"]["status"], "Succeeded");
    let trigger = trigger(&world).await;
    assert_eq!(trigger["lastExecutionTime"], "2026-12-01T08:00:00Z");

    world.post(&logic("/disable")).await.is(200);
    world.pass(86_400).await;
    world.sign_in().await;
    let runs = world.get(&logic("/runs")).await.is(200).body;
    assert_eq!(runs["value"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lists_runs_newest_first_with_pages_and_filters() {
    let mut world = World::deployed(End::Sent).await;
    for _ in 0..3 {
        world.run().await;
        world.pass(60).await;
    }
    world.sign_in().await;
    let page = world
        .get(&format!("{}&$top=2", logic("/runs")))
        .await
        .is(200);
    let times = |body: &Value| -> Vec<String> {
        let runs = body["value"].as_array().unwrap().iter();
        let times = runs.map(|run| run["properties"]["startTime"].as_str().unwrap().to_owned());
        times.collect()
    };
    let first = times(&page.body);
    assert_eq!(first.len(), 2);
    assert!(first[0] > first[1]);
    let next = page.body["nextLink"].as_str().unwrap();
    let rest = world.get(next).await.is(200).body;
    assert_eq!(times(&rest), ["2026-12-01T07:30:01Z"]);
    assert_eq!(rest["nextLink"], Value::Null);

    let filter = format!("startTime%20ge%20{}", first[1]);
    let since = world
        .get(&format!("{}&$filter={filter}", logic("/runs")))
        .await;
    assert_eq!(times(&since.is(200).body), first);
    let filter = "status%20eq%20'Failed'";
    let failed = world
        .get(&format!("{}&$filter={filter}", logic("/runs")))
        .await;
    assert!(times(&failed.is(200).body).is_empty());
    let wrong = world
        .get(&format!("{}&$filter=x%20eq%201", logic("/runs")))
        .await;
    wrong.error(400, "InvalidFilterInQueryString");
}

#[tokio::test(start_paused = true)]
async fn only_running_runs_can_be_canceled() {
    let world = World::deployed(End::Hang).await;
    let started = world
        .post(&logic(&format!("/triggers/{TRIGGER}/run")))
        .await;
    let started = started.is(202);
    let run = format!("/runs/{}", started.header("x-ms-workflow-run-id"));
    world.pass(30).await;
    world.post(&logic(&format!("{run}/cancel"))).await.is(200);
    world.pass(1).await;
    let status = world.get(&logic(&run)).await.is(200).body["properties"]["status"].clone();
    assert_eq!(status, "Cancelled");
    world
        .post(&logic(&format!("{run}/cancel")))
        .await
        .error(400, "WorkflowRunInvalidStatus");
}

#[tokio::test(start_paused = true)]
async fn missing_workflows_triggers_and_runs_are_not_found() {
    let world = World::deployed(End::Sent).await;
    for (path, code) in [
        ("/runs/1", "WorkflowRunNotFound"),
        ("/runs/1/actions", "WorkflowRunNotFound"),
    ] {
        world.get(&logic(path)).await.error(404, code);
    }
    let run = world.post(&logic("/triggers/Never/run")).await;
    run.error(404, "WorkflowTriggerNotFound");
    let other = logic("").replace("picletter-app", "another");
    world.get(&other).await.error(404, "ResourceNotFound");
}
