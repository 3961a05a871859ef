//! `plan --what-if`: the changes that Azure predicts.

use std::fs;

use serde_json::Value;

use crate::support::cli::{Cli, SG_KEY, WEBHOOK, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn what_if_requires_a_resource_group() {
    let cli = Cli::new().await;

    let text = cli.run("plan --what-if --image worker.tar").await;
    let json = cli.run("plan --what-if --json --image worker.tar").await;

    let printed = stdout(&text);
    let last = printed.lines().last().unwrap_or_default();
    assert!(
        last.contains("needs the resource group pictures"),
        "{printed}{}",
        stderr(&text)
    );
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert!(json.as_object().unwrap().contains_key("what_if"));
    assert_eq!(json["what_if"], Value::Null);
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_the_changes_that_azure_predicts_below_the_plan() {
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

    let printed = stdout(&text);
    assert!(printed.starts_with(&stdout(&plain)), "{printed}");
    let (_, what_if) = printed.split_once("Azure's what-if").expect(&printed);
    insta::with_settings!({filters => vec![(r"fingerprint [0-9a-f]{12}", "fingerprint [digits]")]}, {
        insta::assert_snapshot!(what_if);
    });
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["items"][0]["kind"], "app");
    let modified = &json["what_if"][0];
    assert_eq!(modified["change"], "Modify");
    assert!(modified["properties"][0]["path"].is_string(), "{modified}");
    for secret in [SG_KEY, WEBHOOK, &cli.environment["HEROKU_API_KEY"]] {
        assert!(!printed.contains(secret) && !stderr(&text).contains(secret));
    }
    let requests = cli.changes();
    let requests = requests
        .iter()
        .filter(|(_, path)| path.ends_with("/whatIf"));
    assert_eq!(requests.count(), 2);
}
