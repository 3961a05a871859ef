//! Who uses a screen reader, a keyboard or large contrasts is not kept out, as far as axe-core tells.

use std::fs;

use serde_json::Value;

use picletter::dashboard::report;
use picletter::dashboard::source::Source as _;

use crate::browser::chromium::{Chromium, Look};
use crate::browser::dashboard::paths;
use crate::browser::left;
use crate::dashboard_pages::fixture::{Fixture, Served};

/// Yields a line for each violation.
const RUN: &str = "const done = arguments[0];
    axe.run().then(
        (found) => done(found.violations.flatMap((one) => one.nodes.map(
            (node) => `${one.id}: ${node.target}: ${node.failureSummary}`))),
        (error) => done([String(error)]))";

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn axe_finds_no_violations() {
    let axe = std::env::var("AXE_JS").expect("AXE_JS is to name axe.min.js of npm's axe-core");
    let axe = fs::read_to_string(axe).unwrap();
    for look in Look::ALL {
        let browser = Chromium::start(look).await;
        violations(&browser, &axe, "/").await;
        browser.press("#run-now", "sendgrid").await;
        browser.see("#run [data-outcome=\"refused\"]").await;
        browser.press("#pass-day", "overlap").await;
        browser.see("#run [data-outcome=\"skipped\"]").await;
        let run = browser.run_path().await;
        for path in ["/", &*run, "/mails/1", "/none"] {
            violations(&browser, &axe, path).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn axe_finds_no_violations_on_the_page_of_several_jobs() {
    let axe = std::env::var("AXE_JS").expect("AXE_JS is to name axe.min.js of npm's axe-core");
    let axe = fs::read_to_string(axe).unwrap();
    for look in Look::ALL {
        let browser = Chromium::of_jobs(look).await;
        browser.press("#pass-day", "sendgrid").await;
        browser.see("#run [data-outcome=\"refused\"]").await;
        violations(&browser, &axe, "/").await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn axe_finds_no_violations_on_the_dashboard_and_the_report() {
    let axe = std::env::var("AXE_JS").expect("AXE_JS is to name axe.min.js of npm's axe-core");
    let axe = fs::read_to_string(axe).unwrap();
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_azure();
    let report = left("report.html");
    fs::write(&report, report::html(&fixture.board())).unwrap();
    for look in Look::ALL {
        let browser = Chromium::at_url(look, &served.url).await;
        for (_, path) in paths(&fixture) {
            violations(&browser, &axe, &path).await;
        }
        let report = format!("file://{}", report.display());
        browser.session.open(&report).await.unwrap();
        on_page(&browser, &axe, "report").await;
    }
}

/// Fails where there are any on a page, with all open that can be.
async fn violations(browser: &Chromium, axe: &str, path: &str) {
    browser.open(path).await;
    on_page(browser, axe, path).await;
}

async fn on_page(browser: &Chromium, axe: &str, path: &str) {
    browser
        .ask("for (const one of document.querySelectorAll('details')) one.open = true")
        .await;
    browser.ask(axe).await;
    let found = browser.session.wait_for(RUN, &[]).await.unwrap();
    assert_eq!(found, Value::Array(Vec::new()), "{path}: {found:#}");
}
