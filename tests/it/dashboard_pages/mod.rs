//! The pages of the dashboard and its report, with fixed data.

mod action_legend;
mod commands;
pub(crate) mod fixture;
mod job;
mod month;
mod overview;
mod report;
mod run;

use http::StatusCode;
use picletter::dashboard::source::Source as _;
use picletter_core::deploy::status::Outcome;
use picletter_test_support::loopback;

use fixture::{Fixture, Served};

/// The text of a page.
async fn page(served: &Served, path: &str) -> String {
    let url = format!("{}{path}", served.url);
    let response = loopback::client().get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

/// The part of a page from one text to the next other.
fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let after = page.split_once(begin);
    let (_, after) = after.unwrap_or_else(|| panic!("no {begin} in {page}"));
    after.split(end).next().unwrap()
}

fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

/// The address of the newest run of a job with an outcome.
pub(crate) fn newest(fixture: &Fixture, job: usize, outcome: Outcome) -> String {
    let board = fixture.board();
    let view = &board.jobs[job];
    let mut runs = view.history.runs.iter();
    let run = runs.find(|run| run.outcome == outcome).unwrap();
    format!("/jobs/{}/runs/{}", view.job.workflow, run.id)
}

/// HTML with a line for each element, for snapshots.
fn lines(html: &str) -> String {
    html.replace("><", ">\n<")
}
