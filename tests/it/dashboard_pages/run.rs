//! The page of a run.

use http::StatusCode;
use jiff::SignedDuration;
use picletter::dashboard::source::Source as _;
use picletter_core::deploy::status::Outcome;
use picletter_test_support::loopback;

use super::fixture::{Fixture, Served, now};
use super::{between, contains, lines, newest, page};

#[tokio::test]
async fn shows_a_failed_run_with_its_actions_log_and_next_step() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let page = page(&served, &newest(&fixture, 0, Outcome::Failed)).await;
    let run = between(&page, "<div class=\"run\"", "</section>");
    insta::assert_snapshot!(lines(run));
}

#[tokio::test]
async fn an_action_shows_its_earlier_attempts() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let page = page(&served, &newest(&fixture, 0, Outcome::Failed)).await;
    let action = between(&page, "data-action=\"Post_alert\"", "</details>");
    contains(
        action,
        &["Earlier attempts", "ServiceUnavailable after 1.0 s"],
    );
    assert_eq!(page.matches("Earlier attempts").count(), 1);
}

#[tokio::test]
async fn log_lines_are_escaped_and_older_ones_come_from_the_workflow() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let recent = page(&served, &newest(&fixture, 1, Outcome::Succeeded)).await;
    contains(&recent, &["&lt;b&gt;connecting&lt;/b&gt; &amp; waiting"]);
    let board = fixture.board();
    let week_ago = now() - SignedDuration::from_hours(8 * 24);
    let mut runs = board.jobs[0].history.runs.iter();
    let old = runs.find(|run| run.start < week_ago && run.outcome == Outcome::Failed);
    let path = format!("/jobs/picletter-reports/runs/{}", old.unwrap().id);
    contains(
        &page(&served, &path).await,
        &[
            "Heroku has no log lines of this run.",
            "kept by the workflow",
            "connecting",
        ],
    );
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_replaced_by_the_reason_and_the_lines_of_the_workflow() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_log();
    let page = page(&served, &newest(&fixture, 0, Outcome::Failed)).await;
    contains(
        &page,
        &[
            "The log cannot be read: Heroku answered 403.",
            "run <code>heroku login</code>",
            "kept by the workflow",
            "The run cannot be read: Heroku answered 403.",
            "Tue 24 Nov 2026, 11:17:00",
            "3 min ago",
        ],
    );
    assert!(!page.contains("Heroku has no log lines"));
}

#[tokio::test]
async fn a_log_that_cannot_be_read_again_stays_and_shows_its_age() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_read_log();
    let page = page(&served, &newest(&fixture, 1, Outcome::Succeeded)).await;
    contains(&page, &["connecting"]);
    let note = between(&page, "data-kind=\"outdated-log\"", "</div>");
    contains(
        note,
        &[
            "The log cannot be read: Heroku answered 403.",
            "run <code>heroku login</code>",
            "The lines are those of",
            "Tue 24 Nov 2026",
        ],
    );
}

#[tokio::test]
async fn a_run_or_job_that_does_not_exist_is_not_found() {
    let served = Served::start(&Fixture::new(), false).await;
    for path in [
        "/jobs/picletter-reports/runs/0858",
        "/jobs/none/runs/0858",
        "/jobs/none",
        "/jobs/none/run",
        "/jobs/picletter-reports/destroy",
    ] {
        let url = format!("{}{path}", served.url);
        let response = loopback::client().get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
