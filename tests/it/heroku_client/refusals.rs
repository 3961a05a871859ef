//! What a person is told when Heroku says no, or something else than it documents.

use serde_json::json;

use crate::heroku_client::scripted::{Answer, Server, TOKEN};

#[tokio::test]
async fn each_refusal_says_what_heroku_said_and_what_to_do_next() {
    let mut told = Vec::new();
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
        let (_server, api) = Server::answering(answers).await;
        told.push(api.authorizations().await.unwrap_err().to_string());
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn the_name_of_somebody_elses_app_is_told_as_taken_and_a_second_factor_is_not() {
    let (_server, api) = Server::answering([
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
async fn herokus_own_page_about_an_error_is_named() {
    let body =
        json!({ "id": "invalid_params", "message": "no", "url": "https://devcenter.heroku.com/x" });
    let (_server, api) = Server::answering([Answer::json(422, &body)]).await;
    let error = api.authorizations().await.unwrap_err().to_string();
    assert!(
        error.ends_with(": Heroku says more at https://devcenter.heroku.com/x"),
        "{error}"
    );
}

#[tokio::test]
async fn a_page_instead_of_json_is_told_as_such() {
    let page = "<html><head><title>Log in</title></head><body>Hotel WLAN</body></html>";
    let (_server, api) = Server::answering([
        Answer::text(200, page).with("request-id", "req-1"),
        Answer::text(404, page),
        Answer::json(200, &json!({ "mail": "a@example.com" })),
        Answer::text(200, ""),
    ])
    .await;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(api.authorizations().await.unwrap_err().to_string());
    }
    insta::assert_snapshot!(told.join("\n"));
}

/// A company's proxy in front of Heroku, such as one that wants a login.
#[tokio::test]
async fn a_proxys_refusal_is_not_blamed_on_the_token() {
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
        let (_server, api) = Server::answering([answer]).await;
        let error = api.app("picletter-app").await.unwrap_err();
        assert!(!error.is_forbidden(), "{error}");
        assert!(error.refusal().is_none(), "{error}");
        let told = error.to_string();
        assert!(told.contains(&format!("answered {status}")), "{told}");
        assert!(told.contains("a proxy or firewall in between"), "{told}");
        assert!(!told.contains("token"), "{told}");
    }
    let (_server, api) = Server::answering([Answer::text(403, page)]).await;
    let told = api.authorizations().await.unwrap_err().to_string();
    assert!(told.contains("Blocked by Acme Web Gateway"), "{told}");
}

#[tokio::test]
async fn the_words_of_a_missing_version_are_shown() {
    let words = "Please specify a version along with Heroku's API MIME type.";
    let body = json!({ "id": "missing_version", "error": words });
    let (_server, api) = Server::answering([Answer::json(400, &body)]).await;
    let error = api.authorizations().await.unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[tokio::test]
async fn an_app_is_not_taken_for_missing_because_a_proxy_says_404() {
    let (_server, api) = Server::answering([Answer::text(404, "<p>no route</p>")]).await;
    let error = api.app("picletter-app").await.unwrap_err();
    assert!(error.to_string().contains("proxy"), "{error}");
}

#[tokio::test]
async fn no_error_shows_a_secret_that_an_answer_holds() {
    let (_server, api) = Server::answering([
        Answer::refusal(401, "unauthorized", &format!("{TOKEN} is revoked")),
        Answer::text(200, &format!("<p>{TOKEN}</p>")),
        Answer::json(200, &json!({ "SG_KEY": ["SG.another"] })),
        Answer::json(200, &json!("SG.another")),
    ])
    .await;
    for told in [
        api.authorizations().await.unwrap_err(),
        api.authorizations().await.unwrap_err(),
        api.config_vars("picletter-app").await.unwrap_err(),
        api.config_vars("picletter-app").await.unwrap_err(),
    ] {
        for told in [told.to_string(), format!("{told:?}")] {
            assert!(!told.contains(TOKEN), "{told}");
            assert!(!told.contains("SG.another"), "{told}");
        }
    }
}
