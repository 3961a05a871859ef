//! No output contains a value read from a live system, at any verbosity.

use std::collections::BTreeMap;
use std::fs;

use axum::Router;
use picletter_core::config::Config;
use picletter_core::deploy::azure::Parameter;
use picletter_core::deploy::desired::{AuthorizationTags, DesiredState};
use picletter_core::deploy::live::LiveState;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::cli::{Cli, stderr, stdout};

/// Part of the foreign values in the app and the workflow, and of no file.
const CANARY: &str = "canary-5f1c0e";

/// Sets config vars, and deploys a different workflow and different alerts, like manual changes.
async fn change_manually(cli: &Cli) {
    let clouds = cli.clouds();
    let vars = ["DATABASE_URL", "RECEIVER_EMAIL", "SG_KEY", "OTHER"]
        .map(|name| (name.to_owned(), Some(format!("{name}-{CANARY}").into())));
    clouds
        .heroku
        .set_config_vars("picletter-test", &vars.into())
        .await
        .unwrap();
    let config = Config::load(&cli.folder.path().join("picletter.toml")).unwrap();
    let mut desired =
        DesiredState::new(&config, BTreeMap::new(), None, None, jiff::Timestamp::now());
    let recurrence = json!({
        "frequency": "Day", "interval": 1, "startTime": "2026-01-01T00:00:00Z",
    });
    let trigger = json!({
        "type": "Recurrence", "recurrence": recurrence, "metadata": { "why": CANARY },
    });
    for (name, value) in [
        ("command", json!(format!("run {CANARY}"))),
        ("process_type", json!(CANARY)),
        ("dyno_size", json!(CANARY)),
        ("app", json!(format!("{CANARY}!"))),
        (
            "heroku_api_url",
            json!(format!("https://u:{CANARY}@h.example")),
        ),
        (
            "alert_address",
            json!(format!("{CANARY}@picletter.example")),
        ),
        ("triggers", json!({ "Every_day": trigger })),
    ] {
        desired.jobs[0].parameters.insert(name.to_owned(), value);
    }
    let live = LiveState::read(&clouds, &desired).await.unwrap();
    let secret = |text: &str| Parameter::Secret(text.into());
    let secrets = [secret(CANARY), secret("")];
    let held = live.azure.authorization(&desired).unwrap();
    let deployment = desired.deployment(
        &desired.jobs[0],
        &live.azure.subscription,
        &AuthorizationTags {
            authorization: held,
            replaced: "",
        },
        picletter_core::deploy::live::state(live.azure.workflow(&desired.jobs[0])),
        secrets,
    );
    clouds.arm.deploy(&deployment, |_| ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_a_live_value() {
    let cli = Cli::deployed().await;
    let path = cli.folder.path().join("picletter.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text = text
        .replace(
            "[config]",
            "[config]\nDATABASE_URL = \"postgres://db.example/app\"",
        )
        .replace(
            "[mail]",
            "[alert]\nemail = \"ops@picletter.example\"\n[mail]",
        );
    fs::write(&path, text).unwrap();
    change_manually(&cli).await;

    for command in [
        "plan",
        "plan -v",
        "plan -vv",
        "plan --json -vv",
        "plan --what-if -vv",
        "plan --what-if --json",
        "doctor",
        "doctor --json -vv",
        "status -vv",
        "status --json",
        "pause -vv",
        "resume -vv",
        "deploy --yes -vv",
    ] {
        let output = cli.run(command).await;
        let printed = stdout(&output) + &stderr(&output);
        let at = printed.find(CANARY);
        let around = at.map(|at| &printed[at.saturating_sub(300)..at]);
        assert_eq!(around, None, "{command}");
        // By then, the workflow starts another app.
        let is_refused = ["pause -vv", "resume -vv"].contains(&command);
        let status = if is_refused { 78 } else { 0 };
        assert_eq!(output.status.code(), Some(status), "{command}: {printed}");
        if command.starts_with("plan") && !command.contains("what-if") {
            assert!(printed.contains("fingerprint "), "{command}: {printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_contain_names_numbers_and_states_but_no_other_text() {
    let mut cli = Cli::new().await;
    for (body, shape) in [
        (
            r#"{"id":"x","state":"Enabled","status":"has spaces","n":[1,true,"y",null]}"#,
            r#"{"id":"…","state":"Enabled","status":"…","n":[1,true,"…",null]}"#,
        ),
        ("<html>", "(6 bytes)"),
    ] {
        let router = Router::new().fallback(move || async move { body });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        cli.environment.insert("HEROKU_API_URL".to_owned(), url);
        let trace = stderr(&cli.run("push --image worker.tar -vv").await);
        assert!(trace.contains(&format!("\n<   {shape}\n")), "{trace}");
        server.abort();
    }
}
