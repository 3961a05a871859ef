//! Light and dark mode, narrow screens, and HTML files for validation.

use std::fs;

use serde_json::json;

use crate::browser::chromium::{Appearance, Chromium};
use crate::browser::output_path;
use picletter_test_support::loopback;

/// The brightness of the page's background, from 0 (black) to 255.
const BRIGHTNESS: &str = "const colour = getComputedStyle(document.body).backgroundColor;
    const page = getComputedStyle(document.documentElement).backgroundColor;
    const [red, green, blue, alpha] = (colour.startsWith('rgba(0, 0, 0, 0') ? page : colour).match(/[\\d.]+/g);
    return alpha === '0' ? null : (Number(red) + Number(green) + Number(blue)) / 3";

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn follows_the_preferred_color_scheme() {
    for appearance in [Appearance::Light, Appearance::Dark] {
        let browser = Chromium::start(appearance).await;
        for (path, name) in [("/", "page"), ("/mails/1", "mail")] {
            browser.open(path).await;
            let background = browser.evaluate(BRIGHTNESS).await.as_f64().unwrap();
            match appearance {
                Appearance::Dark => assert!(background < 64.0, "{path}: {background}"),
                _ => assert!(background > 192.0, "{path}: {background}"),
            }
            browser
                .save_screenshot(&format!("{name}-{}", appearance.name()))
                .await;
        }
    }
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn page_fits_a_phone() {
    let browser = Chromium::start(Appearance::Narrow).await;
    browser.submit_form("#run-now", "sendgrid").await;
    browser.wait_for("#run [data-outcome=\"refused\"]").await;
    browser.submit_form("#pass-day", "hang").await;
    browser.wait_for("#run [data-outcome=\"no_report\"]").await;
    for (path, name) in [("/", "page"), ("/mails/1", "mail")] {
        browser.open(path).await;
        // With all `details` elements open.
        let widths = browser.evaluate(
            "for (const one of document.querySelectorAll('details')) one.open = true;
            return [document.documentElement.scrollWidth, innerWidth, screen.width]",
        );
        let widths = widths.await;
        assert_eq!(widths, json!([360, 360, 360]), "{path}");
        browser.open(path).await;
        browser.save_screenshot(&format!("{name}-narrow")).await;
    }
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn writes_html_for_validation() {
    let browser = Chromium::start(Appearance::Light).await;
    browser.submit_form("#run-now", "sendgrid").await;
    browser.wait_for("#run [data-outcome=\"refused\"]").await;
    browser.submit_form("#pass-day", "overlap").await;
    browser.wait_for("#run [data-outcome=\"skipped\"]").await;
    let client = loopback::client();
    let run = browser.run_path().await;
    for (path, name) in [
        ("/", "page"),
        (&*run, "run"),
        ("/mails/1", "mail"),
        ("/none", "none"),
    ] {
        let answer = client.get(browser.url.clone() + path).send().await.unwrap();
        let html = answer.text().await.unwrap();
        assert!(html.starts_with("<!DOCTYPE html>"), "{path}");
        fs::write(output_path(&format!("{name}.html")), html).unwrap();
    }
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn page_of_several_jobs_fits_a_phone() {
    for appearance in [Appearance::Narrow, Appearance::Light] {
        let browser = Chromium::with_jobs(appearance).await;
        browser.submit_form("#pass-day", "none").await;
        browser.wait_for("#runs li:nth-child(9)").await;
        let width = "return document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(
            browser.evaluate(width).await,
            json!(true),
            "{}",
            appearance.name()
        );
        let jobs = "document.querySelector('#jobs').scrollIntoView()";
        browser.evaluate(jobs).await;
        browser
            .save_screenshot(&format!("jobs-{}", appearance.name()))
            .await;
        let client = loopback::client();
        let page = client.get(browser.url.clone() + "/").send().await.unwrap();
        fs::write(output_path("jobs.html"), page.text().await.unwrap()).unwrap();
    }
}
