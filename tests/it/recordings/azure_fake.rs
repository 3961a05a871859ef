//! The fake of Azure, compared with recordings.

use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use crate::recordings::classes::Service;
use crate::recordings::fakes::{Answer, Comparison};
use crate::recordings::recording::{Recording, recordings};
use picletter_test_support::azure_world::{
    HEROKU_TOKEN, World, arm, deployment, deployment_path, logic, parameters, parameters_with,
};

const SUBSCRIPTION: &str = "/subscriptions/11111111-2222-4333-8444-555555555555";
const DEPLOYMENT: &str = "G/providers/Microsoft.Resources/deployments/*";
const WORKFLOW: &str = "G/providers/Microsoft.Logic/workflows/*";
const ALERT: &str = "G/providers/Microsoft.Insights/metricAlerts/*";
const ACTION_GROUP: &str = "G/providers/Microsoft.Insights/actionGroups/*";

async fn request(world: &World, method: &str, path: &str, body: Value) -> Answer {
    let answer = world.call(method, path, body).await;
    Answer {
        status: answer.status.as_u16(),
        headers: answer.headers,
        body: answer.body,
    }
}

async fn get(world: &World, path: &str) -> Answer {
    request(world, "GET", path, Value::Null).await
}

fn header(answer: &Answer, name: &str) -> String {
    let value = answer.headers.get(name);
    let value = value.unwrap_or_else(|| panic!("no {name}: {answer:?}"));
    value.to_str().unwrap().to_owned()
}

/// Subscriptions and resource groups.
async fn groups(found: &mut Comparison) {
    let world = &World::slow(10, End::Sent).await;
    let v = "?api-version=2022-12-01";
    let answer = get(world, &format!("/subscriptions{v}")).await;
    found.add("GET", "/subscriptions", 200, &answer);
    let answer = get(world, &format!("{SUBSCRIPTION}{v}")).await;
    found.add("GET", "/subscriptions/*", 200, &answer);
    let v = "?api-version=2021-04-01";
    let answer = get(
        world,
        &format!("{SUBSCRIPTION}/providers/Microsoft.Logic{v}"),
    )
    .await;
    found.add("GET", "/subscriptions/*/providers/*", 200, &answer);

    found.add("GET", "G", 404, &get(world, &arm("")).await);
    let group = json!({"location": "West Europe", "tags": {"made-by": "picletter"}});
    let answer = request(world, "HEAD", &arm(""), Value::Null).await;
    found.add("HEAD", "G", 404, &answer);
    let answer = request(world, "PUT", &arm(""), group.clone()).await;
    found.add("PUT", "G", 201, &answer);
    let answer = request(world, "PUT", &arm(""), group).await;
    found.add("PUT", "G", 200, &answer);
    found.add("GET", "G", 200, &get(world, &arm("")).await);
    let answer = request(world, "HEAD", &arm(""), Value::Null).await;
    found.add("HEAD", "G", 204, &answer);
    let answer = get(world, &format!("{SUBSCRIPTION}/resourcegroups{v}")).await;
    found.add("GET", "/subscriptions/*/resourcegroups", 200, &answer);
    let permissions = "/providers/Microsoft.Authorization/permissions?api-version=2022-04-01";
    let group = arm("");
    let (group, _) = group.split_once('?').unwrap();
    let answer = get(world, &format!("{group}{permissions}")).await;
    let path = "G/providers/*/*/*/providers/Microsoft.Authorization/permissions";
    found.add("GET", path, 200, &answer);

    let answer = request(world, "DELETE", &arm(""), Value::Null).await;
    found.add("DELETE", "G", 202, &answer);
    let operation = header(&answer, "location");
    let path = "/subscriptions/*/operationresults/*";
    found.add("GET", path, 202, &get(world, &operation).await);
    world.pass(60).await;
    let answer = get(world, &operation).await;
    found.add_where("GET", path, 200, " of a deletion", &answer, |one| {
        one.body.is_null()
    });
}

/// Deployments.
async fn deployments(found: &mut Comparison) {
    let world = &World::slow(10, End::Sent).await;
    let body = || deployment(parameters());
    let answer = request(world, "POST", &deployment_path("/validate"), body()).await;
    found.add("POST", &format!("{DEPLOYMENT}/validate"), 404, &answer);
    world.make_group().await;
    let without_app = deployment(json!({}));
    let answer = request(world, "POST", &deployment_path("/validate"), without_app).await;
    found.add_where(
        "POST",
        &format!("{DEPLOYMENT}/validate"),
        400,
        " of a missing parameter",
        &answer,
        |one| one.text().contains("InvalidTemplate\""),
    );
    let answer = request(world, "POST", &deployment_path("/validate"), body()).await;
    found.add("POST", &format!("{DEPLOYMENT}/validate"), 200, &answer);

    let answer = request(world, "PUT", &deployment_path(""), body()).await;
    found.add("PUT", DEPLOYMENT, 201, &answer);
    let status = header(&answer, "azure-asyncoperation");
    let answer = get(world, &deployment_path("")).await;
    found.add_where("GET", DEPLOYMENT, 200, " under way", &answer, |one| {
        one.text().contains(r#""Accepted""#)
    });
    world.pass(60).await;
    let path = format!("{DEPLOYMENT}/operationStatuses/*");
    found.add("GET", &path, 200, &get(world, &status).await);
    let answer = get(world, &deployment_path("")).await;
    found.add_where("GET", DEPLOYMENT, 200, " that succeeded", &answer, |one| {
        one.text().contains(r#""provisioningState":"Succeeded""#)
    });
    let answer = request(world, "PUT", &deployment_path(""), body()).await;
    found.add("PUT", DEPLOYMENT, 200, &answer);
    world.pass(60).await;
    let operations = get(world, &deployment_path("/operations")).await;
    found.add("GET", "G/deployments/*/operations", 200, &operations);
    let answer = get(world, &arm("/resources")).await;
    found.add("GET", "G/resources", 200, &answer);
    let v = "?api-version=2021-04-01";
    let answer = get(world, &format!("{SUBSCRIPTION}/resources{v}")).await;
    found.add("GET", "/subscriptions/*/resources", 200, &answer);
    let answer = get(world, &arm("/providers/Microsoft.Resources/deployments/")).await;
    let path = "G/providers/Microsoft.Resources/deployments/";
    found.add("GET", path, 200, &answer);

    let changed = deployment(parameters_with("dyno_size", json!("standard-1X")));
    let answer = request(world, "POST", &deployment_path("/whatIf"), changed).await;
    found.add("POST", &format!("{DEPLOYMENT}/whatIf"), 202, &answer);
    world.pass(60).await;
    let answer = get(world, &header(&answer, "location")).await;
    let path = "/subscriptions/*/operationresults/*";
    found.add_where("GET", path, 200, " of what-if", &answer, |one| {
        one.text().contains(r#""delta""#)
    });
}

/// A workflow like the recorded ones: it has no secured data.
fn workflow() -> Value {
    json!({
        "location": "westeurope",
        "properties": { "definition": {
            "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
            "contentVersion": "1.0.0.0",
            "triggers": { "hourly": {
                "type": "Recurrence",
                "recurrence": { "frequency": "Hour", "interval": 1 },
            } },
            "actions": { "http": {
                "type": "Http",
                "inputs": {
                    "method": "GET",
                    "uri": "https://api.heroku.com/account",
                    "headers": {
                        "accept": "application/vnd.heroku+json; version=3",
                        "authorization": format!("Bearer {HEROKU_TOKEN}"),
                    },
                },
            } },
        } },
    })
}

/// A path of that workflow.
fn plain(rest: &str) -> String {
    logic(rest).replace("/picletter-app", "/plain")
}

/// A workflow and its runs.
async fn workflows(found: &mut Comparison) {
    let world = &World::new().await;
    world.make_group().await;
    found.add("GET", WORKFLOW, 404, &get(world, &plain("")).await);
    let answer = request(world, "PUT", &plain(""), workflow()).await;
    found.add("PUT", WORKFLOW, 201, &answer);
    let mut tagged = workflow();
    tagged["tags"] = json!({"made-by": "picletter"});
    let answer = request(world, "PUT", &plain(""), tagged).await;
    found.add("PUT", WORKFLOW, 200, &answer);
    let answer = get(world, &plain("")).await;
    found.add("GET", WORKFLOW, 200, &answer);
    let mut invalid = workflow();
    invalid["properties"]["definition"] = json!("Invalid Definition");
    let answer = request(world, "PUT", &plain(""), invalid).await;
    found.add("POST", "G/providers/**", 400, &answer);
    let answer = get(world, &plain("")).await;
    let trigger = "/properties/definition/triggers";
    let triggers = recordings().iter().filter_map(|one| {
        let triggers = one.body.pointer(trigger)?.as_object()?.values();
        Some(triggers.filter(|trigger| trigger["evaluatedRecurrence"].is_object()))
    });
    let ours = &answer.body.pointer(trigger).unwrap()["hourly"];
    found.add_part("trigger with a recurrence", ours, triggers.flatten());
    let answer = get(world, &plain("").replace("/plain", "")).await;
    let path = "G/providers/Microsoft.Logic/workflows";
    found.add_where("GET", path, 200, "", &answer, |one| {
        one.body["value"][0].is_object()
    });
    let answer = get(world, &plain("/triggers")).await;
    found.add("GET", &format!("{WORKFLOW}/triggers"), 200, &answer);
    let start = plain("/triggers/hourly/run");
    let answer = request(world, "POST", &start, Value::Null).await;
    found.add("POST", &format!("{WORKFLOW}/triggers/*/run"), 202, &answer);
    let run = header(&answer, "x-ms-workflow-run-id");
    world.pass(60).await;
    let answer = get(world, &plain("/runs")).await;
    found.add("GET", &format!("{WORKFLOW}/runs"), 200, &answer);
    let actions = format!("{WORKFLOW}/runs/*/actions");
    let answer = get(world, &plain(&format!("/runs/{run}/actions"))).await;
    found.add("GET", &actions, 200, &answer);
    let answer = get(world, &plain(&format!("/runs/{run}/actions/http"))).await;
    found.add("GET", &format!("{actions}/*"), 200, &answer);
    let answer = get(world, &plain("/triggers/hourly/histories")).await;
    found.add(
        "GET",
        &format!("{WORKFLOW}/triggers/*/histories"),
        200,
        &answer,
    );
    let answer = request(world, "POST", &plain("/enable"), Value::Null).await;
    found.add("POST", &format!("{WORKFLOW}/enable"), 200, &answer);
    let started = request(world, "POST", &start, Value::Null).await;
    let path = plain(&format!(
        "/runs/{}/cancel",
        header(&started, "x-ms-workflow-run-id")
    ));
    let answer = request(world, "POST", &path, Value::Null).await;
    found.add("POST", &format!("{WORKFLOW}/runs/*/cancel"), 200, &answer);
    let answer = request(world, "DELETE", &plain(""), Value::Null).await;
    found.add("DELETE", WORKFLOW, 200, &answer);
}

/// The alerts that a deployment creates.
async fn alerts(found: &mut Comparison) {
    let world = &World::deployed(End::Sent).await;
    let resources = get(world, &arm("/resources")).await;
    let resources = resources.body["value"].as_array().unwrap().clone();
    for resource in resources {
        let id = resource["id"].as_str().unwrap();
        let r#type = resource["type"].as_str().unwrap().to_lowercase();
        let (path, version) = match r#type.as_str() {
            "microsoft.insights/metricalerts" => (ALERT, "2018-03-01"),
            "microsoft.insights/actiongroups" => (ACTION_GROUP, "2023-01-01"),
            _ => continue,
        };
        let address = format!("{id}?api-version={version}");
        let answer = get(world, &address).await;
        // Recordings with a region are of virtual machines.
        let is_comparable =
            |one: &Recording| one.body["properties"]["targetResourceRegion"].is_null();
        found.add_where("GET", path, 200, "", &answer, is_comparable);
        let mut same = answer.body.clone();
        for set_by_the_service in ["id", "name", "type"] {
            same.as_object_mut().unwrap().remove(set_by_the_service);
        }
        let answer = request(world, "PUT", &address, same.clone()).await;
        found.add_where("PUT", path, 200, "", &answer, is_comparable);
        if path == ALERT {
            let mut unknown = same.clone();
            unknown["properties"]["criteria"]["allOf"][0]["metricName"] = json!("NoSuchMetric");
            let answer = request(world, "PUT", &address, unknown).await;
            found.add("PUT", path, 400, &answer);
        }
        let answer = request(world, "DELETE", &address, Value::Null).await;
        found.add("DELETE", path, 200, &answer);
        if path == ALERT {
            let answer = request(world, "PUT", &address, same).await;
            found.add_where("PUT", path, 200, " of a new one", &answer, is_comparable);
        } else {
            // The recorded ones have no tags.
            same.as_object_mut().unwrap().remove("tags");
            let answer = request(world, "PUT", &address, same).await;
            found.add("PUT", path, 201, &answer);
        }
    }
}

async fn sign_in(found: &mut Comparison) {
    let world = World::new().await;
    let form = [("client_secret", "wrong")];
    let answer = world.ask_token(&world.credentials.tenant, &form).await;
    let answer = Answer {
        status: answer.status.as_u16(),
        headers: answer.headers,
        body: answer.body,
    };
    let path = "https://login.microsoftonline.com/*/oauth2/v2.0/token";
    found.add("POST", path, 401, &answer);
}

#[tokio::test(start_paused = true)]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn azure_fake_has_only_accepted_differences_from_recordings() {
    let mut found = Comparison::new(Service::Azure);
    sign_in(&mut found).await;
    groups(&mut found).await;
    deployments(&mut found).await;
    workflows(&mut found).await;
    alerts(&mut found).await;
    found.check();
}
