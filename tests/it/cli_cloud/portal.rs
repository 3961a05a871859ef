//! A deployed workflow that somebody opens and saves in the Azure portal.

use http::Method;
use serde_json::{Value, json};

use crate::support::cli::{Cli, stderr, stdout};

const VERSION: &str = "2019-05-01";

/// Saves the workflow as the portal does.
async fn save_in_portal(cli: &Cli) {
    let path = cli
        .clouds()
        .workflow_id(&cli.desired(), &cli.desired().jobs[0].workflow)
        .await
        .unwrap();
    let mut workflow = cli.azure_request(Method::GET, &path, VERSION, None).await;
    let properties = &mut workflow["properties"];
    let saved = properties["definition"]
        .to_string()
        .replace("listCallbackUrl()", "triggerOutputs()?['callbackUrl']");
    let mut definition: Value = saved.parse().unwrap();
    for trigger in definition["triggers"].as_object_mut().unwrap().values_mut() {
        let start = &mut trigger["recurrence"]["startTime"];
        *start = format!("{}Z", start.as_str().unwrap()).into();
    }
    // Responses contain no secret parameters, so they must be set again.
    let mut parameters = properties["parameters"].clone();
    for name in ["heroku_token", "alert_webhook"] {
        parameters[name] = json!({ "value": "https://hooks.picletter.example" });
    }
    let body = json!({
        "location": workflow["location"],
        "tags": workflow["tags"],
        "properties": {
            "state": workflow["properties"]["state"],
            "definition": definition,
            "parameters": parameters,
        },
    });
    cli.azure_request(Method::PUT, &path, VERSION, Some(&body))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_and_repairs_changes_by_the_portal() {
    let cli = Cli::deployed().await;
    save_in_portal(&cli).await;

    let status = cli.run("status").await;
    assert!(status.status.success(), "{}", stderr(&status));
    let warnings = stderr(&status)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for effect in [
        "`Run` lacks the callback URL, so no run can report its outcome, and every run fails",
        "a trigger's `startTime` ends with `Z`, so it is in UTC",
        "`picletter deploy` restores it",
    ] {
        assert!(warnings.contains(effect), "{effect}: {warnings}");
    }
    let plan = cli.run("plan --detailed-exitcode").await;
    assert_eq!(plan.status.code(), Some(2), "{}", stderr(&plan));
    let planned = stdout(&plan)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        planned.contains("`Run` lacks the callback URL"),
        "{planned}"
    );
    assert!(planned.contains("(UTC, not the time zone)"), "{planned}");

    let deployed = cli.run("deploy --yes --run --image worker.tar").await;
    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let after = cli.run("plan --detailed-exitcode").await;
    assert_eq!(after.status.code(), Some(0), "{}", stdout(&after));
    assert_eq!(
        stderr(&cli.run("status").await).matches("portal").count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_announces_a_possible_immediate_run() {
    let cli = Cli::deployed().await;
    assert!(cli.run("pause").await.status.success());
    let resumed = stdout(&cli.run("resume").await);
    let resumed = resumed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        resumed.contains(
            "Azure may start one immediately: it is skipped if another run is active \
             (`overlap = \"skip\"`)."
        ),
        "{resumed}"
    );
}
