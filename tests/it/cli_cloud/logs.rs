//! `logs`, for the app or for a run.

use http::Method;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::Value;

use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn last_lines_of_a_failed_run_are_kept_after_the_log_is_gone() {
    let cli = Cli::deployed().await;
    assert!(cli.run("run").await.status.success());
    let faults = cli.sandbox.faults();
    let refusal = r#"{"errors":[{"message":"no"}]}"#;
    let refused = Fault::status(403, refusal.to_owned());
    faults.on(Method::POST, "/v3/mail/send", Which::Every, refused);
    let failed = cli.run("run").await;
    assert!(!stdout(&failed).contains("\nlog"), "{}", stdout(&failed));

    let status = stdout(&cli.run("status --json").await);
    let status: Value = serde_json::from_str(&status).unwrap();
    let [failed, sent] = [&status["runs"][0], &status["runs"][1]];
    assert_eq!(failed["code"], "refused");
    assert!(!failed["message"].as_str().unwrap().contains("app["));
    let log = failed["log"].as_array().unwrap().iter();
    let log: Vec<&str> = log.map(|line| line.as_str().unwrap()).collect();
    let fetched = log
        .iter()
        .any(|line| line.contains("event=picture_fetched"));
    assert!(fetched, "{log:?}");
    assert_eq!(sent["log"], Value::Array(Vec::new()));
    let printed = stdout(&cli.run("status").await);
    let own = log.iter().rfind(|line| line.contains(" app[")).unwrap();
    let (_, own) = own.split_once("]: ").unwrap();
    assert!(printed.contains(&format!("  log: {own}")), "{printed}");

    // Since then, other dynos of the app have filled the log.
    cli.sandbox.heroku().clear_logs();
    let id = failed["id"].as_str().unwrap();
    for pattern in [id, &id[..27], &format!("1a2b3c4d/pictures/daily/{id}")] {
        let kept = cli.run(&format!("logs --run {pattern}")).await;
        assert_eq!(kept.status.code(), Some(0), "{}", stderr(&kept));
        // Times are in the time zone of the schedule.
        let words = |line: &str| line.split_once(' ').unwrap().1.to_owned();
        let printed: Vec<String> = stdout(&kept).lines().map(words).collect();
        assert_eq!(
            printed,
            log.iter().map(|line| words(line)).collect::<Vec<_>>()
        );
        let note = stderr(&kept);
        assert!(
            note.contains(&format!("Heroku no longer has the log of run {id}")),
            "{note}"
        );
    }
    let id = sent["id"].as_str().unwrap();
    let none = cli.run(&format!("logs --run {id}")).await;
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("log_lines"), "{}", stderr(&none));
    let unknown = cli.run("logs --run none").await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        stderr(&unknown).contains("no run none"),
        "{}",
        stderr(&unknown)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_show_the_app_or_one_run() {
    let cli = Cli::deployed().await;
    assert!(cli.run("run").await.status.success());
    let status: Value = serde_json::from_str(&stdout(&cli.run("status --json").await)).unwrap();
    let run = status["runs"][0]["id"].as_str().unwrap();

    let all = stdout(&cli.run("logs").await);
    let one = stdout(&cli.run(&format!("logs --run {run}")).await);

    assert!(all.contains("app[worker."), "{all}");
    assert!(one.lines().all(|line| line.contains("[worker.")), "{one}");
    assert!(one.contains("event=picture_fetched"), "{one}");
    let beginning = stdout(&cli.run(&format!("logs --run {}", &run[..25])).await);
    assert_eq!(beginning, one);
    let status = stdout(&cli.run("status").await);
    assert!(status.contains(run), "{status}");
    for part in [&run[8..12], "0000"] {
        let none = cli.run(&format!("logs --run {part}")).await;
        assert_eq!(none.status.code(), Some(1));
    }
    let typo = format!("{}X", &run[..run.len() - 1]);
    let none = stderr(&cli.run(&format!("logs --run {typo}")).await);
    assert!(none.contains(&format!("did you mean {run}?")), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_a_missing_app_suggest_how_to_create_it() {
    let cli = Cli::new().await;
    let error = stderr(&cli.run("logs").await);
    assert!(
        error.contains("create it with `picletter deploy`"),
        "{error}"
    );

    let file = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let custom = text
        .replace("[heroku]", "[heroku]\ncommand = \"rake digest\"")
        .replace("[run]", "[run]\nreport = \"shell\"");
    std::fs::write(&file, custom).unwrap();
    for command in ["logs", "plan"] {
        let output = cli.run(command).await;
        assert_eq!(output.status.code(), Some(78), "{command}");
        let error = stderr(&output);
        assert!(
            error.contains("the app picletter-test does not exist"),
            "{error}"
        );
        assert!(error.contains("create the app first"), "{error}");
        assert!(!error.contains("--image"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verbose_output_masks_the_signature_of_a_log_stream() {
    let cli = Cli::deployed().await;
    let trace = stderr(&cli.run("logs -v").await);
    let mut lines = trace
        .lines()
        .skip_while(|line| !line.ends_with("/[secret] (a stream)"));
    let request = lines.next().unwrap_or_default();
    assert!(request.starts_with("> GET http://127.0.0.1:"), "{trace}");
    let response = lines.next().unwrap_or_default();
    assert!(response.starts_with("< 200 OK"), "{trace}");
}
