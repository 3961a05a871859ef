//! Accessibility, as far as axe-core checks it.

use std::fs;

use serde_json::Value;

use picletter::dashboard::report;
use picletter::dashboard::source::Source as _;

use crate::browser::chromium::{Appearance, Chromium};
use crate::browser::dashboard::paths;
use crate::browser::output_path;
use crate::dashboard_pages::fixture::{Fixture, Served};

/// Runs axe-core. Returns a line for each violation.
const RUN_AXE: &str = "const done = arguments[0];
    axe.run().then(
        (found) => done(found.violations.flatMap((one) => one.nodes.map(
            (node) => `${one.id}: ${node.target}: ${node.failureSummary}`))),
        (error) => done([String(error)]))";

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn axe_finds_no_violations() {
    let axe = std::env::var("AXE_JS").expect("set AXE_JS to the path of axe-core's axe.min.js");
    let axe = fs::read_to_string(axe).unwrap();
    for appearance in Appearance::ALL {
        let browser = Chromium::start(appearance).await;
        assert_no_violations(&browser, &axe, "/").await;
        browser.submit_form("#run-now", "sendgrid").await;
        browser.wait_for("#run [data-outcome=\"refused\"]").await;
        browser.submit_form("#pass-day", "overlap").await;
        browser.wait_for("#run [data-outcome=\"skipped\"]").await;
        let run = browser.run_path().await;
        for path in ["/", &*run, "/mails/1", "/none"] {
            assert_no_violations(&browser, &axe, path).await;
        }
    }
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn axe_finds_no_violations_on_the_page_of_several_jobs() {
    let axe = std::env::var("AXE_JS").expect("set AXE_JS to the path of axe-core's axe.min.js");
    let axe = fs::read_to_string(axe).unwrap();
    for appearance in Appearance::ALL {
        let browser = Chromium::with_jobs(appearance).await;
        browser.submit_form("#pass-day", "sendgrid").await;
        browser.wait_for("#run [data-outcome=\"refused\"]").await;
        assert_no_violations(&browser, &axe, "/").await;
    }
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn axe_finds_no_violations_on_the_dashboard_and_the_report() {
    let axe = std::env::var("AXE_JS").expect("set AXE_JS to the path of axe-core's axe.min.js");
    let axe = fs::read_to_string(axe).unwrap();
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_azure();
    let report = output_path("report.html");
    fs::write(&report, report::html(&fixture.board())).unwrap();
    for appearance in Appearance::ALL {
        let browser = Chromium::at_url(appearance, &served.url).await;
        for (_, path) in paths(&fixture) {
            assert_no_violations(&browser, &axe, &path).await;
        }
        let report = format!("file://{}", report.display());
        browser.session.open(&report).await.unwrap();
        assert_no_violations_here(&browser, &axe, "report").await;
    }
}

/// Checks a page with all `details` elements open.
async fn assert_no_violations(browser: &Chromium, axe: &str, path: &str) {
    browser.open(path).await;
    assert_no_violations_here(browser, axe, path).await;
}

async fn assert_no_violations_here(browser: &Chromium, axe: &str, path: &str) {
    browser
        .evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        .await;
    browser.evaluate(axe).await;
    let found = browser
        .session
        .run_async_script(RUN_AXE, &[])
        .await
        .unwrap();
    assert_eq!(found, Value::Array(Vec::new()), "{path}: {found:#}");
}
