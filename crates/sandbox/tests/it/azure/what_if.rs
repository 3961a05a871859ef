use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use picletter_test_support::azure_world::{
    World, deployment, deployment_path, parameters, parameters_with,
};

async fn what_if(world: &World, body: Value) -> Value {
    let answer = world.call("POST", &deployment_path("/whatIf"), body).await;
    let answer = answer.is(202);
    assert_eq!(answer.header("retry-after"), "0");
    world.get(answer.header("location")).await.is(200).body
}

/// The type of change and the name of each resource.
fn kinds(outcome: &Value) -> Vec<(&str, &str)> {
    assert_eq!(outcome["status"], "Succeeded", "{outcome}");
    let changes = outcome["properties"]["changes"].as_array().unwrap().iter();
    changes
        .map(|change| {
            let id = change["resourceId"].as_str().unwrap();
            let name = id.rsplit('/').next().unwrap();
            (change["changeType"].as_str().unwrap(), name)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn reports_create_before_and_no_change_after_a_deployment() {
    let world = World::new().await;
    world.make_group().await;
    let outcome = what_if(&world, deployment(parameters())).await;
    assert!(kinds(&outcome).iter().all(|(kind, _)| *kind == "Create"));

    world.deploy(parameters()).await;
    let outcome = what_if(&world, deployment(parameters())).await;
    assert_eq!(kinds(&outcome).len(), 4);
    assert!(kinds(&outcome).iter().all(|(kind, _)| *kind == "NoChange"));
}

#[tokio::test(start_paused = true)]
async fn reports_changed_properties_by_path() {
    let world = World::deployed(End::Sent).await;
    let changed = parameters_with("dyno_size", json!("standard-1X"));
    let outcome = what_if(&world, deployment(changed)).await;
    assert_eq!(kinds(&outcome)[0], ("Modify", "picletter-app"));
    let delta = &outcome["properties"]["changes"][0]["delta"];
    let expected = json!([{
        "path": "properties.parameters.dyno_size.value",
        "propertyChangeType": "Modify",
        "before": "basic",
        "after": "standard-1X",
    }]);
    assert_eq!(*delta, expected);

    let changed = parameters_with("alert_address", json!("other@picletter.example"));
    let outcome = what_if(&world, deployment(changed)).await;
    let delta = &outcome["properties"]["changes"][1]["delta"];
    insta::assert_json_snapshot!(delta);
}

#[tokio::test(start_paused = true)]
async fn reports_resources_outside_the_template_as_ignored() {
    let world = World::deployed(End::Sent).await;
    let without = parameters_with("alert_address", json!(""));
    let outcome = what_if(&world, deployment(without)).await;
    let kinds = kinds(&outcome);
    assert_eq!(kinds[0], ("NoChange", "picletter-app"));
    assert!(kinds[1..].iter().all(|(kind, _)| *kind == "Ignore"));
    assert_eq!(kinds.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn reports_invalid_templates_in_the_result() {
    let world = World::new().await;
    world.make_group().await;
    let outcome = what_if(&world, deployment(parameters_with("app", json!(1)))).await;
    assert_eq!(outcome["status"], "Failed");
    assert_eq!(outcome["error"]["code"], "InvalidTemplate");
}
