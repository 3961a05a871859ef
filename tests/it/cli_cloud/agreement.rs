//! `doctor`, `plan`, and `deploy` agree on what happens to the app and its image.

use std::fs;

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION};
use picletter_core::deploy::http::{Call, Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use serde_json::{Value, json};

use crate::support::cli::{Cli, stderr, stdout};

impl Cli {
    /// Creates an app for source code, as `heroku create` does.
    async fn create_source_app(&self) {
        let redactor = Redactor::default();
        let http = Http::new(&[], Timings::default(), Verbosity::Quiet, redactor).unwrap();
        let url = format!("{}/apps", self.sandbox.heroku_url());
        let mut call = Call::new(Method::POST, url.parse().unwrap());
        let accept = "application/vnd.heroku+json; version=3".parse().unwrap();
        call.headers.insert(ACCEPT, accept);
        let bearer = format!("Bearer {}", self.environment["HEROKU_API_KEY"]);
        call.headers.insert(AUTHORIZATION, bearer.parse().unwrap());
        let call = call.json(json!({ "name": "picletter-test", "stack": "heroku-24" }));
        let answer = http.send(call).await.unwrap();
        assert!(answer.status.is_success(), "{answer:?}");
        self.sandbox.faults().clear();
    }

    /// Configures a custom command instead of the worker.
    fn configure_shell_command(&self) {
        let path = self.folder.path().join("picletter.toml");
        let text = fs::read_to_string(&path).unwrap();
        let text = text
            .replace(
                "[heroku]",
                "[heroku]\nprocess_type = \"worker\"\ncommand = \"bin/nightly\"",
            )
            .replace("[run]", "[run]\nreport = \"shell\"");
        fs::write(path, text).unwrap();
    }

    async fn run_json(&self, command: &str) -> Value {
        let output = self.run(command).await;
        serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{output:?}"))
    }
}

/// What each of the three commands reports or does.
#[derive(Debug, PartialEq, Eq)]
struct Agreement {
    changes_stack: bool,
    releases_image: bool,
    can_deploy: bool,
}

impl Agreement {
    async fn from_doctor(cli: &Cli, image: &str) -> Self {
        let found = cli.run_json(&format!("doctor --json {image}")).await;
        let check = |id: &str| {
            let mut checks = found["checks"].as_array().unwrap().iter();
            checks.find(|one| one["id"] == id).unwrap().clone()
        };
        let message = |id: &str| check(id)["message"].as_str().unwrap().to_owned();
        Self {
            changes_stack: message("heroku-app").contains("changes its stack"),
            releases_image: !message("image").starts_with("not needed"),
            can_deploy: found["state"] == "ok",
        }
    }

    async fn from_plan(cli: &Cli, image: &str) -> Self {
        let output = cli.run(&format!("plan --json {image}")).await;
        let plan: Option<Value> = serde_json::from_str(&stdout(&output)).ok();
        let items = plan
            .iter()
            .flat_map(|plan| plan["items"].as_array().unwrap());
        let items: Vec<&Value> = items.collect();
        let item_of_kind = |kind: &str| items.iter().find(|item| item["kind"] == kind);
        Self {
            changes_stack: item_of_kind("app").is_some_and(|app| app["change"] == "change"),
            releases_image: item_of_kind("image").is_some(),
            can_deploy: output.status.success()
                && !items.iter().any(|item| {
                    let note = item["note"].as_str().unwrap_or_default();
                    note.contains("pass --image")
                }),
        }
    }

    async fn from_deploy(cli: &Cli, image: &str) -> Self {
        cli.sandbox.faults().clear();
        let output = cli.run(&format!("deploy --yes {image}")).await;
        let changes = cli.changes();
        let patched = |path: &str| {
            let patch = (Method::PATCH, path.to_owned());
            changes.contains(&patch)
        };
        if !output.status.success() {
            assert!(changes.is_empty(), "{changes:?} {}", stderr(&output));
        }
        Self {
            changes_stack: patched("/apps/picletter-test"),
            releases_image: patched("/apps/picletter-test/formation"),
            can_deploy: output.status.success(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_plan_and_deploy_agree_on_stack_and_image_changes() {
    const IMAGE: &str = "--image worker.tar";
    let stack = |changes_stack, releases_image| Agreement {
        changes_stack,
        releases_image,
        can_deploy: true,
    };
    for (custom_command, has_app, image, expected) in [
        (false, false, IMAGE, stack(false, true)),
        (false, true, IMAGE, stack(true, true)),
        (true, true, "", stack(false, false)),
        (true, true, IMAGE, stack(true, true)),
        (true, false, IMAGE, stack(false, true)),
    ] {
        let cli = Cli::new().await;
        if custom_command {
            cli.configure_shell_command();
        }
        if has_app {
            cli.create_source_app().await;
        }
        let case = format!("custom command {custom_command}, app {has_app}, {image}");
        assert_eq!(
            Agreement::from_doctor(&cli, image).await,
            expected,
            "{case}"
        );
        assert_eq!(Agreement::from_plan(&cli, image).await, expected, "{case}");
        assert_eq!(
            Agreement::from_deploy(&cli, image).await,
            expected,
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_plan_and_deploy_agree_on_missing_images() {
    for (custom_command, has_app) in [(false, false), (false, true), (true, false)] {
        let cli = Cli::new().await;
        if custom_command {
            cli.configure_shell_command();
        }
        if has_app {
            cli.create_source_app().await;
        }
        let case = format!("custom command {custom_command}, app {has_app}");
        let doctor = Agreement::from_doctor(&cli, "").await;
        let plan = Agreement::from_plan(&cli, "").await;
        let deploy = Agreement::from_deploy(&cli, "").await;
        let can_deploy = [&doctor, &plan, &deploy].map(|one| one.can_deploy);
        assert_eq!(can_deploy, [false; 3], "{case}");
        assert_eq!(doctor.changes_stack, plan.changes_stack, "{case}");
    }
}
