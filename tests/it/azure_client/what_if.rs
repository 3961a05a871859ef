//! Predicted changes of a deployment.

use picletter_core::deploy::azure::ChangeType;
use serde_json::{Value, json};

use super::deployments::deployment;
use super::server::{Reply, Server, WORKFLOW};

async fn server_with_result(last: Value) -> Server {
    Server::start(move |request| {
        let headers = || {
            vec![
                (
                    "location",
                    format!("{}/operationresults/w?x=1", request.base),
                ),
                ("retry-after", "0".to_owned()),
            ]
        };
        match (request.path.as_str(), request.nth) {
            (path, _) if path.ends_with("/whatIf") => {
                Some(Reply::JsonWith(202, headers(), json!(null)))
            }
            ("/operationresults/w", 0) => Some(Reply::JsonWith(202, headers(), json!(null))),
            ("/operationresults/w", _) => Some(Reply::Json(200, last.clone())),
            _ => None,
        }
    })
    .await
}

#[tokio::test]
async fn waits_for_and_reads_changes() {
    let server = server_with_result(json!({"status": "Succeeded", "properties": {"correlationId": "1", "changes": [
        {"resourceId": WORKFLOW, "changeType": "Modify", "before": {"tags": {}}, "after": {"tags": {"a": "b"}}, "delta": [
            {"path": "properties.definition.triggers", "propertyChangeType": "Array", "children": [
                {"path": "0", "propertyChangeType": "Modify", "before": 8, "after": 9, "children": null},
            ]},
            {"path": "tags.a", "propertyChangeType": "Create", "after": "b"},
        ]},
        {"resourceId": "/x/providers/Microsoft.Insights/actionGroups/a", "changeType": "Create", "after": {}, "delta": null},
        {"resourceId": "/x/providers/Microsoft.Insights/actionGroups/b", "changeType": "Ignore", "before": {}},
        {"resourceId": "/x/providers/Microsoft.Insights/actionGroups/c", "changeType": "Detach", "before": {}},
    ]}}))
    .await;
    let changes = server.arm().what_if(&deployment()).await.unwrap();
    let types: Vec<_> = changes.iter().map(|change| &change.change_type).collect();
    assert_eq!(
        types,
        [
            &ChangeType::Modify,
            &ChangeType::Create,
            &ChangeType::Ignore,
            &ChangeType::Other("Detach".to_owned()),
        ]
    );
    let json = serde_json::to_value(&changes[3].change_type).unwrap();
    assert_eq!(json, "Detach");
    assert_eq!(changes[0].delta[0].children[0].after, Some(json!(9)));
    assert_eq!(changes[0].delta[1].path, "tags.a");
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn distinguishes_no_changes_from_a_failure() {
    let nothing =
        server_with_result(json!({"status": "Succeeded", "properties": {"changes": null}})).await;
    assert_eq!(nothing.arm().what_if(&deployment()).await.unwrap(), []);
    let failed = server_with_result(json!({"status": "Failed", "error": {"code": "DeploymentWhatIfResourceError", "message": "Outer.", "details": [{"code": "AuthorizationFailed", "message": "You may not."}]}})).await;
    let error = failed.arm().what_if(&deployment()).await.unwrap_err();
    assert_eq!(error.code(), Some("AuthorizationFailed"));
    assert!(error.to_string().contains("Contributor"), "{error}");
}
