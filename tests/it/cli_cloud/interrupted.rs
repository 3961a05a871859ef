//! Messages of interrupted commands: whether to run them again, and where to see a run.

use http::Method;
use picletter_sandbox::faults::{Fault, Which};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::cli::{Cli, stderr, stdout};

const WORKFLOWS: &str =
    "/subscriptions/*/resourceGroups/pictures/providers/Microsoft.Logic/workflows";
const WORKFLOW: &str =
    "/subscriptions/*/resourceGroups/pictures/providers/Microsoft.Logic/workflows/daily";

/// Interrupts a command after this request is processed and before its response arrives. Returns
/// standard error.
async fn interrupt(cli: &Cli, line: &str, method: Method, path: &str) -> String {
    let (sender, mut receiver) = unbounded_channel();
    let (first, held) = (Which::Nth(1), Fault::HoldAnswer(sender));
    cli.sandbox.faults().on(method, path, first, held);
    let mut child = cli.spawn(line);
    let guard = tokio::select! {
        guard = receiver.recv() => guard.unwrap(),
        ended = child.wait() => panic!("{line} ended before {path}: {ended:?}"),
    };
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
    let output = child.wait_with_output().await.unwrap();
    drop(guard);
    cli.sandbox.faults().clear();
    assert_eq!(output.status.code(), Some(130), "{line}");
    stderr(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_run_does_not_suggest_running_again() {
    let cli = Cli::deployed().await;

    let fire = format!("{WORKFLOW}/triggers/*/run");
    let error = interrupt(&cli, "run", Method::POST, &fire).await;
    assert!(error.contains("a run may have started"), "{error}");
    assert!(error.contains("see `picletter status`"), "{error}");
    assert!(!error.contains("repeat the command"), "{error}");

    let follow = format!("{WORKFLOW}/runs/*");
    let error = interrupt(&cli, "run", Method::GET, &follow).await;
    let clouds = cli.clouds();
    let id = clouds
        .workflow_id(&cli.desired(), &cli.desired().jobs[0].workflow)
        .await
        .unwrap();
    let newest = &clouds.arm.runs(&id, 1, None).await.unwrap()[0].id;
    assert!(
        error.contains(&format!("run {newest} continues in Azure")),
        "{error}"
    );
    assert!(
        error.contains(&format!("`picletter logs --run {newest}`")),
        "{error}"
    );
    assert!(!error.contains("repeat the command"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_run_suggests_status_with_the_config_file() {
    let cli = Cli::deployed().await;
    let folder = cli.folder.path();
    std::fs::copy(folder.join("picletter.toml"), folder.join("my;job.toml")).unwrap();
    let fire = format!("{WORKFLOW}/triggers/*/run");
    let error = interrupt(&cli, "run --config my;job.toml", Method::POST, &fire).await;
    assert!(
        error.contains("see `picletter status --config 'my;job.toml'`"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_change_suggests_the_same_command() {
    let cli = Cli::new().await;
    let line = "deploy --yes --image worker.tar";
    let error = interrupt(&cli, line, Method::POST, "/apps").await;
    assert!(error.contains("repeat the command to resume"), "{error}");

    let cli = Cli::deployed().await;
    let disable = format!("{WORKFLOW}/disable");
    let error = interrupt(&cli, "pause", Method::POST, &disable).await;
    assert!(error.contains("repeat the command to resume"), "{error}");

    let error = interrupt(&cli, "destroy --yes", Method::DELETE, WORKFLOW).await;
    assert!(error.contains("repeat the command to resume"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_read_reports_that_nothing_changed() {
    let cli = Cli::deployed().await;
    for line in ["plan", "deploy --yes", "destroy --yes", "status"] {
        let error = interrupt(&cli, line, Method::GET, WORKFLOWS).await;
        assert!(
            error.contains("interrupted; nothing was changed"),
            "{line}: {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupting_follow_or_watch_prints_nothing() {
    let cli = Cli::deployed().await;
    let sessions = "/apps/picletter-test/log-sessions";
    let error = interrupt(&cli, "logs --follow", Method::POST, sessions).await;
    assert!(!error.contains("interrupted"), "{error}");
    let error = interrupt(&cli, "status --watch", Method::GET, WORKFLOWS).await;
    assert!(!error.contains("interrupted"), "{error}");
}

/// The commands in backticks.
fn suggested_commands(text: &str) -> Vec<&str> {
    let commands = text
        .split('`')
        .filter(|part| part.starts_with("picletter "));
    commands.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn suggested_commands_repeat_the_config_option() {
    let cli = Cli::new().await;
    let folder = cli.folder.path();
    std::fs::rename(folder.join("picletter.toml"), folder.join("my&jobs.toml")).unwrap();
    let deploy = "deploy --yes --image worker.tar --config my&jobs.toml";
    let mut count = 0;
    for line in [
        "status",
        "pause",
        "run",
        "logs",
        "doctor",
        "plan --image worker.tar",
        "logs --run 0",
        "run --trigger none",
    ] {
        if line.starts_with("logs --run") {
            assert!(cli.run(deploy).await.status.success());
        }
        let output = cli.run(&format!("{line} --config my&jobs.toml")).await;
        let text = stdout(&output) + &stderr(&output);
        for command in suggested_commands(&text) {
            assert!(
                command.ends_with(" --config 'my&jobs.toml'"),
                "{line}: {command}"
            );
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}
