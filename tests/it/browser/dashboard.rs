//! The dashboard of four jobs, and its report.

use std::fs;

use picletter::dashboard::report;
use picletter::dashboard::source::Source as _;
use picletter_core::deploy::status::Outcome;
use picletter_test_support::loopback;
use serde_json::json;

use crate::browser::chromium::{Chromium, Look};
use crate::browser::left;
use crate::dashboard_pages::fixture::{Fixture, Served};
use crate::dashboard_pages::newest;

const WIDTHS: &str = "for (const one of document.querySelectorAll('details')) one.open = true;
    return [document.documentElement.scrollWidth, innerWidth]";

/// A name and the address of each kind of page.
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
#[ignore = "needs Chromium: ci/browser"]
async fn no_page_of_the_dashboard_is_cut_off() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let report = left("report.html");
    fs::write(&report, report::html(&fixture.board())).unwrap();
    for look in Look::ALL {
        let browser = Chromium::at_url(look, &served.url).await;
        let width = if look.is_narrow() { 360 } else { 1280 };
        for (name, path) in paths(&fixture) {
            browser.open(&path).await;
            browser
                .keep_picture(&format!("{name}-{}", look.name()))
                .await;
            assert_eq!(browser.ask(WIDTHS).await, json!([width, width]), "{path}");
        }
        let report = format!("file://{}", report.display());
        browser.session.open(&report).await.unwrap();
        assert_eq!(browser.ask(WIDTHS).await, json!([width, width]), "report");
        browser
            .ask("document.querySelector('#job-picletter-cleanup').scrollIntoView()")
            .await;
        browser
            .keep_picture(&format!("report-{}", look.name()))
            .await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn the_html_of_the_dashboard_is_left_to_be_validated() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_azure();
    let client = loopback::client();
    for (name, path) in paths(&fixture) {
        let answer = client.get(served.url.clone() + &path).send().await.unwrap();
        let html = answer.text().await.unwrap();
        fs::write(left(&format!("dashboard-{name}.html")), html).unwrap();
    }
    let report = report::html(&fixture.board());
    fs::write(left("report.html"), report).unwrap();
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn a_command_is_confirmed_in_a_dialog_and_its_result_appears_without_a_reload() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let browser = Chromium::at_url(Look::Light, &served.url).await;
    browser.open("/jobs/picletter-reports").await;
    browser.see("#live:not([hidden])").await;
    browser.ask("window.marked = true").await;
    browser.click("#pause").await;
    browser.click("dialog [data-cancel]").await;
    browser.see("dialog:not([open])").await;
    browser.click("#pause").await;
    browser.keep_picture("dialog-light").await;
    browser.click("dialog[open] button").await;
    browser.see("#resume").await;
    browser.see("#status .badge.good").await;
    let status = browser.ask("return document.querySelector('#status').textContent");
    assert_eq!(status.await, json!("✓ done reports: The job is paused."));
    assert_eq!(browser.ask("return window.marked").await, json!(true));
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn a_command_needs_only_the_keyboard() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let browser = Chromium::at_url(Look::Light, &served.url).await;
    browser.open("/jobs/picletter-reports").await;
    browser.see("#live:not([hidden])").await;
    let session = &browser.session;
    let link = browser.see("#run-now").await;
    session.type_into(&link, "\u{e007}").await.unwrap();
    browser.see("dialog[open] button").await;
    let button = session.focused().await.unwrap();
    session.type_into(&button, "\u{e007}").await.unwrap();
    browser.see("#status .badge.good").await;
    browser.see("#runs .badge.going").await;
    // The focus is back on the link.
    let focused = session.focused().await.unwrap();
    assert_eq!(session.attribute(&focused, "id").await.unwrap(), "run-now");
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn an_outage_appears_and_disappears_without_a_reload() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    let browser = Chromium::at_url(Look::Light, &served.url).await;
    browser.ask("window.marked = true").await;
    fixture.lose_azure();
    browser.see("#outages [data-vendor=\"Azure\"]").await;
    browser.see("#jobs tr[data-job=\"reports\"]").await;
    browser.keep_picture("outage-light").await;
    fixture.change(|_, outages| outages.clear());
    browser.see("#outages:empty").await;
    assert_eq!(browser.ask("return window.marked").await, json!(true));
}
