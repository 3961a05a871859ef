//! Secrets occur nowhere except where they belong.

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
use crate::chaos::sample::{self, Factor};
use crate::support::cli::{Cli, SG_KEY, WEBHOOK, stderr, stdout};

/// Appends the content of all files in a folder.
fn append_files(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            append_files(&path, all);
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

/// A config var of the app that is not in the file.
const LIVE: &str = "postgres://canary-user:canary-Zq3vXw8RtY6uLp0N@db.shop.example/orders";

/// The app's value of a config var for which the file has another value.
const OVERRIDDEN: &str = "canary-Hd7sKe2WmB9xGf4T-overridden";

/// A value that somebody else has set for a parameter of the workflow.
const PARAMETER: &str = "canary-Jr5nVc1QyA8zPo6S-parameter";

/// A heartbeat URL without a server, so that its failure is logged.
const HEARTBEAT: &str = "http://127.0.0.1:9/canary-Ub4iEl9MkD2aTw7C/heartbeat";

/// The number of consecutive characters of a secret that must not be printed.
const LENGTH: usize = 16;

/// A command line, all its output, and every secret so far.
struct Search {
    cli: Cli,
    output: String,
    secrets: BTreeSet<String>,
}

impl Search {
    async fn new() -> Self {
        let mut cli = Cli::new().await;
        let heartbeat = ("HEARTBEAT_URL".to_owned(), HEARTBEAT.to_owned());
        cli.environment.extend([heartbeat]);
        cli.edit_config("[config]\n", "[config]\nSHARED = \"from the file\"\n");
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
            // Basic authentication, as used for the registry.
            BASE64_STANDARD.encode(format!("_:{token}")),
        ];
        Self {
            output: String::new(),
            secrets: secrets.into(),
            cli,
        }
    }

    async fn run(&mut self, command: &str) -> Output {
        let ended = self.cli.run(command).await;
        self.output.push_str(&stdout(&ended));
        self.output.push_str(&stderr(&ended));
        self.add_tokens();
        ended
    }

    /// Adds the tokens that Azure issued, and that of the workflow's authorization.
    fn add_tokens(&mut self) {
        let sandbox = &self.cli.sandbox;
        let issued = sandbox.azure().tokens().into_iter();
        let issued = issued.chain(sandbox.heroku().authorization_tokens());
        self.secrets
            .extend(issued.map(|token| token.expose_secret().to_owned()));
    }

    /// Reads everything that users with read access to the workflow can see: the workflow, the
    /// inputs and outputs of its actions, and its deployment.
    async fn read_azure(&mut self) {
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
        let start = self.output.len();
        for (path, version) in paths {
            let mut response = self
                .cli
                .azure_request(Method::GET, &path, version, None)
                .await;
            self.cli.follow_links(&mut response).await;
            self.output.push_str(&response.to_string());
        }
        let read = &self.output[start..];
        for part in [
            r#""inputs""#,
            r#""outputs""#,
            r#""parameters""#,
            "provisioningOperation",
            "Post_alert",
        ] {
            assert!(read.contains(part), "{part}: {read}");
        }
    }

    /// Adds foreign values to the app and the workflow.
    async fn add_foreign_values(&self) {
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
        // Responses contain no secret parameters, so they must be set again.
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

    fn assert_no_secret_found(&self) {
        // There are more secrets than those that are known from the start.
        assert!(self.secrets.len() > 10, "{}", self.secrets.len());
        let lower = |text: &str| text.to_ascii_lowercase().into_bytes();
        let mut parts = HashSet::new();
        for secret in &self.secrets {
            assert!(secret.len() >= LENGTH, "{secret}");
            parts.extend(lower(secret).windows(LENGTH).map(<[u8]>::to_vec));
        }
        let output = lower(&self.output);
        for (at, part) in output.windows(LENGTH).enumerate() {
            let around = &output[at.saturating_sub(300)..output.len().min(at + 100)];
            assert!(
                !parts.contains(part),
                "{} is in the output: {}",
                String::from_utf8_lossy(part),
                String::from_utf8_lossy(around)
            );
        }
    }
}

/// The secret part of a URL.
fn private(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    match rest.split_once('@') {
        Some((user, _)) => user.to_owned(),
        None => rest.split_once('/').unwrap().1.to_owned(),
    }
}

/// Runs commands while the vendors' errors repeat the secrets that were sent to them. The large
/// sample runs each command with each fault.
async fn run_with_echoes(search: &mut Search, faults: &Faults, is_large: bool) {
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
    // In the small sample, each fault affects two of the commands.
    let count = if is_large { commands.len() } else { 2 };
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
            for command in turns.by_ref().take(count) {
                let verbosity = if status == 401 { "-vv" } else { "" };
                search.run(&format!("{command} {verbosity}")).await;
            }
            faults.clear();
        }
    }
    // A request that is retried.
    let fault = Fault::status(500, echo);
    faults.on(Method::GET, "/apps/*", Which::Every, fault);
    search.run("plan -vv").await;
    faults.clear();
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs /proc")]
async fn no_command_or_failure_prints_or_writes_a_secret() {
    let mut search = Search::new().await;
    let watch = Watch::start(search.cli.sandbox.faults());
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
    search.add_foreign_values().await;
    // Smaller factors are for slow machines.
    let is_large = matches!(sample::factor(), Factor::Times(3..) | Factor::All);
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
    // The overridden values are named, with their fingerprints.
    assert!(search.output.contains("SHARED"));
    let output = search.run("deploy --yes -vv").await;
    assert!(output.status.success(), "{}", stderr(&output));
    // This run fails, so that the alert is posted.
    let faults = search.cli.sandbox.faults().clone();
    let fault = Fault::status(403, r#"{"errors":[{"message":"no"}]}"#.to_owned());
    faults.on(Method::POST, "/v3/mail/send", Which::Every, fault);
    let output = search.run("run -vv").await;
    assert_eq!(output.status.code(), Some(77), "{}", stderr(&output));
    faults.clear();
    search.read_azure().await;
    let log = search.cli.sandbox.heroku().log();
    assert!(!log.is_empty());
    search.output.extend(log);

    run_with_echoes(&mut search, &faults, is_large).await;
    let output = search.run("destroy --yes -vv").await;
    assert!(output.status.success(), "{}", stderr(&output));
    // The configuration, the template, the image archive, and all other files.
    append_files(search.cli.folder.path(), &mut search.output);
    for part in ["securestring", "manifest.json"] {
        assert!(search.output.contains(part), "{part}");
    }
    let seen = watch.seen();
    for command in [" deploy --yes", " run -vv", "worker --run-id"] {
        assert!(
            seen.iter().any(|line| line.contains(command)),
            "{command}: {seen:?}"
        );
    }
    search.output.extend(seen);

    search.assert_no_secret_found();
    // The callback URL, with which anyone could report the outcome of a run.
    let leaked = search.output.find("sig=");
    let around = leaked.map(|at| search.output.get(at.saturating_sub(400)..at + 40));
    assert!(around.is_none(), "{around:?}");
    // Issued tokens. The workflow's definition contains an expression instead.
    let mut bearers = search.output.split("Bearer ").skip(1);
    assert!(bearers.all(|after| after.starts_with("@{") || after.starts_with("[secret]")));
    assert!(search.output.contains("[secret]"), "nothing was masked");
}
