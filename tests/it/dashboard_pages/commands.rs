//! Running, pausing, and resuming jobs with plain HTML forms, without JavaScript.

use http::StatusCode;
use picletter::dashboard::source::{Command, Source as _};
use picletter::dashboard::view::JobState;
use picletter_test_support::loopback;
use reqwest::Response;
use tokio::sync::mpsc::UnboundedReceiver;

use super::fixture::{Fixture, HeldCommand, Served};
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

/// Sends a command, and returns its job and kind once it begins; `None` if it is not executed.
async fn begin(
    served: &Served,
    commands: &mut UnboundedReceiver<HeldCommand>,
    path: &str,
) -> Option<(usize, Command)> {
    tokio::select! {
        Some(held) = commands.recv() => Some((held.job, held.command)),
        _ = send(served, path) => None,
    }
}

#[tokio::test]
async fn a_command_begins_again_only_after_its_end() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let mut commands = fixture.hold_commands();
    let run = "/jobs/picletter-reports/run";
    let in_progress = async {
        let held = commands.recv().await.unwrap();
        assert_eq!((held.job, held.command), (0, Command::Run));
        assert_eq!(begin(&served, &mut commands, run).await, None);
        let other = begin(&served, &mut commands, "/jobs/picletter-cleanup/run").await;
        assert_eq!(other, Some((1, Command::Run)));
    };
    tokio::join!(send(&served, run), in_progress);
    let again = begin(&served, &mut commands, run).await;
    assert_eq!(again, Some((0, Command::Run)));
    let pause = begin(&served, &mut commands, "/jobs/picletter-reports/pause").await;
    assert_eq!(pause, Some((0, Command::Pause)));
}
