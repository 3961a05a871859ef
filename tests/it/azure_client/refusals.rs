//! Error messages for rejections and failures of Azure.

use std::time::Duration;

use picletter_core::deploy::azure::Error;
use picletter_core::deploy::http::wait_words;
use picletter_core::diagnostic::Diagnose as _;
use serde_json::{Value, json};

use super::server::{Reply, SUBSCRIPTION, Server, TOKEN, WORKFLOW, error};

async fn error_for(status: u16, body: Value) -> String {
    let server = Server::start(move |request| {
        (request.path == WORKFLOW).then(|| Reply::Json(status, body.clone()))
    })
    .await;
    server
        .arm()
        .workflow(WORKFLOW)
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn known_error_codes_have_help() {
    let refusals = [
        (
            403,
            "AuthorizationFailed",
            "The client 'a@b.example' with object id '1' does not have authorization to perform action 'Microsoft.Logic/workflows/read' over scope '/subscriptions/3'.",
        ),
        (
            404,
            "SubscriptionNotFound",
            "The subscription '3' could not be found.",
        ),
        (
            409,
            "ReadOnlyDisabledSubscription",
            "The subscription '3' is disabled and therefore marked as read only.",
        ),
        (
            401,
            "InvalidAuthenticationToken",
            "The access token is invalid.",
        ),
        (
            409,
            "DeploymentActive",
            "The deployment with resource id '/subscriptions/3' cannot be saved, because this would overwrite an existing deployment which is still active.",
        ),
        (
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace 'Microsoft.Insights'. See https://aka.ms/rps-not-found.",
        ),
        (
            409,
            "ResourceGroupBeingDeleted",
            "The resource group 'newsletter' is in deprovisioning state and cannot perform this operation.",
        ),
        (
            409,
            "InvalidResourceGroupLocation",
            "The Resource group already exists in location 'westeurope'.",
        ),
        (
            409,
            "InvalidResourceLocation",
            "The resource 'picletter-app' already exists in location 'westeurope' in resource group 'newsletter'.",
        ),
        (
            400,
            "LocationNotAvailableForResourceType",
            "The provided location 'mars' is not available.",
        ),
        (
            403,
            "RequestDisallowedByPolicy",
            "Resource 'picletter-app' was disallowed by policy.",
        ),
        (
            409,
            "ScopeLocked",
            "The scope cannot perform delete operation because following scope(s) are locked.",
        ),
        (409, "SubscriptionQuotaExceeded", "Too many."),
        (
            400,
            "WorkflowTriggerIsNotEnabled",
            "Could not execute workflow trigger 'Daily' with state 'Disabled'.",
        ),
        (400, "SomethingNew", "Azure's words\r\n over two lines."),
    ];
    let mut lines = Vec::new();
    for (status, code, message) in refusals {
        lines.push(error_for(status, error(code, message)).await);
    }
    insta::assert_snapshot!("refusals", lines.join("\n"));
}

#[tokio::test]
async fn unknown_error_codes_have_help_by_status() {
    let mut lines = Vec::new();
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
        let server = Server::start(move |request| {
            (request.path == "/subscriptions")
                .then(|| Reply::Json(status, error("SomethingNew", "Azure's words.")))
        })
        .await;
        let error = server.arm().subscriptions().await.unwrap_err();
        lines.push(error.to_string());
    }
    insta::assert_snapshot!("by_status", lines.join("\n"));
}

#[tokio::test]
async fn shows_the_innermost_error() {
    let nested = json!({"error": {"code": "InvalidTemplateDeployment", "message": "See the details.", "details": [
        {"code": "Outer", "message": "", "details": [{"code": "RequestDisallowedByPolicy", "message": "Not here."}]},
        {"code": "Conflict", "message": "{\r\n  \"error\": {\r\n    \"code\": \"WorkflowLimit\",\r\n    \"message\": \"One too many.\"\r\n  }\r\n}"},
    ]}});
    let error = error_for(400, nested).await;
    assert!(
        error.contains("RequestDisallowedByPolicy: Not here.; WorkflowLimit: One too many. (status 400, request id 5f9b1a3e): a policy"),
        "{error}"
    );
    assert!(!error.contains("See the details"), "{error}");
}

#[tokio::test]
async fn reports_responses_that_are_not_from_azure() {
    let server = Server::start(|request| match request.nth {
        _ if request.path != WORKFLOW => None,
        0 => Some(Reply::Html(
            200,
            "<!DOCTYPE html>\n<title>Guest network</title>",
        )),
        1 => Some(Reply::Html(403, "<h1>Blocked</h1>")),
        2 => Some(Reply::Json(200, json!({"name": 7}))),
        3 => Some(Reply::Html(418, "")),
        4 => Some(Reply::Html(
            401,
            "<html><title>Sign in to Corp Proxy</title></html>",
        )),
        5 => Some(Reply::Html(403, r#"{"message": "Sign in to Corp Proxy"}"#)),
        6 => Some(Reply::Html(302, "")),
        _ => Some(Reply::Azures(302, "text/html", "")),
    })
    .await;
    let arm = server.arm();
    let mut lines = Vec::new();
    for _ in 0..8 {
        lines.push(arm.workflow(WORKFLOW).await.unwrap_err().to_string());
    }
    insta::assert_snapshot!("not_azure", lines.join("\n"));
}

#[tokio::test]
async fn attributes_errors_in_azures_format_without_request_id_to_azure() {
    let server = Server::start(|request| {
        let body = r#"{"error": {"code": "AuthorizationFailed", "message": "No."}}"#;
        (request.path == WORKFLOW).then_some(Reply::Html(403, body))
    })
    .await;
    let error = server.arm().workflow(WORKFLOW).await.unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("Azure answered AuthorizationFailed: No. (status 403)"),
        "{error}"
    );
}

#[tokio::test]
async fn does_not_attribute_outages_in_another_format() {
    let server = Server::start(|request| {
        (request.path == WORKFLOW).then_some(Reply::Html(503, "<h1>Try later</h1>"))
    })
    .await;
    let error = server.arm().workflow(WORKFLOW).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not read Microsoft.Logic/workflows/picletter-app: the answer is not in Azure's format: Service Unavailable: Try later (status 503): check https://azure.status.microsoft, then run the command again"
    );
}

#[tokio::test]
async fn escapes_characters_that_set_the_direction_of_text() {
    let coded = error("Some\u{202e}Code", "The name gpj\u{202e}exe.\u{1b}[2J");
    let error = error_for(400, coded).await;
    assert!(
        error.contains(r"Some\u202eCode: The name gpj\u202eexe.\u{1b}[2J (status"),
        "{error}"
    );
    for (status, body) in [
        (400, json!("gpj\u{202e}exe")),
        (200, json!("gpj\u{202e}exe")),
    ] {
        let error = error_for(status, body).await;
        assert!(
            error.contains("gpj") && !error.contains('\u{202e}'),
            "{error}"
        );
    }
}

#[tokio::test]
async fn effect_is_unknown_only_for_a_change_with_a_lost_response() {
    let server = Server::start(|request| {
        let is_sign_in = request.path.ends_with("/token");
        (!is_sign_in).then_some(Reply::Lost)
    })
    .await;
    let arm = server.arm();
    let read = arm.workflow(WORKFLOW).await.unwrap_err().to_string();
    assert!(
        read.ends_with(
            "check the network, and the vendor's status page, then run the command again"
        ),
        "{read}"
    );
    let change = arm.enable(WORKFLOW).await.unwrap_err().to_string();
    assert!(
        change.contains("the request may have taken effect"),
        "{change}"
    );
}

#[tokio::test]
async fn does_not_attribute_azures_unformatted_errors_to_a_proxy() {
    let server = Server::start(|request| match request.nth {
        _ if request.path != WORKFLOW => None,
        0 => Some(Reply::Azures(
            400,
            "text/plain; charset=utf-8",
            "You have exceeded the number of allowed export rules in your workspace.",
        )),
        1 => Some(Reply::Azures(
            404,
            "application/json; charset=utf-8",
            "\"Export clitest does not exist in the workspace.\"",
        )),
        _ => Some(Reply::Azures(
            404,
            "text/html",
            "<html><head><title>404 - File or directory not found.</title></head></html>",
        )),
    })
    .await;
    let arm = server.arm();
    let mut lines = Vec::new();
    for _ in 0..3 {
        lines.push(arm.workflow(WORKFLOW).await.unwrap_err().to_string());
    }
    insta::assert_snapshot!("azures_without_its_form", lines.join("\n"));
}

#[tokio::test]
async fn retries_after_rate_limits_and_outages() {
    let server = Server::start(|request| match request.nth {
        _ if request.path != "/subscriptions" => None,
        0 => Some(Reply::JsonWith(
            429,
            vec![("retry-after", "0".to_owned())],
            error("TooManyRequests", "Slower."),
        )),
        1 => Some(Reply::Json(500, error("InternalServerError", "Oh."))),
        2 => Some(Reply::Lost),
        _ => Some(Reply::Json(200, json!({"value": []}))),
    })
    .await;
    assert!(server.arm().subscriptions().await.unwrap().is_empty());
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn help_contains_a_required_wait_that_is_too_long() {
    for (status, code) in [
        (429, "SubscriptionRequestsThrottled"),
        (503, "ServiceUnavailable"),
    ] {
        let server = Server::start(move |request| {
            let refusal = error(code, "Number of requests exceeded.");
            (request.path == "/subscriptions")
                .then(|| Reply::JsonWith(status, vec![("retry-after", "300".to_owned())], refusal))
        })
        .await;
        let error = server.arm().subscriptions().await.unwrap_err().to_string();
        assert!(
            error.ends_with("wait 5m, then run the command again"),
            "{error}"
        );
        assert_eq!(server.lines().len(), 1);
    }
}

#[test]
fn waits_in_words_are_rounded_up() {
    for (milliseconds, words) in [(1, "1s"), (2_000, "2s"), (59_001, "1m"), (60_001, "1m 1s")] {
        assert_eq!(wait_words(Duration::from_millis(milliseconds)), words);
    }
}

#[tokio::test]
async fn errors_never_contain_the_token() {
    let server = Server::start(|request| {
        let echo = format!("The token {} is not valid.", request.authorization);
        (request.path != "/subscriptions" && request.method == "GET")
            .then(|| Reply::Json(401, error("InvalidAuthenticationToken", &echo)))
    })
    .await;
    let arm = server.arm();
    let error = arm
        .resource_group(SUBSCRIPTION, "newsletter")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("The token Bearer [secret] is not valid."),
        "{error}"
    );
    assert!(!format!("{error:?} {arm:?}").contains(TOKEN));
}

#[tokio::test]
async fn masks_secrets_before_truncating() {
    // The end of the excerpt is within the token.
    let body = json!(format!("{} {TOKEN}", "x".repeat(110)));
    let error = error_for(400, body).await;
    assert!(!error.contains(&TOKEN[..5]), "{error}");
    assert!(error.contains("x [secret] (status"), "{error}");
}

#[test]
fn reason_omits_the_help() {
    let error = Error::TooLong {
        doing: "follow the run".to_owned(),
        minutes: 5,
    };
    let help = error.diagnostic().help.unwrap();
    assert!(!error.reason().contains(&help), "{}", error.reason());
}
