//! Runs that `run` and `deploy --run` start and follow.

use http::Method;
use picletter_core::deploy::live::LiveState;
use picletter_sandbox::faults::{Fault, Which};

use crate::support::cli::{Cli, stderr, stdout};
use crate::support::held::hold_first;

#[tokio::test(flavor = "multi_thread")]
async fn run_exits_with_the_workers_status() {
    let cli = Cli::deployed().await;
    let succeeded = cli.run("run").await;
    assert_eq!(succeeded.status.code(), Some(0), "{}", stderr(&succeeded));
    assert!(
        stdout(&succeeded).contains("event=picture_fetched"),
        "{}",
        stdout(&succeeded)
    );

    // SendGrid rejects the mail from here on.
    cli.sandbox.faults().on(
        http::Method::POST,
        "/v3/mail/send",
        Which::Every,
        Fault::status(403, r#"{"errors":[{"message":"no"}]}"#),
    );
    let failed = cli.run("run").await;
    assert_eq!(failed.status.code(), Some(77), "{}", stdout(&failed));
    assert!(stdout(&failed).contains("refused"), "{}", stdout(&failed));
    let error = stderr(&failed);
    let started = error
        .lines()
        .find_map(|line| line.strip_prefix("Started run "));
    let run = started.and_then(|line| line.split(' ').next()).unwrap();
    assert!(error.contains("next: export a new SG_KEY"), "{error}");
    let log = format!("`picletter logs --run {run}`");
    assert!(error.contains(&log), "{error}");
    // The workflow's own decisions are printed only with -v.
    assert!(!error.contains("Verdict"), "{error}");
    let all = stderr(&cli.run("run -v").await);
    assert!(all.contains("  Verdict Succeeded"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn run_ignores_the_conditions_of_a_schedule() {
    let cli = Cli::new().await;
    let path = cli.folder.path().join("picletter.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = file.split_once("\n[heroku]").unwrap();
    // Two months that are not the current one.
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
async fn skips_a_run_while_another_is_active() {
    let cli = Cli::deployed().await;
    let faults = cli.sandbox.faults();
    let mut receiver = hold_first(faults, Method::POST, "/v3/mail/send");
    let active = cli.spawn("run");
    let held = receiver.recv().await;

    let output = cli.run("run").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed = stdout(&output);
    assert!(printed.contains("Skipped after "), "{printed}");
    assert!(printed.contains(": another run is active"), "{printed}");
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
async fn deploy_succeeds_without_a_run_while_another_is_active() {
    let cli = Cli::deployed().await;
    let faults = cli.sandbox.faults();
    let mut receiver = hold_first(faults, Method::POST, "/v3/mail/send");
    let active = cli.spawn("run");
    let held = receiver.recv().await;

    let deployed = cli.run("deploy --yes --run --rotate-token").await;

    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let printed = stdout(&deployed);
    assert!(
        printed.contains("No run was started, because run"),
        "{printed}"
    );
    let kept = stderr(&deployed);
    assert!(
        kept.contains("The previous Heroku token is still valid"),
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
        "the previous token is revoked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn run_exits_with_74_if_it_can_no_longer_follow() {
    let cli = Cli::deployed().await;
    let runs = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs/*";
    let outage = Fault::status(503, "{}".to_owned());
    cli.sandbox
        .faults()
        .on(Method::GET, runs, Which::Every, outage);

    let output = cli.run("run").await;

    assert_eq!(output.status.code(), Some(74), "{}", stderr(&output));
    let error = stderr(&output);
    assert!(
        error.contains("continues\nhelp: see its outcome with `picletter status`"),
        "{error}"
    );
}
