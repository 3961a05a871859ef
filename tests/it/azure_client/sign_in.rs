//! Sign-in, and its errors.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

use picletter_core::deploy::azure::{Arm, Credential, Error, SignInError};
use picletter_test_support::write_script;
use serde_json::json;

use super::server::{ReceivedRequest, Reply, Server, TOKEN};
use crate::support::clients::{HASTY, SECRET, http};

fn no_subscription(request: &ReceivedRequest) -> Option<Reply> {
    (request.path == "/subscriptions").then(|| Reply::Json(200, json!({"value": []})))
}

fn signed_in(server: &Server, variables: &HashMap<&str, String>) -> Result<Arm, SignInError> {
    let http = http(HASTY);
    let credential = Credential::from_environment(&http, |name| variables.get(name).cloned())?;
    Ok(Arm::new(http, server.url.clone(), credential))
}

#[tokio::test]
async fn exchanges_a_client_secret_for_one_token_for_all_requests() {
    let server = Server::start(no_subscription).await;
    let arm = server.arm();
    let (one, other) = tokio::join!(arm.subscriptions(), arm.subscriptions());
    assert!(one.unwrap().is_empty() && other.unwrap().is_empty());
    let sign_ins = server.sign_ins();
    assert_eq!(sign_ins.len(), 1);
    let form = &sign_ins[0];
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["client_secret"], SECRET);
    assert_eq!(form["scope"], "https://management.azure.com/.default");
    let requests = server.requests();
    assert_eq!(
        requests[0].path, "/contoso.onmicrosoft.com/oauth2/v2.0/token",
        "the tenant's endpoint, over HTTP because it is on loopback"
    );
    for request in &requests[1..] {
        assert_eq!(request.authorization, format!("Bearer {TOKEN}"));
    }
}

#[tokio::test]
async fn replaces_a_token_that_is_about_to_expire() {
    let server = Server::start(|request| {
        let token = json!({"token_type": "Bearer", "expires_in": 60, "ext_expires_in": 60, "access_token": TOKEN});
        no_subscription(request).or(Some(Reply::Json(200, token)))
    })
    .await;
    let arm = server.arm();
    arm.subscriptions().await.unwrap();
    arm.subscriptions().await.unwrap();
    assert_eq!(server.sign_ins().len(), 2);
}

#[tokio::test]
async fn reports_a_wrong_secret_without_printing_it() {
    let server = Server::start(|_| {
        let description = format!(
            "AADSTS7000215: Invalid client secret provided ({SECRET}). Ensure the secret being sent in the request is the client secret value, not the client secret ID.\r\nTrace ID: 0c4f\r\nCorrelation ID: 91d2"
        );
        Some(Reply::Json(
            401,
            json!({"error": "invalid_client", "error_description": description, "error_codes": [7_000_215]}),
        ))
    })
    .await;
    let error = server.arm().subscriptions().await.unwrap_err().to_string();
    insta::assert_snapshot!("wrong_secret", error);
    assert_eq!(server.sign_ins().len(), 1, "no retry");
}

#[tokio::test]
async fn outage_of_the_authority_is_not_a_rejection() {
    for status in [409, 429, 500, 502, 503] {
        for reply in [
            || Reply::Html(0, "<h1>Service unavailable</h1>"),
            || {
                Reply::Json(
                    0,
                    json!({"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error has occurred."}),
                )
            },
        ] {
            let server = Server::start(move |_| {
                Some(match reply() {
                    Reply::Json(_, body) => Reply::Json(status, body),
                    Reply::Html(_, text) => Reply::Html(status, text),
                    reply => reply,
                })
            })
            .await;
            let error = server.arm().subscriptions().await.unwrap_err();
            let unavailable = matches!(error, Error::SignIn(SignInError::Unavailable { .. }));
            assert!(unavailable, "{error}");
            let error = error.to_string();
            assert!(error.contains(&status.to_string()), "{error}");
            assert!(error.ends_with("then run the command again"), "{error}");
        }
    }
}

#[tokio::test]
async fn error_contains_the_wait_that_the_authority_requires() {
    for (status, help) in [
        (429, "wait 5m, then run the command again"),
        (
            503,
            "check https://azure.status.microsoft, wait 5m, then run the command again",
        ),
    ] {
        let wait = || vec![("retry-after", "300".to_owned())];
        let busy = Server::start(move |_| {
            Some(Reply::JsonWith(status, wait(), json!({ "error": "busy" })))
        });
        let error = busy.await.arm().subscriptions().await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_mins(5)));
        assert!(
            error.to_string().ends_with(&format!("}}: {help}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn does_not_attribute_401_or_403_of_a_proxy_to_the_credentials() {
    let replies = [
        |status| Reply::Html(status, "<html><title>Sign in to Corp Proxy</title></html>"),
        |status| Reply::Json(status, json!("Sign in to Corp Proxy")),
        |status| {
            Reply::Json(
                status,
                json!({"error": {"message": "Sign in to Corp Proxy"}}),
            )
        },
        |status| {
            Reply::Json(
                status,
                json!({"error_description": "Sign in to Corp Proxy"}),
            )
        },
    ];
    let mut errors = Vec::new();
    for status in [401, 403] {
        for reply in replies {
            let server = Server::start(move |_| Some(reply(status))).await;
            let error = server.arm().subscriptions().await.unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::SignIn(SignInError::Garbled { status: Some(found), .. })
                        if found.as_u16() == status
                ),
                "{error}"
            );
            errors.push(error.to_string());
        }
    }
    insta::assert_snapshot!("proxy", errors.join("\n"));
}

#[tokio::test]
async fn lost_response_to_a_sign_in_has_no_unknown_effect() {
    let server = Server::start(|_| Some(Reply::Lost)).await;
    let error = server.arm().subscriptions().await.unwrap_err().to_string();
    assert!(
        error.ends_with(
            "check the network, and the vendor's status page, then run the command again"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn escapes_characters_that_set_the_direction_of_text() {
    for status in [400, 503] {
        let server = Server::start(move |_| {
            Some(Reply::Json(
                status,
                json!({"error": "invalid_client", "error_description": "AADSTS1: \u{202e}no"}),
            ))
        })
        .await;
        let error = server.arm().subscriptions().await.unwrap_err().to_string();
        assert!(error.contains(r"AADSTS1: \u202eno"), "{error}");
    }
}

#[tokio::test]
async fn reports_a_host_that_is_not_an_authority() {
    let server = Server::start(|request| {
        Some(match request.nth {
            0 => Reply::Html(200, "<!DOCTYPE html>\n<title>Guest network</title>"),
            _ => Reply::Json(404, json!({"error": "nothing here"})),
        })
    })
    .await;
    let arm = server.arm();
    let mut errors = Vec::new();
    for _ in 0..2 {
        errors.push(arm.subscriptions().await.unwrap_err().to_string());
    }
    insta::assert_snapshot!("no_authority", errors.join("\n"));
}

#[tokio::test]
async fn retries_a_sign_in_after_an_outage() {
    let server = Server::start(|request| match no_subscription(request) {
        None if request.nth == 0 => Some(Reply::Lost),
        None if request.nth == 1 => Some(Reply::Html(503, "busy")),
        reply => reply,
    })
    .await;
    server.arm().subscriptions().await.unwrap();
    assert_eq!(server.sign_ins().len(), 3);
}

#[tokio::test]
async fn exchanges_and_masks_a_workload_token() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a.workload.assertion").unwrap();
    let server = Server::start(|request| {
        let refused = json!({"error": "invalid_request", "error_description": format!("AADSTS700213: No matching federated identity record found for {}", request.body), "error_codes": [700_213]});
        Some(Reply::Json(400, refused))
    })
    .await;
    let mut variables = server.variables();
    variables.remove("AZURE_CLIENT_SECRET");
    variables.insert(
        "AZURE_FEDERATED_TOKEN_FILE",
        file.path().display().to_string(),
    );
    let arm = signed_in(&server, &variables).unwrap();
    let error = arm.subscriptions().await.unwrap_err().to_string();
    assert_eq!(
        server.sign_ins()[0]["client_assertion"],
        "a.workload.assertion"
    );
    assert!(error.contains("AADSTS700213"), "{error}");
    assert!(error.contains("issuer, subject, and audience"), "{error}");
    assert!(!error.contains("a.workload.assertion"), "{error}");
}

#[tokio::test]
async fn rejects_inconsistent_variables_before_any_request() {
    let server = Server::start(|_| None).await;
    let whole = server.variables();
    let without = |name| {
        let mut variables = whole.clone();
        variables.remove(name);
        variables
    };
    let with = |name, value: &str| {
        let mut variables = whole.clone();
        variables.insert(name, value.to_owned());
        variables
    };
    let mut workload = without("AZURE_CLIENT_SECRET");
    workload.insert("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token".to_owned());
    let mut incomplete_workload = workload.clone();
    incomplete_workload.remove("AZURE_CLIENT_ID");
    let cases = [
        without("AZURE_TENANT_ID"),
        without("AZURE_CLIENT_ID"),
        without("AZURE_CLIENT_SECRET"),
        with("AZURE_CLIENT_ID", ""),
        with("AZURE_TENANT_ID", "not a tenant"),
        with("AZURE_AUTHORITY_HOST", "http://login.example.com"),
        with("AZURE_AUTHORITY_HOST", "login.example.com"),
        workload,
        incomplete_workload,
    ];
    let errors = cases.map(|variables| signed_in(&server, &variables).unwrap_err().to_string());
    insta::assert_snapshot!("half_set", errors.join("\n"));
    assert!(server.requests().is_empty());
}

/// A fake `az` at the start of the path.
fn az(script: &str) -> (tempfile::TempDir, HashMap<&'static str, String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("az");
    write_script(&file, &format!("#!/bin/sh\n{script}\n"));
    let path = format!("{}:{}", folder.path().display(), env::var("PATH").unwrap());
    (folder, HashMap::from([("PATH", path)]))
}

#[tokio::test]
async fn uses_az_without_variables() {
    let server = Server::start(no_subscription).await;
    let (folder, variables) = az(
        "echo \"$@\" >> \"${0%/*}/calls\"\necho '{\"accessToken\": \"a.token.of-az\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}'",
    );
    let arm = signed_in(&server, &variables).unwrap();
    arm.subscriptions().await.unwrap();
    arm.subscriptions().await.unwrap();
    assert_eq!(server.requests()[0].authorization, "Bearer a.token.of-az");
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    assert_eq!(
        calls, "account get-access-token -o json --scope https://management.azure.com/.default\n",
        "called once"
    );
}

#[tokio::test]
async fn reports_if_az_is_not_signed_in_or_not_installed() {
    let server = Server::start(no_subscription).await;
    let (_folder, signed_out) =
        az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let nowhere = HashMap::from([("PATH", "/nowhere".to_owned())]);
    let mut errors = Vec::new();
    for variables in [signed_out, nowhere] {
        let arm = signed_in(&server, &variables).unwrap();
        errors.push(arm.subscriptions().await.unwrap_err().to_string());
    }
    insta::assert_snapshot!("no_az", errors.join("\n"));
    assert!(server.requests().is_empty());
}
