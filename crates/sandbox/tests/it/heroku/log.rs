//! The number of lines that the log keeps, and the lifetime of log sessions.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use picletter_logic_apps::Transport as _;
use picletter_sandbox::heroku::program::{DynoHandle, Ending, Program, Run, Start};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::InMemoryHeroku;

/// A program that prints lines and exits.
struct Printing(Vec<String>);

impl Program for Printing {
    fn run(&self, _start: Start, handle: DynoHandle) -> Run {
        let lines = self.0.clone();
        Box::pin(async move {
            for line in lines {
                handle.print(&line);
            }
            Ending::Exited(0)
        })
    }
}

async fn open(heroku: &InMemoryHeroku, body: Value) -> String {
    let path = "/apps/picletter-app/log-sessions";
    let (status, session) = heroku.call(Method::POST, path, Some(body)).await;
    assert_eq!(status, StatusCode::CREATED);
    session["logplex_url"].as_str().unwrap().to_owned()
}

async fn read(heroku: &InMemoryHeroku, url: &str) -> (StatusCode, String) {
    let request = Request::get(url).body(bytes::Bytes::new()).unwrap();
    let answer = heroku.hosts.send(request).await.unwrap();
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    (answer.status(), text)
}

async fn printed(lines: Vec<String>) -> InMemoryHeroku {
    let heroku = InMemoryHeroku::running(Printing(lines));
    heroku.start("worker").await;
    sleep(Duration::from_secs(1)).await;
    heroku
}

#[tokio::test(start_paused = true)]
async fn sessions_can_be_read_for_five_minutes() {
    let heroku = InMemoryHeroku::running(Printing(vec!["hello".to_owned()]));
    let url = open(&heroku, json!({ "source": "app", "dyno": "worker" })).await;
    assert_eq!(read(&heroku, &url).await, (StatusCode::OK, String::new()));
    heroku.start("worker").await;
    sleep(Duration::from_mins(5)).await;
    let (status, text) = read(&heroku, &url).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.ends_with("]: hello\n"), "{text}");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(read(&heroku, &url).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn drops_the_oldest_session_above_the_limit() {
    let heroku = InMemoryHeroku::running(Printing(Vec::new()));
    let first = open(&heroku, json!({})).await;
    let second = open(&heroku, json!({})).await;
    for _ in 0..99 {
        open(&heroku, json!({})).await;
    }
    assert_eq!(read(&heroku, &first).await.0, StatusCode::NOT_FOUND);
    assert_eq!(read(&heroku, &second).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn keeps_1500_lines_and_returns_100_by_default() {
    let heroku = printed((0..2_000).map(|n| format!("line {n}")).collect()).await;
    for (body, lines, first) in [
        (json!({ "lines": 5_000 }), 1_500, "line 502"),
        (json!({}), 100, "line 1902"),
        (json!({ "lines": 0 }), 0, ""),
    ] {
        let url = open(&heroku, body).await;
        let (_, text) = read(&heroku, &url).await;
        assert_eq!(text.lines().count(), lines);
        assert!(text.lines().next().unwrap_or_default().ends_with(first));
    }
}

#[tokio::test(start_paused = true)]
async fn splits_lines_above_10000_bytes() {
    let heroku = printed(vec!["ä".repeat(10_001) + "!"]).await;
    let url = open(&heroku, json!({ "source": "app", "dyno": "worker" })).await;
    let (_, text) = read(&heroku, &url).await;
    let parts: Vec<_> = text
        .lines()
        .map(|line| line.split_once("]: ").unwrap().1)
        .collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    assert_eq!(lengths, [10_000, 10_000, 3]);
    assert!(parts[2].ends_with('!'));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_yields_the_same_ids() {
    let dyno = async || {
        let heroku = InMemoryHeroku::running(Printing(Vec::new()));
        heroku.start("worker").await
    };
    assert_eq!(dyno().await, dyno().await);
}
