use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use picletter_test_support::azure_world::{
    GROUP, HEROKU_TOKEN, WEBHOOK, World, arm, deployment, deployment_path, logic, parameters,
    parameters_with,
};

#[tokio::test(start_paused = true)]
async fn deploys_a_workflow_with_its_alerts() {
    let world = World::new().await;
    world.make_group().await;
    let deployed = world.deploy(parameters()).await;
    assert_eq!(deployed["properties"]["provisioningState"], "Succeeded");

    let listed = world.get(&arm("/resources")).await.is(200).body;
    let listed = listed["value"].as_array().unwrap().iter();
    let names: Vec<&str> = listed.map(|one| one["name"].as_str().unwrap()).collect();
    let expected = [
        "picletter-app",
        "picletter-app-alerts",
        "picletter-app-failed-runs",
        "picletter-app-no-success",
    ];
    assert_eq!(names, expected);

    let workflow = world.get(&logic("")).await.is(200);
    assert_eq!(workflow.header("etag"), "");
    let properties = &workflow.body["properties"];
    assert_eq!(properties["state"], "Enabled");
    assert_eq!(properties["createdTime"], "2026-12-01T07:30:00Z");
    assert_eq!(properties["parameters"]["app"]["value"], "picletter-app");
    assert_eq!(workflow.body["location"], "westeurope");
}

#[tokio::test(start_paused = true)]
async fn responses_contain_no_secrets() {
    let world = World::new().await;
    world.make_group().await;
    let mut answers = String::new();
    let body = deployment(parameters());
    for (method, rest) in [("POST", "/validate"), ("POST", "/whatIf"), ("PUT", "")] {
        let answer = world
            .call(method, &deployment_path(rest), body.clone())
            .await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answers += &answer.body.to_string();
        if !answer.header("location").is_empty() {
            answers += &world.get(answer.header("location")).await.body.to_string();
        }
    }
    world.pass(1).await;
    let run = world.run().await;
    let run = run["name"].as_str().unwrap();
    for path in [
        deployment_path(""),
        deployment_path("/operations"),
        arm("/resources"),
        arm("/providers/Microsoft.Resources/deployments"),
        logic(""),
        logic("/triggers"),
        logic("/runs"),
        logic(&format!("/runs/{run}/actions")),
    ] {
        answers += &world.get(&path).await.is(200).body.to_string();
    }
    assert!(answers.contains("SecureString"));
    assert!(!answers.contains(HEROKU_TOKEN));
    assert!(!answers.contains(WEBHOOK));
}

#[tokio::test(start_paused = true)]
async fn refuses_invalid_templates_with_the_reason() {
    let world = World::new().await;
    world
        .call("PUT", &deployment_path(""), deployment(parameters()))
        .await
        .error(404, "ResourceGroupNotFound");
    world.make_group().await;
    for (name, value, reason) in [
        (
            "app",
            json!("x"),
            "parameter 'app': the length must be between 3 and 30",
        ),
        ("apps", json!("x"), "did you mean 'app'"),
        ("overlap", json!("never"), "expected one of"),
    ] {
        for (method, rest) in [("POST", "/validate"), ("PUT", "")] {
            let body = deployment(parameters_with(name, value.clone()));
            let message = world
                .call(method, &deployment_path(rest), body)
                .await
                .error(400, "InvalidTemplate");
            assert!(message.contains(reason), "{message}");
        }
    }
    world
        .get(&deployment_path(""))
        .await
        .error(404, "DeploymentNotFound");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_workflow_fails_the_deployment_and_skips_its_dependents() {
    let world = World::new().await;
    world.make_group().await;
    let triggers = json!({ "Daily": { "type": "Recurrense", "recurrence": {} } });
    let deployed = world.deploy(parameters_with("triggers", triggers)).await;
    assert_eq!(deployed["properties"]["provisioningState"], "Failed");
    let error = &deployed["properties"]["error"];
    assert_eq!(error["code"], "DeploymentFailed");
    let innermost = &error["details"][0]["details"][0];
    assert_eq!(innermost["code"], "InvalidRequestContent");
    let message = innermost["message"].as_str().unwrap();
    assert!(message.contains("did you mean 'Recurrence'?"), "{message}");
    let path = "Path 'properties.definition.triggers.Daily.type', line 1, position ";
    assert!(message.contains(path), "{message}");

    let operations = world
        .get(&deployment_path("/operations"))
        .await
        .is(200)
        .body;
    let operations: Vec<(&str, &str)> = operations["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| &operation["properties"])
        .map(|properties| {
            (
                properties["targetResource"]["resourceName"]
                    .as_str()
                    .unwrap(),
                properties["statusCode"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("picletter-app", "BadRequest"),
        ("picletter-app-alerts", "Created"),
    ];
    assert_eq!(operations, expected);
    world.get(&logic("")).await.error(404, "ResourceNotFound");
}

#[tokio::test(start_paused = true)]
async fn an_active_deployment_cannot_be_replaced() {
    let world = World::slow(10, End::Sent).await;
    world.make_group().await;
    let path = deployment_path("");
    let answer = world.call("PUT", &path, deployment(parameters())).await;
    let answer = answer.is(201);
    assert_eq!(answer.body["properties"]["provisioningState"], "Accepted");
    let status = answer.header("azure-asyncoperation").to_owned();

    world.pass(1).await;
    assert_eq!(world.get(&status).await.is(200).body["status"], "Running");
    let operations = world
        .get(&deployment_path("/operations"))
        .await
        .is(200)
        .body;
    let first = &operations["value"][0]["properties"];
    assert_eq!(first["provisioningState"], "Running");
    assert_eq!(
        first["targetResource"]["resourceType"],
        "Microsoft.Logic/workflows"
    );
    let message = world
        .call("PUT", &path, deployment(parameters()))
        .await
        .error(409, "DeploymentActive");
    assert!(message.contains("2026-12-01T07:30:00Z"), "{message}");

    world.pass(40).await;
    assert_eq!(world.get(&status).await.is(200).body["status"], "Succeeded");
    world
        .call("PUT", &path, deployment(parameters()))
        .await
        .is(200);
}

#[tokio::test(start_paused = true)]
async fn redeploying_keeps_the_history_and_sets_the_state() {
    let world = World::deployed(End::Sent).await;
    let before = world.get(&logic("")).await.is(200).body;
    let run = world.run().await;
    world
        .deploy(parameters_with("state", json!("Disabled")))
        .await;

    let after = world.get(&logic("")).await.is(200).body;
    assert_eq!(after["properties"]["state"], "Disabled");
    let same = ["accessEndpoint", "createdTime"];
    for name in same {
        assert_eq!(after["properties"][name], before["properties"][name]);
    }
    assert_ne!(
        after["properties"]["version"],
        before["properties"]["version"]
    );
    let runs = world.get(&logic("/runs")).await.is(200).body;
    assert_eq!(runs["value"], json!([run]));
}

#[tokio::test(start_paused = true)]
async fn running_runs_continue_after_a_redeployment() {
    let world = World::deployed(End::Sent).await;
    let trigger = logic("/triggers/Every_day_at_08_00/run");
    let started = world.post(&trigger).await.is(202);
    world.pass(10).await;
    world.deploy(parameters()).await;
    world.pass(60).await;
    let run = logic(&format!("/runs/{}", started.header("x-ms-workflow-run-id")));
    let run = world.get(&run).await.is(200).body;
    assert_eq!(run["properties"]["status"], "Succeeded", "{run}");
}

#[tokio::test(start_paused = true)]
async fn deleting_is_idempotent() {
    let world = World::deployed(End::Sent).await;
    let alert = format!(
        "{GROUP}/providers/Microsoft.Insights/metricAlerts/picletter-app-failed-runs?api-version=2018-03-01"
    );
    let group = format!(
        "{GROUP}/providers/microsoft.insights/actiongroups/picletter-app-alerts?api-version=2023-01-01"
    );
    for path in [alert, group, logic("")] {
        world.get(&path).await.is(200);
        world.call("DELETE", &path, Value::Null).await.is(200);
        world.get(&path).await.error(404, "ResourceNotFound");
        world.call("DELETE", &path, Value::Null).await.is(204);
    }
}

#[tokio::test(start_paused = true)]
async fn versions_of_a_workflow_decrease_with_each_change() {
    let world = World::deployed(End::Sent).await;
    let version = |body: &Value| {
        let version = body["properties"]["version"].as_str().unwrap();
        assert_eq!(version.len(), 20, "{version}");
        version.to_owned()
    };
    let before = version(&world.get(&logic("")).await.is(200).body);
    let tags = json!({ "tags": { "made-by": "picletter", "note": "new" } });
    let patched = world.call("PATCH", &logic(""), tags).await.is(200);
    assert_eq!(patched.body["tags"]["note"], "new");
    let patched = version(&patched.body);
    assert!(patched < before, "{patched} {before}");
    world.post(&logic("/disable")).await.is(200);
    let disabled = version(&world.get(&logic("")).await.is(200).body);
    assert!(disabled < patched, "{disabled} {patched}");
}
