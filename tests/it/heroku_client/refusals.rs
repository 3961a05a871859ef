//! Error messages for rejections of Heroku, and for responses that it does not document.

use serde_json::json;

use crate::heroku_client::scripted::{Answer, Server, TOKEN};

#[tokio::test]
async fn errors_contain_herokus_message_and_help() {
    let mut errors = Vec::new();
    for (status, id, message) in [
        (401, "unauthorized", "Invalid credentials provided."),
        (402, "delinquency", "Please pay your bill."),
        (403, "forbidden", "You do not have access to this app."),
        (
            403,
            "two_factor",
            "A second authentication factor is required.",
        ),
        (403, "suspended", "Your account has been suspended."),
        (409, "conflict", "A release is under way."),
        (422, "invalid_params", "Name picletter is already taken"),
        (
            422,
            "invalid_params",
            "Cannot use the following dyno types in the same app: Basic and Standard-1X",
        ),
        (422, "verification_required", "Please verify your account."),
        (
            422,
            "cannot_run_above_limit",
            "Cannot run more than 1 dyno.",
        ),
        (429, "rate_limit", "Your account reached the API limit."),
        (503, "unavailable", "Try again later."),
    ] {
        let answers = (0..5).map(|_| Answer::refusal(status, id, message));
        let (_server, api) = Server::with_answers(answers).await;
        errors.push(api.authorizations().await.unwrap_err().to_string());
    }
    insta::assert_snapshot!(errors.join("\n"));
}

#[tokio::test]
async fn help_for_an_outage_contains_the_required_wait() {
    let refusal = Answer::refusal(503, "unavailable", "Try again later.");
    let (_server, api) = Server::with_answers([refusal.with("retry-after", "300")]).await;

    let error = api.authorizations().await.unwrap_err().to_string();

    let help = "check https://status.heroku.com, wait 5m, then run the command again";
    assert!(error.ends_with(help), "{error}");
}

#[tokio::test]
async fn distinguishes_a_taken_name_from_a_missing_second_factor() {
    let (_server, api) = Server::with_answers([
        Answer::refusal(403, "forbidden", "You do not have access to picletter-app."),
        Answer::refusal(
            403,
            "two_factor",
            "A second authentication factor is required.",
        ),
    ])
    .await;
    let taken = api.app("picletter-app").await.unwrap_err();
    assert!(taken.is_forbidden());
    insta::assert_snapshot!(taken);
    let other = api.app("picletter-app").await.unwrap_err().to_string();
    assert!(other.contains("second factor"), "{other}");
    assert!(!other.contains("taken"), "{other}");
}

#[tokio::test]
async fn errors_contain_herokus_documentation_url() {
    let body =
        json!({ "id": "invalid_params", "message": "no", "url": "https://devcenter.heroku.com/x" });
    let (_server, api) = Server::with_answers([Answer::json(422, &body)]).await;
    let error = api.authorizations().await.unwrap_err().to_string();
    assert!(
        error.ends_with(": details: https://devcenter.heroku.com/x"),
        "{error}"
    );
}

#[tokio::test]
async fn reports_html_instead_of_json() {
    let page = "<html><head><title>Log in</title></head><body>Hotel WLAN</body></html>";
    let (_server, api) = Server::with_answers([
        Answer::text(200, page).with("request-id", "req-1"),
        Answer::text(404, page),
        Answer::json(200, &json!({ "mail": "a@example.com" })),
        Answer::text(200, ""),
    ])
    .await;
    let mut errors = Vec::new();
    for _ in 0..4 {
        errors.push(api.authorizations().await.unwrap_err().to_string());
    }
    insta::assert_snapshot!(errors.join("\n"));
}

/// A company's proxy in front of Heroku, such as one that requires a login.
#[tokio::test]
async fn does_not_attribute_a_proxys_rejection_to_the_token() {
    let page = "<!DOCTYPE html><html><head><title>Blocked by Acme Web Gateway</title>\
        <style>body { color: red }</style></head><body><h1>Access denied</h1></body></html>";
    for (status, body) in [
        (401, page),
        (403, page),
        (407, page),
        (403, r#"{"message":"Forbidden"}"#),
        (403, ""),
    ] {
        let answer = Answer::text(status, body);
        let (_server, api) = Server::with_answers([answer]).await;
        let error = api.app("picletter-app").await.unwrap_err();
        assert!(!error.is_forbidden(), "{error}");
        assert!(error.refusal().is_none(), "{error}");
        let message = error.to_string();
        assert!(message.contains(&format!("answered {status}")), "{message}");
        assert!(message.contains("a proxy or firewall"), "{message}");
        assert!(!message.contains("token"), "{message}");
    }
    let (_server, api) = Server::with_answers([Answer::text(403, page)]).await;
    let message = api.authorizations().await.unwrap_err().to_string();
    assert!(message.contains("Blocked by Acme Web Gateway"), "{message}");
}

#[tokio::test]
async fn shows_the_message_for_a_missing_version() {
    let words = "Please specify a version along with Heroku's API MIME type.";
    let body = json!({ "id": "missing_version", "error": words });
    let (_server, api) = Server::with_answers([Answer::json(400, &body)]).await;
    let error = api.authorizations().await.unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[tokio::test]
async fn a_404_of_a_proxy_does_not_mean_a_missing_app() {
    let (_server, api) = Server::with_answers([Answer::text(404, "<p>no route</p>")]).await;
    let error = api.app("picletter-app").await.unwrap_err();
    assert!(error.to_string().contains("proxy"), "{error}");
}

#[tokio::test]
async fn errors_contain_no_secrets_from_responses() {
    let (_server, api) = Server::with_answers([
        Answer::refusal(401, "unauthorized", &format!("{TOKEN} is revoked")),
        Answer::text(200, &format!("<p>{TOKEN}</p>")),
        Answer::json(200, &json!({ "SG_KEY": ["SG.another"] })),
        Answer::json(200, &json!("SG.another")),
    ])
    .await;
    for error in [
        api.authorizations().await.unwrap_err(),
        api.authorizations().await.unwrap_err(),
        api.config_vars("picletter-app").await.unwrap_err(),
        api.config_vars("picletter-app").await.unwrap_err(),
    ] {
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains(TOKEN), "{text}");
            assert!(!text.contains("SG.another"), "{text}");
        }
    }
}
