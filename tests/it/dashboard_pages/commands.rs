//! Running, pausing, and resuming jobs with plain HTML forms, without JavaScript.

use http::StatusCode;
use picletter::dashboard::source::Source as _;
use picletter::dashboard::view::JobState;
use picletter_test_support::loopback;
use reqwest::Response;

use super::fixture::{Fixture, Served};
use super::{between, contains, lines, page};

async fn send(served: &Served, path: &str) -> Response {
    let url = format!("{}{path}", served.url);
    let request = loopback::client().post(url).header("origin", &served.url);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_command_is_confirmed_executed_and_reported() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let job = page(&served, "/jobs/picletter-reports").await;
    contains(&job, &["href=\"/jobs/picletter-reports/pause\""]);
    let confirmation = page(&served, "/jobs/picletter-reports/pause").await;
    insta::assert_snapshot!(lines(between(&confirmation, "<body>", "</body>")));
    assert_eq!(fixture.board().jobs[0].state, JobState::OnSchedule);

    let response = send(&served, "/jobs/picletter-reports/pause").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/jobs/picletter-reports");
    assert_eq!(fixture.board().jobs[0].state, JobState::Paused);
    let job = page(&served, "/jobs/picletter-reports").await;
    contains(
        between(&job, "id=\"status\"", "</p>"),
        &["The job is paused."],
    );
    contains(&job, &["href=\"/jobs/picletter-reports/resume\""]);
    let overview = page(&served, "/").await;
    contains(
        between(&overview, "id=\"status\"", "</p>"),
        &["<strong>reports</strong>", "The job is paused."],
    );
    assert!(!job.contains("href=\"/jobs/picletter-reports/run\""));
}

#[tokio::test]
async fn a_command_that_fails_shows_the_reason_and_help() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.refuse();
    send(&served, "/jobs/picletter-reports/run").await;
    let job = page(&served, "/jobs/picletter-reports").await;
    contains(
        between(&job, "id=\"status\"", "</p>"),
        &[
            "the signed-in identity lacks a role",
            "run <code>az login</code>",
        ],
    );
}

#[tokio::test]
async fn read_only_offers_no_commands_and_refuses_them() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, true).await;
    let job = page(&served, "/jobs/picletter-reports").await;
    contains(&job, &["Read-only."]);
    assert!(!job.contains("data-confirm"));
    for command in ["run", "pause", "resume"] {
        let path = format!("/jobs/picletter-reports/{command}");
        let url = format!("{}{path}", served.url);
        let read = loopback::client().get(url).send().await.unwrap();
        assert_eq!(read.status(), StatusCode::FORBIDDEN);
        assert_eq!(send(&served, &path).await.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(fixture.board().jobs[0].state, JobState::OnSchedule);
}

#[tokio::test]
async fn a_command_without_the_origin_of_the_page_is_refused() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let url = format!("{}/jobs/picletter-reports/pause", served.url);
    let request = loopback::client().post(url);
    let response = request.header("origin", "http://evil.example").send();
    assert_eq!(response.await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(fixture.board().jobs[0].state, JobState::OnSchedule);
}

#[tokio::test]
async fn a_change_of_the_data_source_sends_an_event() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let url = format!("{}/events", served.url);
    let mut events = loopback::client().get(url).send().await.unwrap();
    assert_eq!(
        events.chunk().await.unwrap().unwrap(),
        "event: change\ndata: 0\n\n"
    );
    fixture.lose_azure();
    assert_eq!(
        events.chunk().await.unwrap().unwrap(),
        "event: change\ndata: 1\n\n"
    );
}
