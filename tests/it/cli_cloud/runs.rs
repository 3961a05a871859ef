//! Runs that `run` and `deploy --run` start and follow.

use http::Method;
use picletter::deploy::live::LiveState;
use picletter_sandbox::faults::{Fault, Which};

use crate::support::cli::{Cli, stderr, stdout};
use crate::support::held::hold_first;

#[tokio::test(flavor = "multi_thread")]
async fn run_ends_with_the_workers_status() {
    let cli = Cli::deployed().await;
    let well = cli.run("run").await;
    assert_eq!(well.status.code(), Some(0), "{}", stderr(&well));
    assert!(
        stdout(&well).contains("event=picture_fetched"),
        "{}",
        stdout(&well)
    );

    // The stand-in for SendGrid is gone: the mail cannot be handed over.
    cli.sandbox.faults().on(
        http::Method::POST,
        "/v3/mail/send",
        Which::Every,
        Fault::status(403, r#"{"errors":[{"message":"no"}]}"#),
    );
    let badly = cli.run("run").await;
    assert_eq!(badly.status.code(), Some(77), "{}", stdout(&badly));
    assert!(stdout(&badly).contains("refused"), "{}", stdout(&badly));
    let told = stderr(&badly);
    let begun = told.lines().find_map(|line| line.strip_prefix("Run "));
    let run = begun.and_then(|line| line.split(' ').next()).unwrap();
    assert!(told.contains("next: export a new SG_KEY"), "{told}");
    let log = format!("`picletter logs --run {run}`");
    assert!(told.contains(&log), "{told}");
    // How the workflow decides is for -v.
    assert!(!told.contains("Verdict"), "{told}");
    let all = stderr(&cli.run("run -v").await);
    assert!(all.contains("  Verdict Succeeded"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn run_starts_a_job_also_while_its_conditions_do_not_hold() {
    let cli = Cli::new().await;
    let path = cli.folder.path().join("picletter.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = file.split_once("\n[heroku]").unwrap();
    // Months of which neither is the current one.
    let month = jiff::Timestamp::now().strftime("%m").to_string();
    let months = if ["01", "02"].contains(&month.as_str()) {
        "\"may\", \"june\""
    } else {
        "\"jan\", \"feb\""
    };
    let file = format!("[schedule]\nat = \"08:30\"\nmonths = [{months}]\n\n[heroku]{rest}");
    std::fs::write(&path, file).unwrap();
    let deployed = cli.run("deploy --yes --image worker.tar").await;
    assert!(deployed.status.success(), "{deployed:?}");

    let run = cli.run("run").await;
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert!(stdout(&run).contains("event=picture_fetched"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_beside_an_active_one_is_skipped() {
    let cli = Cli::deployed().await;
    let faults = cli.sandbox.faults();
    let mut told = hold_first(faults, Method::POST, "/v3/mail/send");
    let active = cli.spawn("run");
    let held = told.recv().await;

    let output = cli.run("run").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let shown = stdout(&output);
    assert!(shown.contains("Skipped after "), "{shown}");
    assert!(shown.contains(": another run is active"), "{shown}");
    let next = stderr(&output);
    assert!(
        next.contains("next: `picletter status` shows the active run"),
        "{next}"
    );
    drop(held);
    let active = active.wait_with_output().await.unwrap();
    assert_eq!(active.status.code(), Some(0), "{}", stderr(&active));
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_starts_no_run_beside_an_active_one_and_still_succeeds() {
    let cli = Cli::deployed().await;
    let faults = cli.sandbox.faults();
    let mut told = hold_first(faults, Method::POST, "/v3/mail/send");
    let active = cli.spawn("run");
    let held = told.recv().await;

    let deployed = cli.run("deploy --yes --run --rotate-token").await;

    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let shown = stdout(&deployed);
    assert!(shown.contains("No run was started, because run"), "{shown}");
    let kept = stderr(&deployed);
    assert!(
        kept.contains("The previous Heroku token stays valid"),
        "{kept}"
    );
    drop(held);
    let active = active.wait_with_output().await.unwrap();
    assert_eq!(active.status.code(), Some(0), "{}", stderr(&active));
    assert_eq!(cli.sandbox.inbox().mails().len(), 1);

    let next = cli.run("deploy --yes").await;
    assert_eq!(next.status.code(), Some(0), "{}", stderr(&next));
    let live = LiveState::read(&cli.clouds(), &cli.desired())
        .await
        .unwrap();
    assert_eq!(
        live.heroku.authorizations.len(),
        1,
        "the old one is revoked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_can_no_longer_be_followed_continues_and_ends_with_74() {
    let cli = Cli::deployed().await;
    let runs = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs/*";
    let outage = Fault::status(503, "{}".to_owned());
    cli.sandbox
        .faults()
        .on(Method::GET, runs, Which::Every, outage);

    let output = cli.run("run").await;

    assert_eq!(output.status.code(), Some(74), "{}", stderr(&output));
    let shown = stderr(&output);
    assert!(
        shown.contains("continues\nhelp: `picletter status` shows how it ends"),
        "{shown}"
    );
}
