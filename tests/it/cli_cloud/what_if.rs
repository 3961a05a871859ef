//! What Azure says to a plan.

use std::fs;

use serde_json::Value;

use crate::support::cli::{Cli, SG_KEY, WEBHOOK, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn azure_cannot_be_asked_before_there_is_a_resource_group() {
    let cli = Cli::new().await;

    let text = cli.run("plan --what-if --image worker.tar").await;
    let json = cli.run("plan --what-if --json --image worker.tar").await;

    let told = stdout(&text);
    let last = told.lines().last().unwrap_or_default();
    assert!(
        last.contains("once there is the resource group pictures"),
        "{told}{}",
        stderr(&text)
    );
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert!(json.as_object().unwrap().contains_key("what_if"));
    assert_eq!(json["what_if"], Value::Null);
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_says_below_the_plan_what_it_would_create_change_and_leave() {
    let cli = Cli::deployed().await;
    let file = cli.folder.path().join("picletter.toml");
    let toml = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        toml.replace("08:30", "09:30").replace(
            "[mail]",
            "[alert]\nemail = \"ops@picletter.example\"\n[mail]",
        ),
    )
    .unwrap();
    let plain = cli.run("plan").await;
    assert!(!stdout(&plain).contains("what-if"), "{plain:?}");

    let text = cli.run("plan --what-if -vv").await;
    let json = cli.run("plan --what-if --json").await;

    let told = stdout(&text);
    assert!(told.starts_with(&stdout(&plain)), "{told}");
    let (_, what_if) = told.split_once("Azure's what-if").expect(&told);
    insta::with_settings!({filters => vec![(r"fingerprint [0-9a-f]{12}", "fingerprint [digits]")]}, {
        insta::assert_snapshot!(what_if);
    });
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["items"][0]["kind"], "app");
    let modified = &json["what_if"][0];
    assert_eq!(modified["change"], "Modify");
    assert!(modified["properties"][0]["path"].is_string(), "{modified}");
    for secret in [SG_KEY, WEBHOOK, &cli.environment["HEROKU_API_KEY"]] {
        assert!(!told.contains(secret) && !stderr(&text).contains(secret));
    }
    let asked = cli.changes();
    let asked = asked.iter().filter(|(_, path)| path.ends_with("/whatIf"));
    assert_eq!(asked.count(), 2);
}
