//! `status`, and workflows that are absent or of another app.

use serde_json::Value;

use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_runs_and_what_comes_next() {
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
async fn before_there_is_anything_every_command_says_what_makes_it() {
    let cli = Cli::new().await;
    for command in ["run", "status", "pause", "resume"] {
        let output = cli.run(command).await;
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
        let told = stderr(&output);
        assert!(
            told.contains("`picletter deploy` creates it"),
            "{command}: {told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_app_the_workflow_does_not_start_is_told_so() {
    let cli = Cli::deployed().await;
    let file = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"picletter-test\"", "\"picletter-new\""),
    )
    .unwrap();
    let another = "the workflow daily starts the app picletter-test, not picletter-new";
    let told = stderr(&cli.run("status").await);
    assert!(told.contains(&format!("warning: {another}")), "{told}");
    cli.sandbox.faults().clear();
    for command in ["run", "pause", "resume"] {
        let refused = cli.run(command).await;
        assert_eq!(refused.status.code(), Some(78), "{command}: {refused:?}");
        let told = stderr(&refused);
        assert!(told.contains(another), "{command}: {told}");
        let changes = cli.changes();
        let is_changed = changes
            .iter()
            .any(|(_, path)| !path.ends_with("/log-sessions"));
        assert!(!is_changed, "{command}: {changes:?}");
    }
    std::fs::write(&file, text).unwrap();
    let told = stderr(&cli.run("status").await);
    assert!(!told.contains("warning"), "{told}");
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
    let told = stderr(&output);
    assert!(
        told.contains(
            "warning: the workflow daily is there, but there is no app picletter-test: \
             `picletter plan` shows what to create"
        ),
        "{told}"
    );
}
