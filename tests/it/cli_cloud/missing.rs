//! Commands with a missing image or secret.

use serde_json::Value;

use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn plan_works_without_an_image_and_deploy_requires_it() {
    let cli = Cli::new().await;

    let plan = cli.run("plan --detailed-exitcode").await;
    let deploy = cli.run("deploy --yes").await;

    assert_eq!(plan.status.code(), Some(2), "{}", stderr(&plan));
    let printed = stdout(&plan);
    for part in [
        "+ app picletter-test\n",
        "+ image worker (pass --image PATH or set PICLETTER_IMAGE)\n",
        "+ workflow daily\n",
        "applies this plan, and also needs: --image PATH\n",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(!printed.contains("formation"), "{printed}");
    assert_eq!(deploy.status.code(), Some(64), "{}", stderr(&deploy));
    let error = stderr(&deploy);
    assert!(error.contains("pass one with --image PATH"), "{error}");
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_does_not_compare_unset_secrets_and_deploy_requires_them() {
    let mut cli = Cli::deployed().await;
    cli.environment.remove("SG_KEY");

    let plan = cli.run("plan --detailed-exitcode").await;
    let json = cli.run("plan --json").await;
    let deploy = cli.run("deploy --yes").await;

    assert_eq!(plan.status.code(), Some(2), "{}", stderr(&plan));
    let printed = stdout(&plan);
    for part in [
        "Note on the config vars picletter-test: not set, so not compared: SG_KEY\n",
        "0 to create, 0 to change, 0 to remove; not compared: SG_KEY.\n",
        "applies this plan, and also needs: SG_KEY\n",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["not_set"], serde_json::json!(["SG_KEY"]));
    let vars = &json["items"][1];
    assert_eq!(vars["differences"], serde_json::json!([]), "{vars}");
    assert_eq!(deploy.status.code(), Some(78), "{}", stderr(&deploy));
    assert!(stderr(&deploy).contains("SG_KEY is missing"), "{deploy:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_missing_image_and_an_unset_secret_together() {
    let mut cli = Cli::new().await;
    cli.environment.remove("SG_KEY");
    let output = cli.run("deploy --yes --image nope.tar").await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let error = stderr(&output);
    assert!(error.contains("nope.tar does not exist"), "{error}");
    assert!(error.contains("SG_KEY"), "{error}");
    assert!(cli.changes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn check_doctor_plan_and_deploy_warn_when_no_alert_is_configured() {
    let mut cli = Cli::new().await;
    let commands = [
        "check",
        "doctor --image worker.tar",
        "plan --image worker.tar",
        "deploy --yes --image worker.tar",
    ];
    for command in commands {
        let output = cli.run(command).await;
        let printed = stdout(&output) + &stderr(&output);
        assert!(
            !printed.contains("nobody is notified"),
            "{command}: {printed}"
        );
    }
    cli.environment.remove("ALERT_WEBHOOK");
    for command in commands {
        let output = cli.run(command).await;
        let printed = stdout(&output) + &stderr(&output);
        assert!(
            printed.contains("nobody is notified"),
            "{command}: {printed}"
        );
        assert!(output.status.success(), "{command}: {printed}");
    }
}
