//! The page of a job.

use super::fixture::{Fixture, Served};
use super::{between, contains, page};

#[tokio::test]
async fn the_calendar_has_a_labeled_cell_for_each_of_90_days() {
    let served = Served::start(&Fixture::new(), false).await;
    let page = page(&served, "/jobs/picletter-reports").await;
    let calendar = between(&page, "<table class=\"days\">", "</table>");
    assert_eq!(calendar.matches(" title=\"").count(), 90);
    assert_eq!(calendar.matches("<span class=\"hidden\">").count(), 90);
    contains(
        calendar,
        &[
            "title=\"Tue 24 Nov: 1 succeeded\" aria-current=\"date\"",
            "<span aria-hidden=\"true\">✕</span>",
            "Sun 22 Nov: no run",
            ": 1 failed<",
        ],
    );
}

#[tokio::test]
async fn the_chart_is_an_inline_svg_with_a_text_alternative() {
    let served = Served::start(&Fixture::new(), false).await;
    let page = page(&served, "/jobs/picletter-cleanup").await;
    let svg = between(&page, "<svg", "</svg>");
    contains(
        svg,
        &[
            "role=\"img\"",
            "<title id=\"chart-title-picletter-cleanup\">Duration of runs by day</title>",
            "The longest run took ",
        ],
    );
    let days = svg.matches("<rect class=\"median\"").count();
    assert!((25..=90).contains(&days), "{days}");
}

#[tokio::test]
async fn failures_have_their_reason_and_lead_to_the_run() {
    let served = Served::start(&Fixture::new(), false).await;
    let page = page(&served, "/jobs/picletter-reports").await;
    let failures = between(&page, "<ol class=\"failures\">", "</ol>");
    contains(
        failures,
        &[
            "href=\"/jobs/picletter-reports/runs/0858",
            "exit status 3",
            "PG::ConnectionBad: connection to server failed: timeout",
        ],
    );
}

#[tokio::test]
async fn alert_rules_say_whether_they_are_on() {
    let served = Served::start(&Fixture::new(), false).await;
    let on = page(&served, "/jobs/picletter-reports").await;
    contains(
        between(&on, "<ul class=\"rules\">", "</li>"),
        &["on", "a run fails, by mail"],
    );
    let off = page(&served, "/jobs/picletter-invoices").await;
    contains(between(&off, "<ul class=\"rules\">", "</li>"), &["off"]);
    contains(&off, &["not deployed"]);
}

#[tokio::test]
async fn drift_is_listed_with_what_to_do() {
    let served = Served::start(&Fixture::new(), false).await;
    let page = page(&served, "/jobs/picletter-newsletter").await;
    contains(
        &page,
        &[
            "The deployed workflow differs from the configuration.",
            "<code>time_to_live</code> is 600",
            "<code>picletter deploy</code>",
        ],
    );
}
