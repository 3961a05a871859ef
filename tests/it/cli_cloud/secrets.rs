//! No secret is anywhere that it does not belong.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use picletter_sandbox::faults::{Fault, Faults, Which};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::processes::Watch;
use crate::chaos::sample;
use crate::support::cli::{Cli, SG_KEY, WEBHOOK, stderr, stdout};

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

/// A config var of the app that Picletter knows nothing of.
const LIVE: &str = "postgres://canary-user:canary-Zq3vXw8RtY6uLp0N@db.shop.example/orders";

/// What the app has where the file sets something else.
const OVERRIDDEN: &str = "canary-Hd7sKe2WmB9xGf4T-overridden";

/// What somebody else has put into a parameter of the workflow.
const PARAMETER: &str = "canary-Jr5nVc1QyA8zPo6S-parameter";

/// A heartbeat that nobody takes, so that its failure is logged.
const HEARTBEAT: &str = "http://127.0.0.1:9/canary-Ub4iEl9MkD2aTw7C/heartbeat";

/// How much of a secret may be shown.
const RUN: usize = 16;

/// A person, all that was shown to them, and every secret that there has been.
struct Search {
    cli: Cli,
    shown: String,
    secrets: BTreeSet<String>,
}

impl Search {
    async fn new() -> Self {
        let mut cli = Cli::new().await;
        let heartbeat = ("HEARTBEAT_URL".to_owned(), HEARTBEAT.to_owned());
        cli.environment.extend([heartbeat]);
        cli.edits("[config]\n", "[config]\nSHARED = \"of the file\"\n");
        let token = &cli.environment["HEROKU_API_KEY"];
        let secrets = [
            SG_KEY.to_owned(),
            private(WEBHOOK),
            private(HEARTBEAT),
            private(LIVE),
            OVERRIDDEN.to_owned(),
            PARAMETER.to_owned(),
            token.clone(),
            cli.environment["AZURE_CLIENT_SECRET"].clone(),
            // Basic authentication, as the registry is asked with.
            BASE64_STANDARD.encode(format!("_:{token}")),
        ];
        Self {
            shown: String::new(),
            secrets: secrets.into(),
            cli,
        }
    }

    async fn run(&mut self, command: &str) -> Output {
        let output = self.cli.run(command).await;
        self.shown.push_str(&stdout(&output));
        self.shown.push_str(&stderr(&output));
        self.learn();
        output
    }

    /// The tokens that Azure issued, and that of the workflow's authorization.
    fn learn(&mut self) {
        let sandbox = &self.cli.sandbox;
        let issued = sandbox.azure().tokens().into_iter();
        let issued = issued.chain(sandbox.heroku().authorization_tokens());
        self.secrets
            .extend(issued.map(|token| token.expose_secret().to_owned()));
    }

    /// What Azure shows to all who may read the workflow: itself, its runs with what went into each
    /// action and came out, and its deployment.
    async fn azure(&mut self) {
        let clouds = self.cli.clouds();
        let desired = self.cli.desired();
        let workflow = clouds
            .workflow_id(&desired, &desired.jobs[0].workflow)
            .await
            .unwrap();
        let group = workflow.split("/providers/").next().unwrap();
        let deployment = format!(
            "{group}/providers/Microsoft.Resources/deployments/{}",
            desired.jobs[0].deployment_name()
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
            let mut there = self
                .cli
                .azure_request(Method::GET, &path, version, None)
                .await;
            self.cli.follow_links(&mut there).await;
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

    /// What others than Picletter have put into the app and the workflow.
    async fn plant(&self) {
        let clouds = self.cli.clouds();
        let desired = self.cli.desired();
        let vars = [("DATABASE_URL", LIVE), ("SHARED", OVERRIDDEN)];
        let vars = vars.map(|(name, value)| (name.to_owned(), Some(value.into())));
        let set = clouds
            .heroku
            .set_config_vars(&desired.app, &vars.into())
            .await;
        set.unwrap();
        let path = clouds
            .workflow_id(&desired, &desired.jobs[0].workflow)
            .await
            .unwrap();
        let version = "2019-05-01";
        let mut workflow = self
            .cli
            .azure_request(Method::GET, &path, version, None)
            .await;
        let properties = workflow["properties"].as_object_mut().unwrap();
        properties.retain(|name, _| ["state", "definition", "parameters"].contains(&&**name));
        // Secret parameters are in no answer, and have to be given again.
        for (name, value) in [
            ("heroku_token", PARAMETER),
            ("alert_webhook", "https://hooks.picletter.example"),
            ("command_before_run_id", PARAMETER),
        ] {
            properties["parameters"][name] = json!({ "value": value });
        }
        let body = json!({
            "location": workflow["location"],
            "tags": workflow["tags"],
            "properties": workflow["properties"],
        });
        self.cli
            .azure_request(Method::PUT, &path, version, Some(&body))
            .await;
    }

    fn assert_nothing_is_found(&self) {
        // More than those that everyone has from the beginning.
        assert!(self.secrets.len() > 10, "{}", self.secrets.len());
        let lower = |text: &str| text.to_ascii_lowercase().into_bytes();
        let mut runs = HashSet::new();
        for secret in &self.secrets {
            assert!(secret.len() >= RUN, "{secret}");
            runs.extend(lower(secret).windows(RUN).map(<[u8]>::to_vec));
        }
        let shown = lower(&self.shown);
        for (at, run) in shown.windows(RUN).enumerate() {
            let around = &shown[at.saturating_sub(300)..shown.len().min(at + 100)];
            assert!(
                !runs.contains(run),
                "{} is shown: {}",
                String::from_utf8_lossy(run),
                String::from_utf8_lossy(around)
            );
        }
    }
}

/// What is secret of a URL.
fn private(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    match rest.split_once('@') {
        Some((user, _)) => user.to_owned(),
        None => rest.split_once('/').unwrap().1.to_owned(),
    }
}

/// Runs commands while vendors' errors contain whatever was sent: each command with each fault in the
/// large sample.
async fn echoed(search: &mut Search, faults: &Faults, is_large: bool) {
    let environment = &search.cli.environment;
    let sent = [
        SG_KEY,
        WEBHOOK,
        HEARTBEAT,
        &environment["HEROKU_API_KEY"],
        &environment["AZURE_CLIENT_SECRET"],
    ];
    let sent = sent.map(|secret| {
        let (first, second) = secret.split_at(secret.len() / 2);
        let (_, most) = secret.split_at(4);
        format!(
            "{secret} {first}! {second}! {most}! {}",
            secret.to_uppercase()
        )
    });
    let echo = format!(
        r#"{{"id":"made_trouble","message":"{0}","error":{{"code":"MadeTrouble","message":"{0}"}}}}"#,
        sent.join(" ")
    );
    let commands = [
        "doctor --json",
        "plan",
        "run",
        "pause",
        "deploy --yes",
        "status",
        "destroy --yes",
    ];
    // In the small sample each fault meets two of the commands.
    let taken = if is_large { commands.len() } else { 2 };
    let mut turns = commands.iter().cycle();
    for (method, path) in [
        (Method::GET, "/apps/*"),
        (Method::GET, "/oauth/authorizations"),
        (Method::GET, "/subscriptions"),
        (Method::POST, "/*/oauth2/v2.0/token"),
    ] {
        for status in [401, 422] {
            let fault = Fault::status(status, echo.clone());
            faults.on(method.clone(), path, Which::Every, fault);
            for command in turns.by_ref().take(taken) {
                let verbosity = if status == 401 { "-vv" } else { "" };
                search.run(&format!("{command} {verbosity}")).await;
            }
            faults.clear();
        }
    }
    // One that is tried again.
    let fault = Fault::status(500, echo);
    faults.on(Method::GET, "/apps/*", Which::Every, fault);
    search.run("plan -vv").await;
    faults.clear();
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs /proc")]
async fn whatever_is_typed_and_however_it_fails_no_secret_is_shown_or_written() {
    let mut search = Search::new().await;
    let watch = Watch::begin(search.cli.sandbox.faults());
    for command in [
        "check",
        "doctor --image worker.tar",
        "template",
        "template --out app.json",
        "plan --image worker.tar",
        "plan --image worker.tar --json",
        "deploy --yes --run --image worker.tar",
        "deploy --yes --rotate-token",
        "run",
        "status",
        "status --json",
        "logs",
        "pause",
        "resume",
    ] {
        let output = search.run(&format!("{command} -vv")).await;
        assert!(output.status.success(), "{command}: {}", stderr(&output));
    }
    search.plant().await;
    let is_large = sample::cases(1) > 1;
    let verbosities: &[&str] = if is_large {
        &["", " -v", " -vv"]
    } else {
        &[" -vv"]
    };
    for verbosity in verbosities {
        for command in [
            "check",
            "schedule next",
            "plan",
            "plan --json",
            "plan --what-if",
            "doctor",
            "doctor --json",
            "status",
            "status --json",
            "logs",
        ] {
            search.run(&format!("{command}{verbosity}")).await;
        }
    }
    // The overridden values are named, by their fingerprints.
    assert!(search.shown.contains("SHARED"));
    let output = search.run("deploy --yes -vv").await;
    assert!(output.status.success(), "{}", stderr(&output));
    // One that fails, so that the alert is posted.
    let faults = search.cli.sandbox.faults().clone();
    let fault = Fault::status(403, r#"{"errors":[{"message":"no"}]}"#.to_owned());
    faults.on(Method::POST, "/v3/mail/send", Which::Every, fault);
    let output = search.run("run -vv").await;
    assert_eq!(output.status.code(), Some(77), "{}", stderr(&output));
    faults.clear();
    search.azure().await;
    let log = search.cli.sandbox.heroku().log();
    assert!(!log.is_empty());
    search.shown.extend(log);

    echoed(&mut search, &faults, is_large).await;
    let output = search.run("destroy --yes -vv").await;
    assert!(output.status.success(), "{}", stderr(&output));
    // The file, the template, the image's archive, and what else was written.
    texts(search.cli.folder.path(), &mut search.shown);
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
    let leaked = search.shown.find("sig=");
    let around = leaked.map(|at| search.shown.get(at.saturating_sub(400)..at + 40));
    assert!(around.is_none(), "{around:?}");
    // Tokens that were issued; the workflow's definition has an expression in the place of one.
    let mut bearers = search.shown.split("Bearer ").skip(1);
    assert!(bearers.all(|after| after.starts_with("@{") || after.starts_with("[secret]")));
    assert!(search.shown.contains("[secret]"), "nothing was kept out");
}
