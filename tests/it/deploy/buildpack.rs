//! A custom command in an app built by a buildpack: the README's Rails task.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use http::Method;
use picletter_core::config::Config;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::plan::{Change, ResourceKind};
use picletter_logic_apps::Status;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{DynoRecord, LogLine, Observer};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::publish::Target;
use crate::support::world::{NOW, World};
use picletter_test_support::loopback::client;
use picletter_test_support::slug_archive::archive;

/// The README's `shop.toml`, whose first job is the Rails task.
fn reports() -> String {
    // Read at run time, because lints are built without the documents.
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, rest) = readme.split_once("```toml\n# shop.toml\n").unwrap();
    let (file, _) = rest.split_once("```").unwrap();
    file.to_owned()
}

/// Replaces curl where it is not installed.
const CURL: &str = r#"exec bash -c '
while (($#)); do case $1 in -d) body=$2; shift ;; esac; shift; done
# The options in standard input, for -K -: url="http://…"
read -r url; url=${url#*//} url=${url%?} host=${url%%/*}
exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
printf "POST /%s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" \
  "${url#*/}" "$host" "${#body}" "$body" >&3
read -r _ status _ <&3; ((status < 400))' curl "$@""#;

/// Forwards the output and the endings of the app's dynos.
struct Relay {
    lines: UnboundedSender<String>,
    ended: UnboundedSender<DynoRecord>,
}

impl Observer for Relay {
    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            let _ = self.lines.send(line.text.clone());
        }
    }

    fn ended(&self, record: &DynoRecord) {
        let _ = self.ended.send(record.clone());
    }
}

/// A world with the app `my-shop`, which somebody has deployed with a buildpack.
struct Shop {
    world: World,
    lines: UnboundedReceiver<String>,
    ended: UnboundedReceiver<DynoRecord>,
}

impl Shop {
    async fn new(rails: &str) -> Self {
        let world = World::new().await;
        let (lines, printed) = unbounded_channel();
        let (ended_sender, ended) = unbounded_channel();
        let relay = Relay {
            lines,
            ended: ended_sender,
        };
        world.sandbox.heroku().set_observer(Arc::new(relay));
        let (api, token) = (world.sandbox.heroku_url(), world.sandbox.heroku_token());
        let shop = Target {
            client: client(),
            api: &api,
            token: token.expose_secret(),
            app: "my-shop",
        };
        let new = json!({ "name": "my-shop", "stack": "heroku-24" });
        shop.call(Method::POST, "/apps", &new).await.unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let vars = json!({ "PATH": format!("{path}:bin/fallback"), "GREETED": "the shop" });
        let at = "/apps/my-shop/config-vars";
        shop.call(Method::PATCH, at, &vars).await.unwrap();
        let procfile = json!({ "clock": "sleep 600", "release": "true" });
        let scripts = [("bin/rails", rails), ("bin/fallback/curl", CURL)];
        shop.publish(procfile, archive(&scripts)).await.unwrap();
        world.sandbox.faults().clear();
        Self {
            world,
            lines: printed,
            ended,
        }
    }

    fn desired(&self, file: &str) -> DesiredState {
        let config = Config::parse(Path::new("shop.toml"), file).unwrap();
        let now = NOW.parse().unwrap();
        let mut desired = DesiredState::new(&config, BTreeMap::new(), None, None, now);
        desired.start_dynos_at(&self.world.sandbox.heroku_url());
        desired
    }

    /// Deploys the file and starts a run; returns the run's ID.
    async fn start_run(&self, desired: &DesiredState) -> String {
        self.world.deploy(desired).await.unwrap();
        let clouds = &self.world.clouds;
        let workflow = clouds
            .workflow_id(desired, &desired.jobs[0].workflow)
            .await
            .unwrap();
        let triggers = clouds.arm.triggers(&workflow).await.unwrap();
        let run = clouds.arm.run_trigger(&workflow, &triggers[0].name).await;
        run.unwrap()
    }

    /// The status of a run, and the code and message of its failure.
    async fn outcome(&self, run: &str) -> (Status, Option<(String, String)>) {
        let app = self
            .world
            .sandbox
            .azure()
            .workflow("picletter-reports")
            .unwrap();
        app.idle().await;
        let record = app.run(run).unwrap();
        let problem = record.problem;
        (record.status, problem.map(|it| (it.code, it.message)))
    }

    /// The requests that changed the app.
    fn changes(&self) -> Vec<(Method, String)> {
        let mut record = self.world.sandbox.faults().record();
        record.retain(|(method, path)| method != Method::GET && path.starts_with("/apps/"));
        record
    }
}

#[tokio::test]
async fn rails_task_of_the_readme_runs_and_its_exit_status_is_the_outcome() {
    let rails = r#"echo "rails $* for $GREETED"; exit "${STATUS:-0}""#;
    let mut shop = Shop::new(rails).await;
    let file = reports();

    let run = shop.start_run(&shop.desired(&file)).await;
    assert_eq!(shop.outcome(&run).await, (Status::Succeeded, None));
    let record = shop.ended.recv().await.unwrap();
    assert_eq!(record.ending, Ending::Exited(0));
    assert_eq!(record.dyno.process_type, "run");
    assert!(record.dyno.name.starts_with("run."), "{}", record.dyno.name);
    assert_eq!(record.dyno.run_id.as_deref(), Some(&*run));
    assert_eq!(record.dyno.time_to_live.as_secs(), 30 * 60);
    assert_eq!(
        shop.lines.recv().await.unwrap(),
        "rails reports:send for the shop"
    );

    let failing = file.replace("bin/rails", "STATUS=3 bin/rails");
    let run = shop.start_run(&shop.desired(&failing)).await;
    let (status, problem) = shop.outcome(&run).await;
    assert_eq!(status, Status::Failed);
    let (code, message) = problem.unwrap();
    assert_eq!(code, "exit status 3");
    assert!(
        message.contains("rails reports:send for the shop"),
        "{message}"
    );
}

#[tokio::test]
async fn runs_a_command_with_a_comment_and_reports_syntax_errors() {
    let mut shop = Shop::new(r#"echo "rails $*""#).await;
    let syntax_error = Some("exit status 2");
    for (command, problem) in [
        (r#"bin/rails "it's" # a comment"#, None),
        (r#"bin/rails "unterminated"#, syntax_error),
        ("bin/rails (b", syntax_error),
    ] {
        let command = json!(command).to_string();
        let file = reports().replace("\"bin/rails reports:send\"", &command);
        let run = shop.start_run(&shop.desired(&file)).await;
        let (_, reported) = shop.outcome(&run).await;
        let code = reported.as_ref().map(|(code, _)| &**code);
        assert_eq!(code, problem, "{command}");
        let record = shop.ended.recv().await.unwrap();
        assert_eq!(record.dyno.run_id.as_deref(), Some(&*run), "{command}");
        let printed = shop.lines.recv().await.unwrap();
        match reported {
            None => assert_eq!(printed, "rails it's"),
            // The shell's own error message.
            Some((_, message)) => assert!(message.contains(&printed), "{printed}: {message}"),
        }
        while shop.lines.try_recv().is_ok() {}
    }
}

#[tokio::test]
async fn rails_task_runs_without_a_report() {
    let mut shop = Shop::new(r#"echo "rails $* as $RUN_ID""#).await;
    let file = reports().replace("[defaults]\n", "[defaults]\nreport = \"none\"\n");

    let run = shop.start_run(&shop.desired(&file)).await;

    let record = shop.ended.recv().await.unwrap();
    assert_eq!(record.ending, Ending::Exited(0));
    assert_eq!(record.dyno.process_type, "run");
    let printed = shop.lines.recv().await.unwrap();
    assert!(printed.starts_with("rails reports:send as "), "{printed}");
    assert!(printed.ends_with(&run), "{printed}");
}

#[tokio::test]
async fn deploy_and_destroy_do_not_change_a_foreign_app() {
    let shop = Shop::new("true").await;
    let desired = shop.desired(&reports());
    let before = shop.world.live(&desired).await.unwrap().heroku;

    let (_, plan) = shop.world.plan(&desired).await.unwrap();
    let changes_app = |kind| matches!(kind, ResourceKind::Image | ResourceKind::Formation);
    for item in &plan.items {
        let resource = &item.resource;
        assert!(!changes_app(resource.kind), "{resource:?}");
        if matches!(resource.kind, ResourceKind::App | ResourceKind::ConfigVars) {
            let planned = (item.change(), item.note.as_deref());
            assert_eq!(planned, (Change::Keep, None), "{resource:?}");
        }
    }
    shop.world.deploy(&desired).await.unwrap();
    let (live, plan) = shop.world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{:?}", plan.items);
    assert_eq!(live.heroku.formation, before.formation);
    assert_eq!(live.heroku.releases, before.releases);

    shop.world.destroy(&desired, false).await.unwrap();
    let live = shop.world.live(&desired).await.unwrap();
    assert!(live.azure.workflows.is_empty());
    assert_eq!(live.heroku.releases, before.releases);
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
}

#[tokio::test]
async fn does_not_create_a_missing_app_for_a_custom_command() {
    let world = World::new().await;
    let config = Config::parse(Path::new("shop.toml"), &reports()).unwrap();
    let desired = DesiredState::new(&config, BTreeMap::new(), None, None, NOW.parse().unwrap());

    let error = world.deploy(&desired).await.unwrap_err().to_string();

    assert!(error.contains("the app my-shop does not exist"), "{error}");
    let mut record = world.sandbox.faults().record();
    record.retain(|(method, path)| method != Method::GET && !path.ends_with("/token"));
    assert!(record.is_empty(), "{record:?}");
}
