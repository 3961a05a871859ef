//! Responses in the format of recorded traffic, including fields that our clients ignore.

use http::Request;
use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use picletter_test_support::azure_world::{GROUP, TRIGGER, World, logic, parameters_with};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn insights(kind: &str, name: &str, version: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Insights/{kind}/{name}?api-version={version}")
}

#[tokio::test(start_paused = true)]
async fn runs_refer_to_their_version_and_trigger() {
    let world = World::deployed(End::Sent).await;
    let started = world
        .post(&logic(&format!("/triggers/{TRIGGER}/run")))
        .await;
    let started = started.is(202);
    for header in [
        "x-ms-client-tracking-id",
        "x-ms-correlation-id",
        "x-ms-execution-location",
        "x-ms-tracking-id",
        "x-ms-trigger-history-name",
        "x-ms-workflow-id",
        "x-ms-workflow-name",
        "x-ms-workflow-run-id",
        "x-ms-workflow-system-id",
        "x-ms-workflow-version",
    ] {
        assert_ne!(started.header(header), "", "{header}");
    }
    let run = logic(&format!("/runs/{}", started.header("x-ms-workflow-run-id")));
    world.pass(1).await;
    let running = world.get(&run).await.is(200).body;
    assert!(
        !keys(&running["properties"]).contains(&"endTime"),
        "{running}"
    );
    world.pass(60).await;
    let run = world.get(&run).await.is(200).body;
    let properties = &run["properties"];
    let expected = [
        "correlation",
        "endTime",
        "outputs",
        "startTime",
        "status",
        "trigger",
        "waitEndTime",
        "workflow",
    ];
    assert_eq!(keys(properties), expected);
    assert_eq!(
        properties["workflow"]["name"],
        started.header("x-ms-workflow-version")
    );
    let expected = [
        "code",
        "correlation",
        "endTime",
        "name",
        "originHistoryName",
        "scheduledTime",
        "startTime",
        "status",
    ];
    assert_eq!(keys(&properties["trigger"]), expected);
}

#[tokio::test(start_paused = true)]
async fn inputs_and_outputs_have_signed_urls() {
    let world = World::deployed(End::Sent).await;
    let run = world.run().await;
    let run = run["name"].as_str().unwrap();
    let action = world
        .get(&logic(&format!("/runs/{run}/actions/List_dynos")))
        .await;
    let action = action.is(200).body;
    let properties = &action["properties"];
    assert_eq!(properties["inputs"], Value::Null);
    assert_eq!(properties["outputs"], Value::Null);
    let link = &properties["outputsLink"];
    let address = link["uri"].as_str().unwrap();
    let read = async |address: &str, token: Option<&str>| {
        let mut request = Request::get(address);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        world.send(request.body(bytes::Bytes::new()).unwrap()).await
    };
    let content = read(address, None).await.is(200).body;
    assert_eq!(content["statusCode"], 200);
    assert_eq!(link["contentSize"], content.to_string().len());
    read(address, Some("Bearer token"))
        .await
        .error(401, "DirectApiAuthorizationRequired");
    read(&address.replace("sig=", "sig=x"), None)
        .await
        .error(401, "AuthorizationFailed");
    world.pass(5 * 3_600).await;
    read(address, None).await.error(401, "AuthorizationFailed");
}

#[tokio::test(start_paused = true)]
async fn triggers_of_a_workflow_have_an_evaluated_recurrence() {
    let world = World::deployed(End::Sent).await;
    let workflow = world.get(&logic("")).await.is(200).body;
    let trigger = &workflow["properties"]["definition"]["triggers"][TRIGGER];
    assert_eq!(trigger["evaluatedRecurrence"]["frequency"], "Day");
    assert_eq!(trigger["evaluatedRecurrence"], trigger["recurrence"]);
}

#[tokio::test(start_paused = true)]
async fn responses_contain_defaults_of_action_groups_and_metric_alerts() {
    let world = World::deployed(End::Sent).await;
    let group = insights("actionGroups", "picletter-app-alerts", "2023-01-01");
    let group = world.get(&group).await.is(200).body;
    assert_eq!(
        keys(&group),
        [
            "id",
            "identity",
            "kind",
            "location",
            "name",
            "properties",
            "tags",
            "type"
        ]
    );
    assert_eq!(group["type"], "Microsoft.Insights/ActionGroups");
    assert_eq!(group["location"], "Global");
    let id = group["id"].as_str().unwrap();
    assert!(
        id.contains("/providers/microsoft.insights/actionGroups/"),
        "{id}"
    );
    assert_eq!(group["properties"]["voiceReceivers"], json!([]));
    assert_eq!(
        group["properties"]["emailReceivers"][0]["status"],
        "Enabled"
    );

    let path = insights("metricAlerts", "picletter-app-failed-runs", "2018-03-01");
    let alert = world.get(&path).await.is(200).body;
    let properties = &alert["properties"];
    assert_eq!(
        properties["targetResourceType"],
        "microsoft.logic/workflows"
    );
    let criterion = &properties["criteria"]["allOf"][0];
    assert_eq!(criterion["metricNamespace"], "microsoft.logic/workflows");
    assert!(criterion["threshold"].is_f64(), "{criterion}");
    assert!(criterion["dimensions"].is_array(), "{criterion}");

    // The response for a new alert is 200; an unknown metric is refused.
    let mut body = json!({ "location": "global", "properties": properties });
    let another = insights("metricAlerts", "another", "2018-03-01");
    world.call("PUT", &another, body.clone()).await.is(200);
    body["properties"]["criteria"]["allOf"][0]["metricName"] = json!("RunsFaild");
    let refused = world.call("PUT", &another, body).await.is(400).body;
    assert_eq!(
        refused,
        json!({ "Code": "BadRequest", "Message": "The metric names were not found RunsFaild." })
    );
}

#[tokio::test(start_paused = true)]
async fn errors_contain_the_position_in_the_request() {
    let world = World::deployed(End::Sent).await;
    let body = "{\"location\": \"westeurope\", \"properties\": {\n  \"definition\": {\n    \"$schema\": \"https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#\",\n    \"contentVersion\": \"1.0.0.0\",\n    \"triggers\": {\"Daily\": {\"type\": \"Recurrense\"}},\n    \"actions\": {}\n}}}";
    let request = |body: &str| {
        let mut request = world.request("PUT", &logic(""), Some(&Value::Null));
        *request.body_mut() = bytes::Bytes::from(body.to_owned());
        request
    };
    let message = world
        .send(request(body))
        .await
        .error(400, "InvalidRequestContent");
    assert!(
        message
            .ends_with("Path 'properties.definition.triggers.Daily.type', line 5, position 47.'."),
        "{message}"
    );
    // References to missing elements are checked after the structure.
    let never_runs =
        json!({ "runAfter": { "Never": ["Succeeded"] }, "type": "Compose", "inputs": 1 });
    let definition = json!({
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": { "Daily": { "type": "Recurrence", "recurrence": { "frequency": "Day", "interval": 1 } } },
        "actions": { "NeverRuns": never_runs },
    });
    let body = json!({ "location": "westeurope", "properties": { "definition": definition } });
    world
        .send(request(&body.to_string()))
        .await
        .error(400, "InvalidTemplate");
}

#[tokio::test(start_paused = true)]
async fn tags_are_absent_if_none_were_given() {
    let world = World::new().await;
    let path = picletter_test_support::azure_world::arm("");
    let group = json!({ "location": "westeurope" });
    let created = world.call("PUT", &path, group).await.is(201).body;
    assert!(!keys(&created).contains(&"tags"), "{created}");
    world
        .deploy(parameters_with("state", json!("Disabled")))
        .await;
    let resources = world
        .get(&picletter_test_support::azure_world::arm("/resources"))
        .await
        .is(200)
        .body;
    assert!(!resources["value"].as_array().unwrap().is_empty());
}
