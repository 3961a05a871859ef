//! A template deployed and followed to its end.

use std::collections::BTreeMap;

use picletter::deploy::azure::{Deployment, Parameter};
use serde_json::{Value, json};

use super::server::{Reply, SUBSCRIPTION, Seen, Server, WORKFLOW, error};

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

/// The deployment itself at its `nth` look, and its operations.
fn looked_at(
    seen: &Seen,
    itself: impl Fn(usize) -> Value,
    operations: impl Fn(usize) -> Value,
) -> Option<Reply> {
    match (seen.method.as_str(), seen.path.strip_prefix(PATH)?) {
        ("PUT", "") => Some(Reply::Json(201, state("Accepted", "one"))),
        ("GET", "") => Some(Reply::Json(200, itself(seen.nth))),
        ("GET", "/operations") => Some(Reply::Json(200, json!({"value": operations(seen.nth)}))),
        _ => None,
    }
}

#[tokio::test]
async fn each_change_of_an_operation_is_told_once_until_all_is_there() {
    let server = Server::start(|seen| {
        looked_at(
            seen,
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
    let mut told = Vec::new();
    let deployed = server
        .arm()
        .deploy(&deployment(), |operation| {
            told.push(format!("{} {}", operation.resource_type, operation.state));
        })
        .await
        .unwrap();
    assert_eq!(
        told,
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
async fn a_failed_operation_is_told_by_its_innermost_reason_without_secrets() {
    let server = Server::start(|seen| {
        looked_at(
            seen,
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
    let mut told = Vec::new();
    let error = server
        .arm()
        .deploy(&deployment(), |operation| told.push(operation.clone()))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not deploy picletter-app (Microsoft.Logic/workflows picletter-app): Azure says WorkflowParametersInvalid: The parameter '[secret]' is not good. (status 409, request id 5f9b1a3e)"
    );
    assert_eq!(
        told[0].error.as_deref(),
        Some("WorkflowParametersInvalid: The parameter '[secret]' is not good.")
    );
}

#[tokio::test]
async fn a_deployment_that_failed_as_a_whole_is_told_by_its_own_reason() {
    let server = Server::start(|seen| {
        looked_at(
            seen,
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
        Server::start(|seen| looked_at(seen, |_| state("Canceled", "one"), |_| json!([]))).await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("Canceled"));
}

fn active(seen: &Seen) -> Option<Reply> {
    (seen.method == "PUT").then(|| Reply::Json(409, error("DeploymentActive", "Still active.")))
}

#[tokio::test]
async fn a_deployment_that_somebody_else_has_begun_is_refused() {
    let server = Server::start(active).await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("wait for its end"), "{error}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_deployment_whose_answer_was_lost_is_followed_all_the_same() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "PUT" if seen.nth == 0 => Some(Reply::Lost),
        _ => active(seen).or_else(|| looked_at(seen, |_| state("Succeeded", "one"), |_| json!([]))),
    })
    .await;
    let deployed = server.arm().deploy(&deployment(), |_| ()).await.unwrap();
    assert_eq!(deployed.resources, [WORKFLOW]);
}

#[tokio::test]
async fn a_deployment_that_another_took_the_place_of_is_told() {
    let server =
        Server::start(|seen| looked_at(seen, |_| state("Running", "two"), |_| json!([]))).await;
    let error = server
        .arm()
        .deploy(&deployment(), |_| ())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("somebody else deploys at the same time"),
        "{error}"
    );
}

#[tokio::test]
async fn a_template_that_is_not_valid_is_refused_before_anything_is_changed() {
    let invalid = error(
        "InvalidTemplate",
        "Deployment template validation failed: 'The template parameter nope is not found.'",
    );
    for status in [400, 200] {
        let body = invalid.clone();
        let server = Server::start(move |seen| {
            seen.path
                .ends_with("/validate")
                .then(|| Reply::Json(status, body.clone()))
        })
        .await;
        let error = server.arm().validate(&deployment()).await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidTemplate"), "{status}");
    }
    let server = Server::start(|seen| {
        seen.path
            .ends_with("/validate")
            .then(|| Reply::Json(200, state("Succeeded", "one")))
    })
    .await;
    server.arm().validate(&deployment()).await.unwrap();
    assert_eq!(server.lines(), [format!("POST {PATH}/validate")]);
}
