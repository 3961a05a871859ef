//! Requests of the Azure CLI that differ from those of our client. `ci/azure-cli/run` runs the CLI
//! itself.

use http::Request;
use picletter_sandbox::heroku::simulated::End;
use serde_json::{Value, json};

use picletter_test_support::azure_world::{GROUP, SUBSCRIPTION, World, deployment_path};

const ARTICLE: &str = include_str!("../../../../../tests/fixtures/article-template.json");

#[tokio::test(start_paused = true)]
async fn serves_the_endpoints_and_the_openid_configuration_without_authentication() {
    let world = World::new().await;
    let read = async |path: &str| {
        let request = Request::get(format!("https://management.azure.com{path}"));
        world.send(request.body(bytes::Bytes::new()).unwrap()).await
    };
    let endpoints = read("/metadata/endpoints?api-version=2022-09-01")
        .await
        .is(200)
        .body;
    assert_eq!(endpoints["resourceManager"], "https://management.azure.com");
    assert_eq!(
        endpoints["authentication"]["audiences"][0],
        "https://management.core.windows.net/"
    );
    let tenant = &world.credentials.tenant;
    let configuration = read(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(
        configuration.is(200).body["token_endpoint"],
        format!("https://management.azure.com/{tenant}/oauth2/v2.0/token")
    );
    let unknown = read("/nobody/v2.0/.well-known/openid-configuration").await;
    assert_eq!(unknown.is(400).body["error_codes"], json!([90_002]));
}

async fn send(
    world: &World,
    method: &str,
    path: &str,
    body: String,
) -> picletter_test_support::azure_world::Answer {
    let mut request = world.request(method, path, Some(&Value::Null));
    *request.body_mut() = bytes::Bytes::from(body);
    world.send(request).await
}

#[tokio::test(start_paused = true)]
async fn accepts_unquoted_property_names_and_comments() {
    let world = World::new().await;
    world.make_group().await;
    let parameters = json!({ "heroku_token": { "value": "HRKU-token" } });
    let body = format!(
        "{{\"properties\": {{\"parameters\": {parameters}, \"mode\": \"Incremental\", template:{ARTICLE} // its end\n}}}}"
    );
    for (method, rest) in [("POST", "/validate"), ("PUT", "")] {
        let answer = send(&world, method, &deployment_path(rest), body.clone()).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }
    let broken = body.replace("template:", "template");
    let message = send(&world, "PUT", &deployment_path(""), broken)
        .await
        .error(400, "InvalidRequestContent");
    assert!(message.contains("line 1"), "{message}");
    world.pass(1).await;
    // The resource in the article's template has `"scale": null`.
    let workflow = world
        .get(&picletter_test_support::azure_world::logic(""))
        .await
        .is(200)
        .body;
    assert_eq!(workflow["location"], "australiasoutheast");
}

#[tokio::test(start_paused = true)]
async fn serves_operations_at_paths_without_the_provider() {
    let world = World::deployed(End::Sent).await;
    let long = world
        .get(&deployment_path("/operations"))
        .await
        .is(200)
        .body;
    let short = deployment_path("/operations").replace("providers/Microsoft.Resources/", "");
    let short = short.replace("resourceGroups", "resourcegroups");
    assert_eq!(world.get(&short).await.is(200).body, long);
}

#[tokio::test(start_paused = true)]
async fn lists_the_resources_of_a_subscription_by_filter() {
    let mut world = World::deployed(End::Sent).await;
    world.sign_in().await;
    let list = async |filter: &str| -> Vec<String> {
        let filter = filter.replace(' ', "%20");
        let path = format!(
            "/subscriptions/{SUBSCRIPTION}/resources?$filter={filter}&$expand=createdTime,changedTime,provisioningState&api-version=2022-09-01"
        );
        let listed = world.get(&path).await.is(200).body;
        let listed = listed["value"].as_array().unwrap().iter();
        listed
            .map(|one| {
                assert_eq!(one["provisioningState"], "Succeeded");
                assert!(one["createdTime"].is_string());
                one["name"].as_str().unwrap().to_owned()
            })
            .collect()
    };
    assert_eq!(list("resourceGroup eq 'JOBS'").await.len(), 4);
    assert_eq!(list("").await.len(), 4);
    assert!(list("resourceGroup eq 'others'").await.is_empty());
    let path = format!("{GROUP}/resources?$filter=size%20eq%201&api-version=2022-09-01");
    world
        .get(&path)
        .await
        .error(400, "InvalidFilterInQueryString");
}
