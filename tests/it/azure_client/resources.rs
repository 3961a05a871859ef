//! Resource groups and resources.

use std::collections::BTreeMap;

use serde_json::json;

use super::server::{Reply, SUBSCRIPTION, Server, WORKFLOW, error};

const GROUP: &str = "/subscriptions/34adfa4f-cedf-4dc0-ba29-b6d1a69ab345/resourceGroups/newsletter";

#[tokio::test]
async fn creates_and_reads_a_group() {
    let server = Server::start(|request| {
        let group = json!({"id": GROUP, "name": "newsletter", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "tags": {"made-by": "picletter"}, "properties": {"provisioningState": "Succeeded"}});
        (request.path == GROUP).then(|| Reply::Json(if request.method == "PUT" { 201 } else { 200 }, group))
    })
    .await;
    let arm = server.arm();
    let tags = BTreeMap::from([("made-by".to_owned(), "picletter".to_owned())]);
    let created = arm
        .create_resource_group(SUBSCRIPTION, "newsletter", "westeurope", &tags)
        .await
        .unwrap();
    let put = server.put();
    assert_eq!(
        put.json(),
        json!({"location": "westeurope", "tags": {"made-by": "picletter"}})
    );
    assert_eq!(put.query, "api-version=2021-04-01");
    assert_eq!(
        arm.resource_group(SUBSCRIPTION, "newsletter")
            .await
            .unwrap(),
        Some(created.clone())
    );
    assert_eq!(created.tags, tags);
    assert!(!created.is_being_deleted());
}

#[tokio::test]
async fn missing_resources_are_none_and_a_missing_subscription_is_an_error() {
    let server = Server::start(|request| match request.path.as_str() {
        path if path.contains("/subscriptions/other/") => {
            Some(Reply::Json(404, error("SubscriptionNotFound", "No.")))
        }
        path if path.starts_with(GROUP) => Some(Reply::Json(
            404,
            error(
                "ResourceGroupNotFound",
                "Resource group 'newsletter' could not be found.",
            ),
        )),
        _ => None,
    })
    .await;
    let arm = server.arm();
    assert_eq!(
        arm.resource_group(SUBSCRIPTION, "newsletter")
            .await
            .unwrap(),
        None
    );
    assert_eq!(arm.resources(SUBSCRIPTION, "newsletter").await.unwrap(), []);
    assert_eq!(arm.get(WORKFLOW, "2019-05-01").await.unwrap(), None);
    arm.delete(WORKFLOW, "2019-05-01").await.unwrap();
    arm.delete_resource_group(SUBSCRIPTION, "newsletter")
        .await
        .unwrap();
    assert!(arm.resource_group("other", "newsletter").await.is_err());
}

#[tokio::test]
async fn waits_until_a_deleted_group_is_gone() {
    let server = Server::start(|request| {
        let location = format!("{}/operationresults/1?api-version=2021-04-01", request.base);
        let accepted = |headers| Some(Reply::JsonWith(202, headers, json!(null)));
        match (request.method.as_str(), request.path.as_str(), request.nth) {
            ("DELETE", GROUP, _) => accepted(vec![
                ("location", location),
                ("retry-after", "15".to_owned()),
            ]),
            (_, "/operationresults/1", 0..2) => accepted(vec![("location", location)]),
            (_, "/operationresults/1", _) => Some(Reply::Json(200, json!(null))),
            _ => None,
        }
    })
    .await;
    server
        .arm()
        .delete_resource_group(SUBSCRIPTION, "newsletter")
        .await
        .unwrap();
    // The last request checks that the group is gone.
    let lines = server.lines();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[4], format!("GET {GROUP}"));
}

#[tokio::test]
async fn verifies_a_deletion_by_reading_again() {
    for (deletion, message) in [
        (Reply::Json(200, json!(null)), "it still exists"),
        (Reply::Json(204, json!(null)), "it still exists"),
        (Reply::Json(200, json!({})), "it still exists"),
        (Reply::Json(200, json!([])), "unexpected answer"),
        (Reply::Html(200, "<h1>Hello</h1>"), "unexpected answer"),
        (Reply::Json(202, json!(null)), "unexpected answer"),
        (Reply::Html(404, "<h1>Not here</h1>"), "Not here"),
    ] {
        let deletion = std::sync::Mutex::new(Some(deletion));
        let server = Server::start(move |request| match request.method.as_str() {
            "DELETE" => deletion.lock().unwrap().take(),
            "GET" => Some(Reply::Json(
                200,
                json!({"id": WORKFLOW, "name": "picletter-app", "location": "westeurope"}),
            )),
            _ => None,
        })
        .await;
        let error = server.arm().delete(WORKFLOW, "2019-05-01").await;
        let error = error.unwrap_err();
        assert!(!error.is_not_found(), "{error}");
        let error = error.to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_404_without_an_azure_code_is_an_error() {
    for reply in [
        || Reply::Html(404, "<h1>Not found</h1>"),
        || Reply::Json(404, json!({})),
        || Reply::Json(404, error("MadeUp", "Nothing here.")),
    ] {
        let server =
            Server::start(move |request| request.path.starts_with("/subs").then(reply)).await;
        let arm = server.arm();
        assert!(arm.workflow(WORKFLOW).await.is_err());
        assert!(arm.get(WORKFLOW, "2019-05-01").await.is_err());
        assert!(
            arm.resource_group(SUBSCRIPTION, "newsletter")
                .await
                .is_err()
        );
        assert!(arm.resources(SUBSCRIPTION, "newsletter").await.is_err());
        assert!(arm.triggers(WORKFLOW).await.is_err());
    }
}

#[tokio::test]
async fn json_without_a_resource_is_an_error() {
    for body in [
        json!({}),
        json!([]),
        json!(null),
        json!({"id": "x", "name": "other"}),
    ] {
        let body = body.clone();
        let server = Server::start(move |request| {
            request
                .path
                .starts_with("/subs")
                .then(|| Reply::JsonWith(200, Vec::new(), body.clone()))
        })
        .await;
        let arm = server.arm();
        assert!(arm.get(WORKFLOW, "2019-05-01").await.is_err());
        assert!(arm.workflow(WORKFLOW).await.is_err());
    }
}

#[tokio::test]
async fn reports_a_deletion_that_fails_later() {
    let server = Server::start(|request| {
        let headers = vec![
            ("azure-asyncoperation", format!("{}/operations/1", request.base)),
            ("location", format!("{}/elsewhere", request.base)),
        ];
        match (request.path.as_str(), request.nth) {
            (WORKFLOW, _) => Some(Reply::JsonWith(202, headers, json!(null))),
            ("/operations/1", 0) => Some(Reply::Json(200, json!({"status": "Deleting"}))),
            ("/operations/1", _) => Some(Reply::Json(200, json!({"status": "Failed", "error": {"code": "ScopeLocked", "message": "There is a lock."}}))),
            _ => None,
        }
    })
    .await;
    let error = server
        .arm()
        .delete(WORKFLOW, "2019-05-01")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("ScopeLocked"));
    assert_eq!(
        error.to_string(),
        "could not delete Microsoft.Logic/workflows/picletter-app: Azure answered ScopeLocked: There is a lock. (status 200, request id 5f9b1a3e): a lock prevents the change: `az lock list` lists all locks"
    );
}

#[tokio::test]
async fn encodes_names_in_paths() {
    let server = Server::start(|_| None).await;
    server
        .arm()
        .resource_group(SUBSCRIPTION, "a?b#c%2e")
        .await
        .unwrap();
    assert_eq!(
        server.lines(),
        [format!(
            "GET /subscriptions/{SUBSCRIPTION}/resourceGroups/a%3Fb%23c%252e"
        )]
    );
}
