//! `logs`, of the app or of a run.

use http::Method;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::Value;

use crate::support::person::{Person, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lines_of_a_failed_run_outlive_the_log() {
    let person = Person::deployed().await;
    assert!(person.types("run").await.status.success());
    let faults = person.sandbox.faults();
    let refusal = r#"{"errors":[{"message":"no"}]}"#;
    let refused = Fault::status(403, refusal.to_owned());
    faults.on(Method::POST, "/v3/mail/send", Which::Every, refused);
    let failed = person.types("run").await;
    assert!(!stdout(&failed).contains("\nlog"), "{}", stdout(&failed));

    let status = stdout(&person.types("status --json").await);
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
    let shown = stdout(&person.types("status").await);
    let own = log.iter().rfind(|line| line.contains(" app[")).unwrap();
    let (_, own) = own.split_once("]: ").unwrap();
    assert!(shown.contains(&format!("  log: {own}")), "{shown}");

    // The app's other dynos have written since.
    person.sandbox.heroku().clear_logs();
    let id = failed["id"].as_str().unwrap();
    for asked in [id, &id[..27], &format!("1a2b3c4d/pictures/daily/{id}")] {
        let kept = person.types(&format!("logs --run {asked}")).await;
        assert_eq!(kept.status.code(), Some(0), "{}", stderr(&kept));
        // Their times are in the schedule's zone.
        let words = |line: &str| line.split_once(' ').unwrap().1.to_owned();
        let printed: Vec<String> = stdout(&kept).lines().map(words).collect();
        assert_eq!(
            printed,
            log.iter().map(|line| words(line)).collect::<Vec<_>>()
        );
        let told = stderr(&kept);
        assert!(
            told.contains(&format!("Heroku no longer has the log of run {id}")),
            "{told}"
        );
    }
    let id = sent["id"].as_str().unwrap();
    let none = person.types(&format!("logs --run {id}")).await;
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("log_lines"), "{}", stderr(&none));
    let unknown = person.types("logs --run none").await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        stderr(&unknown).contains("none of a run none"),
        "{}",
        stderr(&unknown)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_of_the_app_or_of_one_run() {
    let person = Person::deployed().await;
    assert!(person.types("run").await.status.success());
    let status: Value =
        serde_json::from_str(&stdout(&person.types("status --json").await)).unwrap();
    let run = status["runs"][0]["id"].as_str().unwrap();

    let all = stdout(&person.types("logs").await);
    let one = stdout(&person.types(&format!("logs --run {run}")).await);

    assert!(all.contains("app[worker."), "{all}");
    assert!(one.lines().all(|line| line.contains("[worker.")), "{one}");
    assert!(one.contains("event=picture_fetched"), "{one}");
    let beginning = stdout(&person.types(&format!("logs --run {}", &run[..25])).await);
    assert_eq!(beginning, one);
    let status = stdout(&person.types("status").await);
    assert!(status.contains(run), "{status}");
    for part in [&run[8..12], "0000"] {
        let none = person.types(&format!("logs --run {part}")).await;
        assert_eq!(none.status.code(), Some(1));
    }
    let slip = format!("{}X", &run[..run.len() - 1]);
    let none = stderr(&person.types(&format!("logs --run {slip}")).await);
    assert!(none.contains(&format!("did you mean {run}?")), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_an_absent_app_say_who_creates_it() {
    let person = Person::new().await;
    let error = stderr(&person.types("logs").await);
    assert!(error.contains("`picletter deploy` creates it"), "{error}");

    let file = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let own = text
        .replace("[heroku]", "[heroku]\ncommand = \"rake digest\"")
        .replace("[run]", "[run]\nreport = \"shell\"");
    std::fs::write(&file, own).unwrap();
    let error = stderr(&person.types("logs").await);
    assert!(!error.contains("creates it"), "{error}");
    assert!(error.contains("deploy the app first"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_v_a_stream_is_told_with_its_answer_and_without_its_signature() {
    let person = Person::deployed().await;
    let told = stderr(&person.types("logs -v").await);
    let mut lines = told
        .lines()
        .skip_while(|line| !line.ends_with("/[secret] (a stream)"));
    let asked = lines.next().unwrap_or_default();
    assert!(asked.starts_with("> GET http://127.0.0.1:"), "{told}");
    let answered = lines.next().unwrap_or_default();
    assert!(answered.starts_with("< 200 OK"), "{told}");
}
