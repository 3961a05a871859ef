//! `picletter dashboard` and `picletter report`.

#[cfg(target_os = "linux")]
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use jiff::{SignedDuration, Timestamp};
use picletter_sandbox::faults::{Fault, Which};
#[cfg(target_os = "linux")]
use picletter_test_support::write_script;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
#[cfg(target_os = "linux")]
use tokio::{net::unix::pipe, time::timeout};

use super::live_deployment::RUNS;
use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn report_writes_one_file_and_prints_the_data() {
    let cli = Cli::new().await;
    cli.run("deploy --yes --run --image worker.tar").await;
    let output = cli.run("report --json --out report.html").await;
    assert!(output.status.success(), "{}", stderr(&output));
    let data: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let job = &data["jobs"][0];
    assert_eq!(job["state"], "on_schedule");
    assert_eq!(job["runs"][0]["outcome"], "succeeded");
    assert_eq!(job["month"]["executions"], 9);
    assert_eq!(data["outages"], serde_json::json!([]));
    let file = cli.folder.path().join("report.html");
    let html = std::fs::read_to_string(file).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>"));
    for external in ["<script", "src=", "http-equiv=\"refresh\""] {
        assert!(!html.contains(external), "{external}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn report_while_a_vendor_is_down_exits_with_69_and_contains_the_outage() {
    let mut cli = Cli::deployed().await;
    cli.environment
        .insert("HEROKU_API_URL".to_owned(), "http://127.0.0.1:1".to_owned());
    let output = cli.run("report --json").await;
    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
    let data: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(data["outages"][0]["vendor"], "Heroku");
    assert_eq!(data["jobs"][0]["state"], "on_schedule");
}

#[tokio::test(flavor = "multi_thread")]
async fn report_claims_no_runs_and_no_cost_of_jobs_that_were_not_read() {
    let mut cli = Cli::deployed().await;
    cli.environment
        .insert("AZURE_CLIENT_SECRET".to_owned(), "wrong".to_owned());
    let output = cli.run("report --json").await;
    assert!(!output.status.success(), "{output:?}");
    let data: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let job = &data["jobs"][0];
    assert_eq!(job["state"], "not_read");
    assert_eq!(job["month"], Value::Null);
    assert_eq!(job["recent"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn report_exits_with_the_status_of_the_error() {
    for (status, body, exit_status) in [
        (403, r#"{"id":"forbidden"}"#, 77),
        (429, r#"{"id":"rate_limit"}"#, 75),
        (418, r#"{"id":"made_up"}"#, 1),
    ] {
        let cli = Cli::deployed().await;
        let faults = cli.sandbox.faults();
        let refused = Response::builder()
            .status(status)
            .header("retry-after", "120")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        let refused = Fault::Answer(refused);
        faults.on(Method::GET, "/apps/*/dynos", Which::Every, refused);
        let output = cli.run("report --json").await;
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(exit_status), "{said}");
        assert!(said.contains(&status.to_string()), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn report_to_a_dash_is_printed() {
    let cli = Cli::deployed().await;
    let output = cli.run("report --out -").await;
    assert!(output.status.success(), "{}", stderr(&output));
    let html = stdout(&output);
    assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
    assert!(html.ends_with("</html>\n"), "{html}");
    assert!(!cli.folder.path().join("-").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn report_refuses_two_outputs_before_it_reads_its_file() {
    let cli = Cli::new().await;
    std::fs::remove_file(cli.folder.path().join("picletter.toml")).unwrap();
    let both = cli.run("report --out - --json").await;
    assert_eq!(both.status.code(), Some(64), "{}", stderr(&both));
}

#[tokio::test(flavor = "multi_thread")]
async fn report_checks_its_file_before_it_reads_the_vendors() {
    let cli = Cli::deployed().await;
    cli.sandbox.faults().clear();
    for file in ["none/report.html", "bin"] {
        let output = cli.run(&format!("report --out {file}")).await;
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(74), "{said}");
        assert!(said.contains(&format!("cannot write {file}")), "{said}");
    }
    assert_eq!(cli.sandbox.faults().record(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn report_counts_the_runs_that_status_counts() {
    let cli = Cli::deployed().await;
    let now = Timestamp::now();
    let runs = (0..70).map(|days| {
        let start = now - SignedDuration::from_hours(24 * days) - SignedDuration::from_mins(1);
        let status = if days % 10 == 3 {
            "Failed"
        } else {
            "Succeeded"
        };
        json!({"name": format!("0858{days:030}CU57"), "properties": {
            "status": status,
            "startTime": start.to_string(),
            "endTime": (start + SignedDuration::from_secs(20 + days)).to_string(),
        }})
    });
    let runs = json!({"value": runs.collect::<Vec<_>>()}).to_string();
    let faults = cli.sandbox.faults();
    faults.on(Method::GET, RUNS, Which::Every, Fault::status(200, runs));
    let json = async |line| -> Value {
        let output = cli.run(line).await;
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let status = json("status --runs 250 --json").await;
    let report = json("report --json").await;
    let (job, cost) = (&report["jobs"][0], &status["cost"]);
    assert!(cost["runs"].as_u64() > Some(0), "{status}");
    for field in ["runs", "counted", "executions", "dyno_seconds"] {
        assert_eq!(job["month"][field], cost[field], "{field}");
    }
    let ids = |runs: &Value| {
        let runs = runs.as_array().unwrap().iter();
        let ids = runs.map(|run| (run["id"].clone(), run["outcome"].clone()));
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(&job["runs"]), ids(&status["runs"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn report_needs_a_file_or_json() {
    let cli = Cli::new().await;
    let output = cli.run("report").await;
    assert_eq!(output.status.code(), Some(64));
    let printed = stderr(&output);
    for option in ["--out FILE", "--out -", "--json"] {
        assert!(printed.contains(option), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_serves_the_live_deployment_and_read_only_refuses_commands() {
    let cli = Cli::deployed().await;
    let mut child = cli.spawn("dashboard --port 0 --read-only");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let address = line.split(' ').find(|word| word.starts_with("http://"));
    let address = address.unwrap().to_owned();
    let client = picletter_test_support::loopback::client();
    let page = client.get(&address).send().await.unwrap();
    assert!(page.status().is_success());
    assert!(page.text().await.unwrap().contains("picletter-test"));
    let request = client.post(format!("{address}/jobs/daily/run"));
    let request = request.header("origin", &address);
    assert_eq!(request.send().await.unwrap().status(), 403);
    child.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_reports_the_port_that_is_in_use() {
    let cli = Cli::new().await;
    let taken = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = cli.run(&format!("dashboard --port {port}")).await;
    assert_eq!(output.status.code(), Some(74));
    let said = stderr(&output);
    assert!(said.contains(&format!("port {port} is in use")), "{said}");
}

/// Writes an executable script into the folder that is searched first.
#[cfg(target_os = "linux")]
fn write_program(cli: &Cli, name: &str, script: &str) {
    write_script(&cli.folder.path().join("bin").join(name), script);
}

/// Time after which a test fails instead of waiting forever.
#[cfg(target_os = "linux")]
const DEADLINE: Duration = Duration::from_mins(1);

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn dashboard_opens_its_address_in_the_browser() {
    let cli = Cli::new().await;
    let pipe = cli.folder.path().join("opened");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let script = format!("#!/bin/sh\necho \"$@\" > '{}'\n", pipe.display());
    write_program(&cli, "xdg-open", &script);
    // With `read_write`, opening the pipe does not wait for the program.
    let pipe = pipe::OpenOptions::new()
        .read_write(true)
        .open_receiver(pipe);
    let mut pipe = BufReader::new(pipe.unwrap());
    let mut child = cli.spawn("dashboard --open --port 0");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let mut opened = String::new();
    let read = timeout(DEADLINE, pipe.read_line(&mut opened)).await;
    read.expect("nothing opened the browser").unwrap();
    assert!(opened.starts_with("http://127.0.0.1:"), "{opened}");
    assert!(line.contains(opened.trim()), "{opened} is not in {line}");
    child.kill().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn dashboard_without_a_browser_prints_a_warning_and_continues() {
    let mut cli = Cli::new().await;
    let programs = cli.folder.path().join("bin").display().to_string();
    cli.environment.insert("PATH".to_owned(), programs);
    let mut child = cli.spawn("dashboard --open --port 0");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let warning = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if line.contains("cannot open a browser") {
            break line;
        }
    };
    assert!(warning.contains("open the URL yourself"), "{warning}");
    assert!(child.try_wait().unwrap().is_none());
    child.kill().await.unwrap();
}
