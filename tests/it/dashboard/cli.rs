//! `picletter dashboard` and `picletter report`.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

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
async fn report_without_a_vendor_ends_with_69_and_says_so() {
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
async fn report_needs_a_file_or_json() {
    let cli = Cli::new().await;
    let output = cli.run("report").await;
    assert_eq!(output.status.code(), Some(64));
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
async fn dashboard_says_which_port_is_in_use() {
    let cli = Cli::new().await;
    let taken = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = cli.run(&format!("dashboard --port {port}")).await;
    assert_eq!(output.status.code(), Some(64));
    let said = stderr(&output);
    assert!(said.contains(&format!("port {port} is in use")), "{said}");
}
