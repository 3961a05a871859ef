//! Rate limits with `Retry-After`: reading commands announce a short wait, and end at a long one.

use bytes::Bytes;
use http::{Method, Response};
use picletter_sandbox::faults::{Fault, Which};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::support::cli::{Cli, stderr, stdout};

const WORKFLOWS: &str = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows";

const ALERTS: &str = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Insights/metricAlerts";

const ACTION_GROUPS: &str =
    "/subscriptions/*/resourceGroups/*/providers/Microsoft.Insights/actionGroups";

const LIMITED: &str = r#"{"error":{"code":"TooManyRequests"}}"#;

const READING: [&str; 4] = ["status", "status --json", "report --json", "plan"];

impl Cli {
    /// Answers all `GET` requests of a path with 429 and this `Retry-After`.
    fn limit_rate(&self, path: &str, body: &'static str, retry_after: &str) {
        let limited = Response::builder()
            .status(429)
            .header("retry-after", retry_after)
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        let faults = self.sandbox.faults();
        faults.on(Method::GET, path, Which::Every, Fault::Answer(limited));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_announce_the_vendor_and_the_length_of_a_wait() {
    let cli = Cli::deployed().await;
    let short = READING.map(|command| (command, "15"));
    let long = ["status --watch", "deploy --yes"].map(|command| (command, "30"));
    for (command, wait) in short.into_iter().chain(long) {
        cli.sandbox.faults().clear();
        cli.limit_rate(WORKFLOWS, LIMITED, wait);
        let mut child = cli.spawn(command);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let expected = format!("Azure limits the rate of requests: waiting {wait}s");
        loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("{command} does not announce the wait"));
            if line == expected {
                break;
            }
        }
        child.kill().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_waits_are_announced_once_for_each_vendor() {
    let cli = Cli::deployed().await;
    for path in [WORKFLOWS, ALERTS, ACTION_GROUPS] {
        cli.limit_rate(path, LIMITED, "15");
    }
    for path in ["/apps/*", "/apps/*/formation", "/apps/*/releases"] {
        cli.limit_rate(path, r#"{"id":"rate_limit","message":"Slower."}"#, "15");
    }
    // Interrupts the command only after all vendors have answered all limited requests.
    let mut child = cli.spawn("plan -v");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut waiting, mut announced) = (0, Vec::new());
    while waiting < 6 {
        let line = lines.next_line().await.unwrap().unwrap();
        waiting += usize::from(line.contains("sent again in "));
        announced.extend(line.contains("waiting").then_some(line));
    }
    child.kill().await.unwrap();
    announced.sort();
    assert_eq!(
        announced,
        ["Azure", "Heroku"]
            .map(|vendor| format!("{vendor} limits the rate of requests: waiting 15s"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_does_not_attribute_a_rate_limit_to_the_token() {
    let cli = Cli::new().await;
    cli.limit_rate("/v2/", "", "30");

    let printed = stdout(&cli.run("doctor").await);

    let help = "answered 429\n           next: wait 30s, then run the command again";
    assert!(printed.contains(help), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_commands_end_if_the_vendor_requires_a_long_wait() {
    let cli = Cli::deployed().await;
    for (path, body, commands, help) in [
        (
            WORKFLOWS,
            LIMITED,
            &READING[..],
            "Azure's rate limit is reached: wait 30s, then run the command again",
        ),
        (
            "/apps/*/dynos",
            r#"{"id":"rate_limit","message":"Slower."}"#,
            &["status", "report --json"],
            "the account's rate limit of 4,500 requests per hour is reached: wait 30s",
        ),
    ] {
        cli.sandbox.faults().clear();
        cli.limit_rate(path, body, "30");
        for command in commands {
            let output = cli.run(command).await;
            let error = stderr(&output);
            assert_eq!(output.status.code(), Some(75), "{command}: {error}");
            assert!(error.contains(help), "{command}: {error}");
            assert!(!error.contains("waiting"), "{command}: {error}");
        }
    }
}
