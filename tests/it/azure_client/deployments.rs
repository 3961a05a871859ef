//! Template deployments, followed to their end.

use std::collections::BTreeMap;

use picletter_core::deploy::azure::{Deployment, Parameter};
use serde_json::{Value, json};

use super::server::{ReceivedRequest, Reply, SUBSCRIPTION, Server, WORKFLOW, error};

const PATH: &str = "/subscriptions/34adfa4f-cedf-4dc0-ba29-b6d1a69ab345/resourceGroups/newsletter/providers/Microsoft.Resources/deployments/picletter-app";

pub(crate) fn deployment() -> Deployment {
    Deployment {
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: "newsletter".to_owned(),
        name: "picletter-app".to_owned(),
        template: json!({"resources": []}),
        parameters: BTreeMap::from([
            ("app".to_owned(), Parameter::Plain("picletter-demo".into())),
            (
                "heroku_token".to_owned(),
                Parameter::Secret("HRKU-a-very-secret-token".into()),
            ),
        ]),
    }
}

fn state(state: &str, id: &str) -> Value {
    json!({"id": PATH, "name": "picletter-app", "properties": {
        "mode": "Incremental", "provisioningState": state, "correlationId": id,
        "outputResources": [{"id": WORKFLOW}],
    }})
}

fn operation(id: &str, kind: &str, state: &str, message: Option<Value>) -> Value {
    let mut properties = json!({
        "provisioningOperation": "Create", "provisioningState": state, "duration": "PT1S",
        "targetResource": {"id": WORKFLOW, "resourceType": kind, "resourceName": "picletter-app"},
    });
    if let Some(message) = message {
        properties["statusCode"] = "Conflict".into();
        properties["statusMessage"] = message;
    }
    json!({"id": format!("{PATH}/operations/{id}"), "operationId": id, "properties": properties})
}

/// Responds to polls of a deployment and its operations.
fn poll(
    request: &ReceivedRequest,
    deployment_at: impl Fn(usize) -> Value,
    operations: impl Fn(usize) -> Value,
) -> Option<Reply> {
    match (request.method.as_str(), request.path.strip_prefix(PATH)?) {
        ("PUT", "") => Some(Reply::Json(201, state("Accepted", "one"))),
        ("GET", "") => Some(Reply::Json(200, deployment_at(request.nth))),
        ("GET", "/operations") => Some(Reply::Json(200, json!({"value": operations(request.nth)}))),
        _ => None,
    }
}

#[tokio::test]
async fn reports_each_change_of_an_operation_once() {
    let server = Server::start(|request| {
        poll(
            request,
            |nth| state(if nth < 2 { "Running" } else { "Succeeded" }, "one"),
            |nth| {
                let running = operation("A", "Microsoft.Logic/workflows", "Running", None);
                let done = operation("A", "Microsoft.Logic/workflows", "Succeeded", None);
                let evaluated = json!({"operationId": "E", "properties": {"provisioningOperation": "EvaluateDeploymentOutput", "provisioningState": "Succeeded"}});
                match nth {
                    0 => json!([]),
                    1 => json!([running]),
                    _ => json!([done, operation("B", "Microsoft.Insights/actionGroups", "Succeeded", None), evaluated]),
                }
            },
        )
    })
    .await;
    let mut reported = Vec::new();
    let deployed = server
        .arm()
        .deploy(&deployment(), |operation| {
            reported.push(format!("{} {}", operation.resource_type, operation.state));
        })
        .await
        .unwrap();
    assert_eq!(
        reported,
        [
            "Microsoft.Logic/workflows Running",
            "Microsoft.Logic/workflows Succeeded",
            "Microsoft.Insights/actionGroups Succeeded",
        ]
    );
    assert_eq!(deployed.resources, [WORKFLOW]);
    let put = server.put();
    assert_eq!(
        put.json(),
        json!({"properties": {
            "mode": "Incremental",
            "template": {"resources": []},
            "parameters": {
                "app": {"value": "picletter-demo"},
                "heroku_token": {"value": "HRKU-a-very-secret-token"},
            },
        }})
    );
    assert!(!format!("{:?}", deployment()).contains("HRKU-a-very"));
}

#[tokio::test]
async fn failed_operation_reports_its_innermost_error_without_secrets() {
    let server = Server::start(|request| {
        poll(
            request,
            |_| {
                let mut failed = state("Failed", "one");
                failed["properties"]["error"] = json!({"code": "DeploymentFailed", "message": "At least one resource deployment operation failed.", "details": [{"code": "Conflict", "message": "{\"status\": \"Failed\"}"}]});
                failed
            },
            |_| {
                let reason = json!({"status": "Failed", "error": {"code": "ResourceDeploymentFailure", "message": "The resource operation completed with terminal provisioning state 'Failed'.", "details": [{"code": "WorkflowParametersInvalid", "message": "The parameter 'HRKU-a-very-secret-token' is not good."}]}});
                json!([
                    operation("A", "Microsoft.Logic/workflows", "Failed", Some(reason)),
                    operation("B", "Microsoft.Insights/actionGroups", "Succeeded", None),
                ])
            },
        )
    })
    .await;
    let mut reported = Vec::new();
    let error = server
        .arm()
        .deploy(&deployment(), |operation| reported.push(operation.clone()))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not deploy picletter-app (Microsoft.Logic/workflows picletter-app): Azure answered WorkflowParametersInvalid: The parameter '[secret]' is not good. (status 409, request id 5f9b1a3e)"
    );
    assert_eq!(
        reported[0].error.as_deref(),
        Some("WorkflowParametersInvalid: The parameter '[secret]' is not good.")
    );
}

#[tokio::test]
async fn failed_deployment_reports_its_own_error() {
    let server = Server::start(|request| {
        poll(
            request,
            |_| {
                let mut failed = state("Failed", "one");
                failed["properties"]["error"] = json!({"code": "InvalidTemplate", "message": "Unable to process template language expressions."});
                failed
            },
            |_| json!([]),
        )
    })
    .await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("InvalidTemplate"));
    let server =
        Server::start(|request| poll(request, |_| state("Canceled", "one"), |_| json!([]))).await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("Canceled"));
}

fn active(request: &ReceivedRequest) -> Option<Reply> {
    (request.method == "PUT").then(|| Reply::Json(409, error("DeploymentActive", "Still active.")))
}

#[tokio::test]
async fn fails_if_another_deployment_is_active() {
    let server = Server::start(active).await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("wait until it ends"), "{error}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn follows_a_deployment_after_a_lost_response() {
    let server = Server::start(|request| match request.method.as_str() {
        "PUT" if request.nth == 0 => Some(Reply::Lost),
        _ => {
            active(request).or_else(|| poll(request, |_| state("Succeeded", "one"), |_| json!([])))
        }
    })
    .await;
    let deployed = server.arm().deploy(&deployment(), |_| ()).await.unwrap();
    assert_eq!(deployed.resources, [WORKFLOW]);
}

#[tokio::test]
async fn fails_if_another_deployment_replaces_it() {
    let server =
        Server::start(|request| poll(request, |_| state("Running", "two"), |_| json!([]))).await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("another deployment with the same name replaced it"),
        "{error}"
    );
}

#[tokio::test]
async fn validation_rejects_an_invalid_template() {
    let invalid = error(
        "InvalidTemplate",
        "Deployment template validation failed: 'The template parameter nope is not found.'",
    );
    for status in [400, 200] {
        let body = invalid.clone();
        let server = Server::start(move |request| {
            request
                .path
                .ends_with("/validate")
                .then(|| Reply::Json(status, body.clone()))
        })
        .await;
        let error = server.arm().validate(&deployment()).await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidTemplate"), "{status}");
    }
    let server = Server::start(|request| {
        request
            .path
            .ends_with("/validate")
            .then(|| Reply::Json(200, state("Succeeded", "one")))
    })
    .await;
    server.arm().validate(&deployment()).await.unwrap();
    assert_eq!(server.lines(), [format!("POST {PATH}/validate")]);
}
