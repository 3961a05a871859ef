//! Mails that break a rule of the vendor.

use super::*;

/// Mails that each break one rule, and the field of the expected error.
fn broken_rules() -> Vec<(Value, &'static str)> {
    let to = |email: &str| json!({ "to": [{ "email": email }] });
    let numbered = |count: usize| -> Value {
        (0..count)
            .map(|n| to(&format!("r{n}@picletter.example")))
            .collect()
    };
    vec![
        (mail_without("/personalizations"), "personalizations"),
        (
            mail_with("/personalizations", json!([])),
            "personalizations",
        ),
        (
            mail_with("/personalizations", numbered(1001)),
            "personalizations",
        ),
        (
            mail_without("/personalizations/0/to"),
            "personalizations.0.to",
        ),
        (
            mail_with("/personalizations/0/to", json!([])),
            "personalizations.0.to",
        ),
        (
            mail_with("/personalizations/0", to("nobody")),
            "personalizations.0.to.0.email",
        ),
        (
            mail_with(
                "/personalizations/0",
                to("a@picletter.example, b@picletter.example"),
            ),
            "personalizations.0.to.0.email",
        ),
        (
            mail_with("/personalizations/0/to/0/name", json!("You\r\nBcc: all")),
            "personalizations.0.to.0.name",
        ),
        (mail_without("/from"), "from"),
        (mail_with("/from/email", json!("bot")), "from.email"),
        (mail_without("/subject"), "subject"),
        (mail_with("/subject", json!("")), "subject"),
        (
            mail_with("/subject", json!("a\nBcc: all@picletter.example")),
            "subject",
        ),
        (mail_without("/content"), "content"),
        (mail_with("/content", json!([])), "content"),
        (mail_with("/content/1/value", json!("")), "content.1.value"),
        (
            mail_with("/attachments/0/content", json!("")),
            "attachments.0.content",
        ),
        (
            mail_with("/attachments/0/content", json!("a picture")),
            "attachments.0.content",
        ),
        // URL-safe characters and missing padding are not standard base64.
        (
            mail_with("/attachments/0/content", json!("_-_-")),
            "attachments.0.content",
        ),
        (
            mail_with("/attachments/0/content", json!("YQ")),
            "attachments.0.content",
        ),
        // Wrong shapes
        (mail_with("/form", json!({})), "form"),
        (mail_with("/from/address", json!("a")), "from.address"),
        (mail_with("/from/name", Value::Null), "from.name"),
        (mail_with("/subject", Value::Null), "subject"),
        (
            mail_with("/personalizations/0/to", json!({})),
            "personalizations.0.to",
        ),
        (
            mail_with("/personalizations/0/cc", json!([])),
            "personalizations.0.cc",
        ),
    ]
}

#[tokio::test]
async fn errors_contain_the_invalid_field() {
    let sandbox = Sandbox::start().await.unwrap();
    for (mail, field) in broken_rules() {
        let answer = post(&sandbox, mail.to_string()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{field}");
        let errors = errors(answer).await;
        assert!(
            errors.iter().all(|error| error["field"] == field),
            "{field}: {errors:?}"
        );
    }
    assert!(sandbox.inbox().mails().is_empty());
}

#[tokio::test]
async fn reports_all_problems_at_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut broken = mail_with("/from/email", json!("bot"));
    broken["subject"] = json!("");
    broken["content"][0]["value"] = json!("");
    let errors = errors(post(&sandbox, broken.to_string()).await).await;
    let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["subject", "from.email", "content.0.value"]);
    assert!(
        errors[2]["help"]
            .as_str()
            .unwrap()
            .ends_with("errors.html#message.content.value")
    );
}

#[tokio::test]
async fn refuses_invalid_json() {
    let sandbox = Sandbox::start().await.unwrap();
    let truncated = mail().to_string();
    for body in [
        "",
        "From: a",
        &truncated[..100],
        &format!("{truncated}{{}}"),
    ] {
        let answer = post(&sandbox, body.to_owned()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        errors(answer).await;
    }
}
