//! The dashboard of four jobs, and its report.

use std::fs;

use picletter::dashboard::report;
use picletter::dashboard::source::Source as _;
use picletter_core::deploy::status::Outcome;
use picletter_test_support::loopback;
use serde_json::json;

use crate::browser::chromium::{Appearance, Chromium};
use crate::browser::output_path;
use crate::dashboard_pages::fixture::{Fixture, Served};
use crate::dashboard_pages::newest;

const WIDTHS: &str = "for (const one of document.querySelectorAll('details')) one.open = true;
    return [document.documentElement.scrollWidth, innerWidth]";

/// The name and the path of each kind of page.
pub(crate) fn paths(fixture: &Fixture) -> Vec<(&'static str, String)> {
    vec![
        ("dashboard", "/".to_owned()),
        ("job", "/jobs/picletter-reports".to_owned()),
        ("job-drifted", "/jobs/picletter-newsletter".to_owned()),
        ("run-failed", newest(fixture, 0, Outcome::Failed)),
        ("run-succeeded", newest(fixture, 1, Outcome::Succeeded)),
        ("confirm", "/jobs/picletter-reports/run".to_owned()),
        ("no-run", "/jobs/picletter-reports/runs/none".to_owned()),
    ]
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn pages_of_the_dashboard_fit_the_screen() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let report = output_path("report.html");
    fs::write(&report, report::html(&fixture.board())).unwrap();
    for appearance in Appearance::ALL {
        let browser = Chromium::at_url(appearance, &served.url).await;
        let width = if appearance.is_narrow() { 360 } else { 1280 };
        for (name, path) in paths(&fixture) {
            browser.open(&path).await;
            browser
                .save_screenshot(&format!("{name}-{}", appearance.name()))
                .await;
            assert_eq!(
                browser.evaluate(WIDTHS).await,
                json!([width, width]),
                "{path}"
            );
        }
        let report = format!("file://{}", report.display());
        browser.session.open(&report).await.unwrap();
        assert_eq!(
            browser.evaluate(WIDTHS).await,
            json!([width, width]),
            "report"
        );
        browser
            .evaluate("document.querySelector('#job-picletter-cleanup').scrollIntoView()")
            .await;
        browser
            .save_screenshot(&format!("report-{}", appearance.name()))
            .await;
    }
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn writes_html_of_the_dashboard_for_validation() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_azure();
    let client = loopback::client();
    for (name, path) in paths(&fixture) {
        let answer = client.get(served.url.clone() + &path).send().await.unwrap();
        let html = answer.text().await.unwrap();
        fs::write(output_path(&format!("dashboard-{name}.html")), html).unwrap();
    }
    let report = report::html(&fixture.board());
    fs::write(output_path("report.html"), report).unwrap();
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn a_command_is_confirmed_in_a_dialog_and_its_result_appears_without_a_reload() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let browser = Chromium::at_url(Appearance::Light, &served.url).await;
    browser.open("/jobs/picletter-reports").await;
    browser.wait_for("#live:not([hidden])").await;
    browser.evaluate("window.marker = true").await;
    browser.click("#pause").await;
    browser.click("dialog [data-cancel]").await;
    browser.wait_for("dialog:not([open])").await;
    browser.click("#pause").await;
    browser.save_screenshot("dialog-light").await;
    browser.click("dialog[open] button").await;
    browser.wait_for("#resume").await;
    browser.wait_for("#status .badge.good").await;
    let status = browser.evaluate("return document.querySelector('#status').textContent");
    assert_eq!(status.await, json!("✓ done reports: The job is paused."));
    assert_eq!(browser.evaluate("return window.marker").await, json!(true));
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn runs_a_command_with_the_keyboard() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let browser = Chromium::at_url(Appearance::Light, &served.url).await;
    browser.open("/jobs/picletter-reports").await;
    browser.wait_for("#live:not([hidden])").await;
    let session = &browser.session;
    let link = browser.wait_for("#run-now").await;
    session.type_into(&link, "\u{e007}").await.unwrap();
    browser.wait_for("dialog[open] button").await;
    let button = session.focused().await.unwrap();
    session.type_into(&button, "\u{e007}").await.unwrap();
    browser.wait_for("#status .badge.good").await;
    browser.wait_for("#runs .badge.going").await;
    // The focus is back on the link.
    let focused = session.focused().await.unwrap();
    assert_eq!(session.attribute(&focused, "id").await.unwrap(), "run-now");
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn an_outage_appears_and_disappears_without_a_reload() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let browser = Chromium::at_url(Appearance::Light, &served.url).await;
    browser.evaluate("window.marker = true").await;
    fixture.lose_azure();
    browser.wait_for("#outages [data-vendor=\"Azure\"]").await;
    browser.wait_for("#jobs tr[data-job=\"reports\"]").await;
    browser.save_screenshot("outage-light").await;
    fixture.change(|_, outages| outages.clear());
    browser.wait_for("#outages:empty").await;
    assert_eq!(browser.evaluate("return window.marker").await, json!(true));
}
