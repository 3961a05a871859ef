//! `status`, and workflows that are missing or start another app.

use serde_json::Value;

use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_recent_and_next_runs() {
    let cli = Cli::new().await;
    let before = cli.run("status").await;
    assert_eq!(before.status.code(), Some(1));
    assert!(
        stderr(&before).contains("picletter deploy"),
        "{}",
        stderr(&before)
    );
    cli.run("deploy --yes --run --image worker.tar").await;

    let output = cli.run("status --json").await;
    let status: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(status["state"], "Enabled");
    assert_eq!(status["runs"][0]["outcome"], "succeeded");
    assert_eq!(status["next"].as_array().unwrap().len(), 3);
    assert_eq!(status["cost"]["executions"], 9);

    assert!(cli.run("pause").await.status.success());
    let paused = stdout(&cli.run("status").await);
    assert!(paused.contains("paused"), "{paused}");
    assert!(cli.run("resume").await.status.success());
    let resumed = stdout(&cli.run("status").await);
    assert!(resumed.contains("on schedule"), "{resumed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_suggest_deploy_if_nothing_is_deployed() {
    let cli = Cli::new().await;
    for command in ["run", "status", "pause", "resume"] {
        let output = cli.run(command).await;
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
        let error = stderr(&output);
        assert!(
            error.contains("create it with `picletter deploy`"),
            "{command}: {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_workflow_that_starts_another_app_than_the_file() {
    let cli = Cli::deployed().await;
    let file = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"picletter-test\"", "\"picletter-new\""),
    )
    .unwrap();
    let another = "the workflow daily starts the app picletter-test, not picletter-new";
    let warnings = stderr(&cli.run("status").await);
    assert!(
        warnings.contains(&format!("warning: {another}")),
        "{warnings}"
    );
    // `deploy` would replace the job of the other app.
    assert!(!warnings.contains("applies the file"), "{warnings}");
    cli.sandbox.faults().clear();
    for command in ["run", "pause", "resume"] {
        let refused = cli.run(command).await;
        assert_eq!(refused.status.code(), Some(78), "{command}: {refused:?}");
        let error = stderr(&refused);
        assert!(error.contains(another), "{command}: {error}");
        let changes = cli.changes();
        let is_changed = changes
            .iter()
            .any(|(_, path)| !path.ends_with("/log-sessions"));
        assert!(!is_changed, "{command}: {changes:?}");
    }
    std::fs::write(&file, text).unwrap();
    let warnings = stderr(&cli.run("status").await);
    assert!(!warnings.contains("warning"), "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_does_not_report_a_schedule_that_is_not_deployed() {
    let cli = super::jobs::deployed().await;
    let file = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace("08:30", "22:22");
    std::fs::write(&file, &changed).unwrap();

    let output = cli.run("status").await;
    let table = stdout(&output);
    let rows: Vec<&str> = table.lines().collect();
    assert!(!table.contains("22:22"), "{table}");
    let row = "morning  on schedule  differs from the file";
    assert!(rows[1].starts_with(row), "{table}");
    assert!(rows[2].contains("every day at 20:30"), "{table}");
    let warnings = stderr(&output);
    assert_eq!(warnings.matches("warning").count(), 1, "{warnings}");
    let warning = "warning: workflow mail-morning differs from the file: [jobs.morning] schedule; \
                   `picletter deploy` applies the file";
    assert!(warnings.contains(warning), "{warnings}");
    let json = stdout(&cli.run("status --json").await);
    let json: Value = serde_json::from_str(&json).unwrap();
    let drift = ["[jobs.morning] schedule differs from picletter.toml."];
    assert_eq!(json["jobs"][0]["drift"], serde_json::json!(drift));
    assert_eq!(json["jobs"][0]["next"], Value::Null);
    assert!(json["jobs"][1]["next"].is_string(), "{json}");
    let details = stdout(&cli.run("status morning").await);
    assert!(details.contains("next      unknown"), "{details}");
    assert!(!details.contains("22:22"), "{details}");
    let report = stdout(&cli.run("report --json").await);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["jobs"][0]["next"], serde_json::json!([]));
    assert_eq!(report["jobs"][1]["next"].as_array().unwrap().len(), 5);

    // Another limit alone does not make the next runs unknown.
    let changed = text.replace("at = \"08:30\"", "at = \"08:30\"\ntime_to_live = \"25m\"");
    std::fs::write(&file, changed).unwrap();
    let output = cli.run("status").await;
    assert!(stdout(&output).contains("08:30"), "{output:?}");
    let warning = "differs from the file: [jobs.morning] time_to_live;";
    assert!(stderr(&output).contains(warning), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_warns_of_a_workflow_whose_app_is_gone() {
    let cli = Cli::deployed().await;
    cli.clouds()
        .heroku
        .delete_app("picletter-test")
        .await
        .unwrap();
    let output = cli.run("status").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let warnings = stderr(&output);
    assert!(
        warnings.contains(
            "warning: workflow daily exists, but app picletter-test does not; \
             `picletter plan` shows what to create"
        ),
        "{warnings}"
    );
}
