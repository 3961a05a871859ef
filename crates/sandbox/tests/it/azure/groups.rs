use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use picletter_test_support::azure_world::{SUBSCRIPTION, World, arm};

#[tokio::test(start_paused = true)]
async fn refuses_missing_and_unknown_api_versions() {
    let world = World::new().await;
    let path = format!("/subscriptions/{SUBSCRIPTION}");
    world
        .get(&path)
        .await
        .error(400, "MissingApiVersionParameter");
    let message = world
        .get(&format!("{path}?api-version=2000-01-01"))
        .await
        .error(400, "InvalidApiVersionParameter");
    assert!(message.contains("2022-12-01"), "{message}");

    world.make_group().await;
    let workflow = arm("/providers/Microsoft.Logic/workflows/x");
    let message = world
        .get(&workflow)
        .await
        .error(400, "NoRegisteredProviderFound");
    assert!(message.contains("2019-05-01"), "{message}");
    let unknown = arm("/providers/Microsoft.Nothing/things/x");
    world
        .get(&unknown)
        .await
        .error(404, "InvalidResourceNamespace");
}

#[tokio::test(start_paused = true)]
async fn unknown_subscriptions_are_not_found() {
    let world = World::new().await;
    let other = "99999999-2222-4333-8444-555555555555";
    let path = format!("/subscriptions/{other}?api-version=2022-12-01");
    let message = world.get(&path).await.error(404, "SubscriptionNotFound");
    assert!(message.contains(other), "{message}");
}

#[tokio::test(start_paused = true)]
async fn resource_groups_cannot_change_location() {
    let world = World::new().await;
    world
        .get(&arm(""))
        .await
        .error(404, "ResourceGroupNotFound");
    world.call("HEAD", &arm(""), Value::Null).await.is(404);
    world.make_group().await;
    world.call("HEAD", &arm(""), Value::Null).await.is(204);
    let group = world.get(&arm("")).await.is(200).body;
    assert_eq!(group["location"], "westeurope");
    assert_eq!(group["properties"]["provisioningState"], "Succeeded");

    let body = json!({ "location": "westeurope", "tags": { "made-by": "someone" } });
    let group = world.call("PUT", &arm(""), body).await.is(200).body;
    assert_eq!(group["tags"]["made-by"], "someone");

    let other_location = json!({ "location": "eastus" });
    world
        .call("PUT", &arm(""), other_location)
        .await
        .error(409, "InvalidResourceGroupLocation");
    let unknown_location = json!({ "location": "westeurop" });
    world
        .call("PUT", &arm(""), unknown_location)
        .await
        .error(400, "LocationNotAvailableForResourceGroup");
}

#[tokio::test(start_paused = true)]
async fn deleting_a_resource_group_is_asynchronous_and_deletes_its_resources() {
    let world = World::slow(15, End::Sent).await;
    world.make_group().await;
    let answer = world.call("DELETE", &arm(""), Value::Null).await.is(202);
    assert_eq!(answer.header("retry-after"), "15");
    let location = answer.header("location").to_owned();

    world.get(&location).await.is(202);
    let group = world.get(&arm("")).await.is(200).body;
    assert_eq!(group["properties"]["provisioningState"], "Deleting");
    let body = json!({ "location": "westeurope" });
    world
        .call("PUT", &arm(""), body)
        .await
        .error(409, "ResourceGroupBeingDeleted");

    world.pass(15).await;
    world.get(&location).await.is(200);
    world
        .get(&arm(""))
        .await
        .error(404, "ResourceGroupNotFound");
}
