//! Secrets in the file are rejected and redacted.

use insta::assert_snapshot;

use super::{error_text, parse, with};

/// Covers all locations, in valid and invalid TOML.
#[test]
fn redacts_secrets() {
    let mut all = String::new();
    for rest in [
        "[config]\nSG_KEY = \"SG.hush.hush\"",
        "[config]\nSG_KEY = SG.hush.hush",
        "[config]\nMY_PASSWORD = \"\"\"\nhush\nhush\"\"\"\nOTHER = 1",
        "[config]\nINNOCENT = \"SG.hush.hush\"",
        "[heroku]\napp = \"my-app\"\napi_key = \"hush\"",
        "[alert]\nwebhook = \"https://hooks.slack.com/hush\"",
        "alert = { email = 1, webhook_url = \"https://hooks.slack.com/hush\" }",
        "[mail]\nsubject = \"SG.hush.hush\"",
        "[heroku]\nsecrets = [\"SG.hush.hush\"]",
        "heroku.token = \"hush\"",
        "[config]\nDATABASE_URL = \"postgres://me:hush@db.x.example/shop\"",
        "[config]\nHOSTS = 'mongodb://hush:hush@a.x.example:1,b.x.example:2/x'\nRUST_LOG = 1",
        "[config]\nSLASH = \"amqp://me:hu/hush@q.x.example\"",
        "[config]\nUSER = \"https://hush@x.example/\"",
        "[config]\nPEM = \"\"\"\n-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----\"\"\"\nRUST_LOG = 1",
        "[config]\nSTRIPE = \"sk_live_hush\"",
        "[heroku]\ncommand = \"curl https://me:hush@x.example/\"",
        "[azure]\nlocation = \"https://me:hush@x.example/\"",
        "[picture]\nurl = \"https://me:hush@x.example/\"",
        "[config]\nBROKEN = https://me:hush@x.example/",
        "token = \"hush\"",
    ] {
        let text = error_text(&format!("{rest}\n[schedule]\nevery = \"day\"\n"));
        assert!(!text.contains("hush"), "{text}");
        assert!(text.contains("secret") || text.contains("-->"), "{text}");
        all += &text;
        all += "\n\n---\n";
    }
    assert_snapshot!(all);
}

#[test]
fn accepts_urls_with_an_at_sign_after_the_host() {
    for value in [
        "https://x.example/@me?mail=me@x.example#@",
        "https://x.example:8443/@me",
        "https://[::1]:8443/@me",
        "https://x.example, me@x.example",
        "me@x.example",
    ] {
        let text = with("every = \"day\"", &format!("[config]\nOTHER = \"{value}\""));
        assert!(parse(&text).is_ok(), "{value}");
    }
}

#[test]
fn does_not_require_config_vars_that_are_secrets() {
    let text = with("every = \"day\"", "secrets = [\"RECEIVER_EMAIL\"]");
    let error = error_text(&text.replace(
        "to = \"y@x.example\"\n",
        "subject = \"x\"\nto = \"a@x.example\"\n",
    ));
    assert!(
        error.contains("is listed as a secret, but also set in the file"),
        "{error}"
    );
    let config = parse(&text.replace("to = \"y@x.example\"\n", "")).unwrap();
    assert_eq!(config.config_vars().len(), 1);
}

#[test]
fn does_not_compare_time_to_live_with_a_deadline_that_is_not_known() {
    let minute_and_a_half = "time_to_live = \"90 seconds\"\n";
    let secret = minute_and_a_half.to_owned() + "secrets = [\"RUN_DEADLINE\"]";
    assert!(parse(&with("every = \"day\"", &secret)).is_ok());
    for invalid in ["\"soon\"", "60"] {
        let deadline = format!("{minute_and_a_half}[config]\nRUN_DEADLINE = {invalid}");
        let error = error_text(&with("every = \"day\"", &deadline));
        assert_eq!(error.matches("error: ").count(), 1, "{error}");
    }
    let error = error_text(&with("every = \"day\"", minute_and_a_half));
    assert!(
        error.contains("the worker may run for 120 s (RUN_DEADLINE)"),
        "{error}"
    );
}
