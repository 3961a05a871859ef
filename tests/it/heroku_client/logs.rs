//! Logs of an app.

use picletter_core::deploy::heroku::log::{LogRequest, LogStream};
use serde_json::json;

use crate::heroku_client::scripted::{Answer, Server};

fn request(tail: bool) -> LogRequest {
    LogRequest {
        dyno: Some("worker.1".to_owned()),
        source: Some("app".to_owned()),
        lines: 10,
        tail,
    }
}

fn session(server: &Server) -> Answer {
    let url = server.url().join("/stream?token=session-secret").unwrap();
    Answer::json(201, &json!({ "id": "1", "logplex_url": url }))
}

fn line(second: u8, text: &str) -> String {
    format!("2026-12-01T08:00:{second:02}.000000+00:00 app[worker.1]: {text}")
}

/// The lines of a session, each as an event.
fn events(lines: &[String]) -> Answer {
    let events = lines.iter().map(|line| format!("id: 1\ndata: {line}\n\n"));
    Answer::events(&events.collect::<String>())
}

async fn take(log: &mut LogStream, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..count {
        lines.push(log.next_line().await.unwrap().unwrap());
    }
    lines
}

#[tokio::test]
async fn reads_lines_from_events_without_sending_the_token() {
    let (server, api) = Server::with_answers([]).await;
    server.answer(session(&server));
    server.answer(Answer::events(
        ": ping\n\nid: 5\nevent: line\ndata: one\n\ndata:two\r\n\r\nretry: 10\n\n: ping\ndata: three",
    ));
    let mut log = api
        .log_session("picletter-app", &request(false))
        .await
        .unwrap();
    assert_eq!(take(&mut log, 3).await, ["one", "two", "three"]);
    assert_eq!(log.next_line().await.unwrap(), None);
    let requests = server.requests();
    assert_eq!(requests[1].headers["accept"], "text/event-stream");
    assert!(!requests[1].headers.contains_key("authorization"));
    let address = "/stream?token=session-secret";
    assert_eq!(server.redactor().clean(address), "/[secret]");
    insta::assert_snapshot!(server.lines().join("\n"));
}

#[tokio::test]
async fn truncates_an_endless_line_only() {
    let (server, api) = Server::with_answers([]).await;
    server.answer(session(&server));
    let endless = "x".repeat(1 << 20);
    server.answer(Answer::events(&format!(
        "data: {endless}\n\ndata: next\n\n"
    )));
    let mut log = api
        .log_session("picletter-app", &request(false))
        .await
        .unwrap();
    let lines = take(&mut log, 2).await;
    assert!(
        lines[0].ends_with("x…") && lines[0].len() < 100_000,
        "{}",
        lines[0].len()
    );
    assert_eq!(lines[1], "next");
}

#[tokio::test]
async fn continues_a_closed_tail_in_a_new_session_without_gaps_or_duplicates() {
    let (server, api) = Server::with_answers([]).await;
    let (a, b, c) = (line(1, "a"), line(2, "b"), line(3, "c"));
    server.answer(session(&server));
    server.answer(events(&[a.clone(), b.clone()]));
    server.answer(session(&server));
    // In addition to known lines, one from before the first requested one.
    server.answer(events(&[line(0, "older"), a.clone(), b.clone(), c.clone()]));
    let mut log = api
        .log_session("picletter-app", &request(true))
        .await
        .unwrap();
    assert_eq!(take(&mut log, 3).await, [a, b, c]);
}

#[tokio::test]
async fn tail_survives_an_unavailable_session_but_not_a_rejection() {
    let (server, api) = Server::with_answers([]).await;
    server.answer(session(&server));
    server.answer(events(&[line(1, "a")]));
    server.answer(session(&server));
    server.answer(Answer::text(404, ""));
    server.answer(session(&server));
    server.answer(events(&[line(2, "b")]));
    server.answer(Answer::refusal(404, "not_found", "Couldn't find that app."));
    let mut log = api
        .log_session("picletter-app", &request(true))
        .await
        .unwrap();
    assert_eq!(take(&mut log, 2).await, [line(1, "a"), line(2, "b")]);
    assert!(log.next_line().await.unwrap_err().is_not_found());
}

/// Answers all attempts of one request.
fn refuse(server: &Server, answer: &Answer) {
    for _ in 0..5 {
        server.answer(answer.clone());
    }
}

#[tokio::test]
async fn tail_survives_temporary_refusals() {
    let (server, api) = Server::with_answers([]).await;
    server.answer(session(&server));
    server.answer(events(&[line(1, "a")]));
    let limited = Answer::refusal(429, "rate_limit", "Slower.");
    for answer in [&Answer::text(503, ""), &limited] {
        refuse(&server, answer);
    }
    server.answer(session(&server));
    server.answer(events(&[line(2, "b")]));
    for _ in 0..6 {
        refuse(&server, &Answer::text(503, ""));
    }
    let mut log = api
        .log_session("picletter-app", &request(true))
        .await
        .unwrap();

    assert_eq!(take(&mut log, 2).await, [line(1, "a"), line(2, "b")]);
    let error = log.next_line().await.unwrap_err();
    assert!(error.to_string().contains("Heroku answered 503"), "{error}");
}

#[tokio::test]
async fn tail_ends_if_heroku_requires_a_long_wait() {
    let (server, api) = Server::with_answers([]).await;
    server.answer(session(&server));
    server.answer(events(&[line(1, "a")]));
    server.answer(Answer::text(503, "").with("retry-after", "60"));
    let mut log = api
        .log_session("picletter-app", &request(true))
        .await
        .unwrap();

    assert_eq!(take(&mut log, 1).await, [line(1, "a")]);
    assert!(log.next_line().await.unwrap_err().retry_after().is_some());
}

#[tokio::test]
async fn reports_a_url_that_is_not_a_log() {
    let (server, api) = Server::with_answers([]).await;
    server.answer(session(&server));
    server.answer(Answer::text(200, "<html>").with("content-type", "text/html"));
    let error = api
        .log_session("picletter-app", &request(false))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error);
}
