//! `plan`, `deploy`, and `destroy`.

use serde_json::Value;

use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn deploy_creates_everything_and_its_run_mails_the_picture() {
    let cli = Cli::new().await;

    let output = cli.run("deploy --yes --run --image worker.tar").await;

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed = stdout(&output);
    for part in [
        "+ app picletter-test",
        "Deployed.",
        "event=picture_fetched",
        "Succeeded",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_eq!(cli.sandbox.inbox().mails().len(), 1);

    let again = cli.run("deploy --yes --image worker.tar").await;
    assert_eq!(again.status.code(), Some(0));
    assert!(stdout(&again).contains("No changes."));
    assert_eq!(cli.sandbox.inbox().mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_succeed_with_the_eco_plan_and_after_a_change_of_dyno_size() {
    let cli = Cli::new().await;
    cli.sandbox.heroku().subscribe_to_eco();
    let deploy = "deploy --yes --run --image worker.tar";

    let output = cli.run(deploy).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(cli.sandbox.inbox().mails().len(), 1);

    // The fix that the command suggests after a run exceeded its memory.
    cli.edit_config("[heroku]", "[heroku]\ndyno_size = \"standard-2x\"");
    let doctor = stdout(&cli.run("doctor --image worker.tar").await);
    let change = "`deploy` changes its [heroku] dyno_size from basic to standard-2x";
    assert!(
        doctor.replace("\n         ", " ").contains(change),
        "{doctor}"
    );
    let output = cli.run(deploy).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(cli.sandbox.inbox().mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_and_doctor_suggest_a_size_that_can_be_mixed() {
    let cli = Cli::deployed().await;
    let heroku = cli.sandbox.heroku();
    heroku.set_dyno_size("picletter-test", "standard-1x");
    cli.edit_config(
        "[heroku]",
        "[heroku]\nprocess_type = \"another\"\ndyno_size = \"basic\"",
    );
    cli.sandbox.faults().clear();

    let planned = cli.run("plan --image worker.tar").await;
    assert_eq!(planned.status.code(), Some(78), "{planned:?}");
    let checked = cli.run("doctor --image worker.tar").await;
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    for text in [stderr(&planned), stdout(&checked)] {
        assert!(text.contains("`dyno_size = \"standard-1x\"`"), "{text}");
    }
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_nothing_without_yes_or_a_terminal() {
    let cli = Cli::new().await;

    let planned = cli.run("deploy --image worker.tar").await;
    assert_eq!(planned.status.code(), Some(64), "{planned:?}");
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());

    let cli = Cli::deployed().await;
    cli.sandbox.faults().clear();
    let output = cli.run("destroy").await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(
        stdout(&output).contains("- Azure workflow daily"),
        "{output:?}"
    );
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn detailed_exitcode_of_plan_reports_changes() {
    let cli = Cli::new().await;
    let before = cli
        .run("plan --detailed-exitcode --image worker.tar --json")
        .await;
    assert_eq!(before.status.code(), Some(2), "{}", stderr(&before));
    let plan: Value = serde_json::from_str(&stdout(&before)).unwrap();
    assert_eq!(plan["items"][0]["change"], "create");
    assert!(
        cli.run("deploy --yes --image worker.tar")
            .await
            .status
            .success()
    );

    let after = cli.run("plan --detailed-exitcode").await;

    assert_eq!(after.status.code(), Some(0));
    assert!(stdout(&after).contains("No changes."));
}

#[tokio::test(flavor = "multi_thread")]
async fn warns_if_few_heroku_requests_are_left() {
    let cli = Cli::new().await;
    let plan = "plan --image worker.tar";
    assert!(!stderr(&cli.run(plan).await).contains("requests"));
    cli.sandbox.heroku().consume_quota(4_400);

    for command in [plan, "deploy --yes --image worker.tar", "run", "logs"] {
        let warned = stderr(&cli.run(command).await);
        assert!(
            warned.contains("rate limit is almost reached"),
            "{command}: {warned}"
        );
    }
}

/// A metric alert has no start time, so it would fire between the deployment and the first run.
#[tokio::test(flavor = "multi_thread")]
async fn creates_the_daily_alert_only_after_the_start_of_the_schedule() {
    let cli = Cli::new().await;
    let file = cli.folder.path().join("picletter.toml");
    let now = std::fs::read_to_string(&file).unwrap();
    let now = format!("{now}\n[alert]\nemail = \"ops@example.com\"\n");
    let later = now.replace("[schedule]\n", "[schedule]\nstart = \"2050-01-01 00:00\"\n");
    let name = "metric alert daily-no-success";
    let when = "the first run is due, at 2050-01-01 08:30 Europe/Berlin";
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");

    std::fs::write(&file, &later).unwrap();
    let checked = one_line(&stdout(&cli.run("check").await));
    assert!(checked.contains(when), "{checked}");
    let deployed = cli.run("deploy --yes --image worker.tar").await;
    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let printed = one_line(&stdout(&deployed));
    assert!(
        printed.contains("+ metric alert daily-failed-runs"),
        "{printed}"
    );
    assert!(
        printed.contains(when) && !printed.contains(name),
        "{printed}"
    );
    let again = one_line(&stdout(&cli.run("plan").await));
    assert!(again.contains("No changes"), "{again}");
    assert!(again.contains(when), "{again}");

    std::fs::write(&file, &now).unwrap();
    let begun = one_line(&stdout(&cli.run("plan").await));
    assert!(begun.contains(&format!("+ {name}")), "{begun}");
    assert!(!begun.contains(when), "{begun}");
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_removes_everything_and_can_be_repeated() {
    let cli = Cli::deployed().await;

    let output = cli.run("destroy --yes").await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let again = cli.run("destroy --yes").await;
    assert!(stdout(&again).contains("Nothing to remove."), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_with_keep_app_keeps_only_the_app() {
    let cli = Cli::deployed().await;

    let output = cli.run("destroy --yes --keep-app").await;
    assert!(output.status.success(), "{}", stderr(&output));

    let left = stdout(&cli.run("destroy").await);
    assert!(left.contains("- Heroku app picletter-test"), "{left}");
    assert!(!left.contains("Azure"), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_starts_a_run_only_with_run() {
    let cli = Cli::new().await;

    let deployed = cli.run("deploy --yes --image worker.tar").await;

    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    assert!(cli.sandbox.inbox().mails().is_empty());
    let run = stdout(&cli.run("deploy --yes --run").await);
    assert!(
        run.contains("Afterwards, a run executes `worker` in picletter-test, unless"),
        "{run}"
    );
    assert!(run.contains("No changes."), "{run}");
    assert_eq!(cli.sandbox.inbox().mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn first_deployment_in_a_terminal_offers_a_run() {
    for (answer, mails) in [("\r", 0), ("y\r", 1)] {
        let cli = Cli::new().await;
        let screen = cli
            .run_with_answers(
                "deploy --image worker.tar",
                &[("Apply this plan?", "y\r"), ("Start a run now?", answer)],
            )
            .await;
        assert!(
            screen.contains("a run executes `worker` in picletter-test"),
            "{screen}"
        );
        assert_eq!(cli.sandbox.inbox().mails().len(), mails, "{screen}");
    }
}
