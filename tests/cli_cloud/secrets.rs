//! No secret is anywhere that it does not belong.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use picletter::sandbox::server::{Trouble, Which};
use secrecy::ExposeSecret as _;

use super::person::{Person, SG_KEY, WEBHOOK, stderr, stdout};
use super::processes::Watch;

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

/// A person, all that was shown to them, and every secret that there has been.
struct Search {
    person: Person,
    shown: String,
    secrets: BTreeSet<String>,
}

impl Search {
    async fn new() -> Self {
        let person = Person::new().await;
        let token = &person.environment["HEROKU_API_KEY"];
        let secrets = [
            SG_KEY.to_owned(),
            WEBHOOK.to_owned(),
            token.clone(),
            person.environment["AZURE_CLIENT_SECRET"].clone(),
            // Basic authentication, as the registry is asked with.
            BASE64_STANDARD.encode(format!("_:{token}")),
        ];
        Self {
            shown: String::new(),
            secrets: secrets.into(),
            person,
        }
    }

    async fn types(&mut self, command: &str) -> Output {
        let output = self.person.types(command).await;
        self.shown.push_str(&stdout(&output));
        self.shown.push_str(&stderr(&output));
        self.learn();
        output
    }

    /// The tokens that Azure issued, and that of the workflow's authorization.
    fn learn(&mut self) {
        let sandbox = &self.person.sandbox;
        let issued = sandbox.azure().tokens().into_iter();
        let issued = issued.chain(sandbox.heroku().authorization_tokens());
        self.secrets
            .extend(issued.map(|token| token.expose_secret().to_owned()));
    }

    /// What Azure shows to all who may read the workflow: itself, its runs with what went into each
    /// action and came out, and its deployment.
    async fn azure(&mut self) {
        let clouds = self.person.clouds();
        let wanted = self.person.wanted();
        let workflow = wanted.workflow_id(&clouds).await.unwrap();
        let group = workflow.split("/providers/").next().unwrap();
        let deployment = format!(
            "{group}/providers/Microsoft.Resources/deployments/{}",
            wanted.deployment_name()
        );
        let mut paths = vec![
            (format!("{deployment}/operations"), "2021-04-01"),
            (deployment, "2021-04-01"),
            (format!("{workflow}/triggers"), "2019-05-01"),
            (format!("{workflow}/runs"), "2019-05-01"),
        ];
        let runs = clouds.arm.runs(&workflow, 50, None).await.unwrap();
        assert_eq!(runs.len(), 3);
        for run in runs {
            let run = format!("{workflow}/runs/{}", run.id);
            paths.push((format!("{run}/actions"), "2019-05-01"));
            paths.push((run, "2019-05-01"));
        }
        paths.push((workflow, "2019-05-01"));
        let begun = self.shown.len();
        for (path, version) in paths {
            let there = clouds.arm.get(&path, version).await.unwrap();
            let there = there.unwrap_or_else(|| panic!("{path}"));
            self.shown.push_str(&there.to_string());
        }
        let shown = &self.shown[begun..];
        for part in [
            r#""inputs""#,
            r#""outputs""#,
            r#""parameters""#,
            "provisioningOperation",
            "Post_alert",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    fn assert_nothing_is_found(&self) {
        // More than those that everyone has from the beginning.
        assert!(self.secrets.len() > 10, "{}", self.secrets.len());
        for secret in &self.secrets {
            let at = self.shown.find(secret.as_str());
            let around = at.map(|at| &self.shown[at.saturating_sub(200)..at]);
            assert_eq!(around, None, "{secret} is shown after this");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_and_however_it_fails_no_secret_is_shown_or_written() {
    let mut search = Search::new().await;
    let watch = Watch::begin(search.person.sandbox.troubles());
    for command in [
        "check",
        "doctor --image worker.tar -vv",
        "template",
        "template --out app.json",
        "plan --image worker.tar -vv",
        "deploy --yes --run --image worker.tar -vv",
        "deploy --yes --rotate-token -vv",
        "run -vv",
        "status -vv",
        "logs -vv",
        "pause -vv",
        "resume -vv",
    ] {
        let output = search.types(command).await;
        assert!(output.status.success(), "{command}: {}", stderr(&output));
    }
    // One that fails, so that the alert is posted.
    let troubles = search.person.sandbox.troubles().clone();
    let trouble = Trouble::Status(403, r#"{"errors":[{"message":"no"}]}"#.to_owned());
    troubles.on(Method::POST, "/v3/mail/send", Which::Every, trouble);
    let output = search.types("run -vv").await;
    assert_eq!(output.status.code(), Some(77), "{}", stderr(&output));
    troubles.clear();
    search.azure().await;
    let log = search.person.sandbox.heroku().log();
    assert!(!log.is_empty());
    search.shown.extend(log);

    // Answers that give away whatever was sent.
    let environment = &search.person.environment;
    let sent = [
        SG_KEY,
        WEBHOOK,
        &environment["HEROKU_API_KEY"],
        &environment["AZURE_CLIENT_SECRET"],
    ];
    let echo = format!(
        r#"{{"id":"made_trouble","message":"{0}","error":{{"code":"MadeTrouble","message":"{0}"}}}}"#,
        sent.join(" ")
    );
    for (method, path) in [
        (Method::GET, "/apps/*"),
        (Method::GET, "/oauth/authorizations"),
        (Method::GET, "/subscriptions"),
        (Method::POST, "/*/oauth2/v2.0/token"),
    ] {
        for status in [401, 422] {
            let trouble = Trouble::Status(status, echo.clone());
            troubles.on(method.clone(), path, Which::Every, trouble);
            for command in [
                "doctor -vv",
                "plan -vv",
                "run -vv",
                "pause -vv",
                "deploy --yes -vv",
                "status -vv",
                "destroy --yes -vv",
            ] {
                search.types(command).await;
            }
            troubles.clear();
        }
    }
    // One that is tried again.
    let trouble = Trouble::Status(500, echo);
    troubles.on(Method::GET, "/apps/*", Which::Every, trouble);
    search.types("plan -vv").await;
    troubles.clear();
    let output = search.types("destroy --yes -vv").await;
    assert!(output.status.success(), "{}", stderr(&output));
    // The file, the template, the image's archive, and what else was written.
    texts(search.person.folder.path(), &mut search.shown);
    for part in ["securestring", "manifest.json"] {
        assert!(search.shown.contains(part), "{part}");
    }
    let seen = watch.seen();
    for command in [" deploy --yes", " run -vv", "worker --run-id"] {
        assert!(
            seen.iter().any(|line| line.contains(command)),
            "{command}: {seen:?}"
        );
    }
    search.shown.extend(seen);

    search.assert_nothing_is_found();
    // The address at which whoever has it may say how a run went.
    assert!(!search.shown.contains("sig="));
    // Tokens that were issued; the workflow's definition has an expression in the place of one.
    let mut bearers = search.shown.split("Bearer ").skip(1);
    assert!(bearers.all(|after| after.starts_with("@{") || after.starts_with("[secret]")));
    assert!(search.shown.contains("[secret]"), "nothing was kept out");
}
