//! A run and its actions in the format of the REST API.

use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use picletter_test_support::azure_world::{World, logic};

#[tokio::test(start_paused = true)]
async fn failed_runs_and_actions_match_the_rest_api() {
    let world = World::deployed(End::Failed {
        outcome: "try_later",
        exit_code: 75,
        detail: "no picture".to_owned(),
    })
    .await;
    let mut run = world.run().await;
    let name = run["name"].as_str().unwrap();
    let actions = world.get(&logic(&format!("/runs/{name}/actions"))).await;
    let mut actions = actions.is(200).body;
    let actions = actions["value"].as_array_mut().unwrap();
    let started = |action: &Value| action["properties"]["startTime"].is_string();
    actions.sort_by_key(|action| !started(action));
    let other_branch = actions.iter().position(|action| !started(action)).unwrap();
    let index = |name: &str| actions.iter().position(|it| it["name"] == name).unwrap();
    let selected = [index("Run"), other_branch].map(|index| actions[index].clone());
    insta::assert_json_snapshot!(json!({ "run": run.take(), "actions": selected }));
}
