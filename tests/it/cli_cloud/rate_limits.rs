//! Rate limits with `Retry-After`: reading commands announce a short wait, and end at a long one.

use bytes::Bytes;
use http::{Method, Response};
use picletter_sandbox::faults::{Fault, Which};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::support::cli::{Cli, stderr};

const WORKFLOWS: &str = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows";

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
async fn reading_commands_announce_the_vendor_and_the_end_of_a_wait() {
    let cli = Cli::deployed().await;
    cli.limit_rate(WORKFLOWS, r#"{"error":{"code":"TooManyRequests"}}"#, "15");
    for command in READING {
        let mut child = cli.spawn(command);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let words = "Azure limits the rate of requests: waiting 15s, until ";
        let announced = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("{command} does not announce the wait"));
            if let Some(until) = line.strip_prefix(words) {
                break until.to_owned();
            }
        };
        let is_time = jiff::civil::Time::strptime("%H:%M:%S", &announced).is_ok();
        assert!(is_time, "{command}: {announced}");
        child.kill().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_commands_end_if_the_vendor_requires_a_long_wait() {
    let cli = Cli::deployed().await;
    for (path, body, commands, help) in [
        (
            WORKFLOWS,
            r#"{"error":{"code":"TooManyRequests"}}"#,
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
