//! No secret is anywhere that it does not belong.

use std::fs;
use std::path::Path;

use http::Method;
use picletter::sandbox::server::{Trouble, Which};

use super::person::{Person, SG_KEY, WEBHOOK, stderr, stdout};

/// All that is in a folder, as one text.
fn texts(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, all);
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_and_however_it_fails_no_secret_is_shown_or_written() {
    let person = Person::new().await;
    let secret = |name: &str| person.environment[name].clone();
    let mut secrets = vec![
        SG_KEY.to_owned(),
        WEBHOOK.to_owned(),
        secret("HEROKU_API_KEY"),
        secret("AZURE_CLIENT_SECRET"),
    ];
    let mut shown = String::new();
    for command in [
        "check",
        "plan --image worker.tar -vv",
        "deploy --yes --image worker.tar -vv",
        "deploy --yes --rotate-token -vv",
        "run -vv",
        "status -vv",
        "logs -vv",
        "pause -vv",
        "resume -vv",
    ] {
        let output = person.types(command).await;
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        shown.push_str(&stdout(&output));
        shown.push_str(&stderr(&output));
    }
    // Answers that give away whatever was sent.
    let echo = format!(
        r#"{{"id":"made_trouble","message":"{}"}}"#,
        secrets.join(" ")
    );
    for (method, path) in [
        (Method::GET, "/apps/*"),
        (Method::GET, "/oauth/authorizations"),
        (Method::GET, "/subscriptions"),
        (Method::POST, "/*/oauth2/v2.0/token"),
    ] {
        for status in [401, 422] {
            let trouble = Trouble::Status(status, echo.clone());
            person
                .sandbox
                .troubles()
                .on(method.clone(), path, Which::Every, trouble);
            for command in [
                "plan -vv",
                "run -vv",
                "pause -vv",
                "deploy --yes -vv",
                "status -vv",
                "destroy --yes -vv",
            ] {
                let output = person.types(command).await;
                shown.push_str(&stdout(&output));
                shown.push_str(&stderr(&output));
            }
            person.sandbox.troubles().clear();
        }
    }
    // One that is tried again.
    let trouble = Trouble::Status(500, echo);
    person
        .sandbox
        .troubles()
        .on(Method::GET, "/apps/*", Which::Every, trouble);
    let output = person.types("plan -vv").await;
    shown.push_str(&stdout(&output));
    shown.push_str(&stderr(&output));
    person.sandbox.troubles().clear();
    let output = person.types("destroy --yes -vv").await;
    assert!(output.status.success(), "{}", stderr(&output));
    shown.push_str(&stdout(&output));
    shown.push_str(&stderr(&output));
    texts(person.folder.path(), &mut shown);

    // Basic authentication, as the registry is asked with.
    let pair = format!("_:{}", person.environment["HEROKU_API_KEY"]);
    secrets.push(base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        pair,
    ));
    for secret in &secrets {
        assert!(!shown.contains(secret.as_str()), "{secret} is shown");
    }
    // Tokens that were issued; the workflow's definition has an expression in the place of one.
    let mut bearers = shown.split("Bearer ").skip(1);
    assert!(bearers.all(|after| after.starts_with("@{") || after.starts_with("[secret]")));
    assert!(shown.contains("[secret]"), "nothing was kept out");
}
