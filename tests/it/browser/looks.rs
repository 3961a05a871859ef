//! How it looks: in light and dark, and on a phone.

use std::fs;

use serde_json::json;

use crate::browser::chromium::{Chromium, Look};
use crate::browser::left;
use picletter_test_support::loopback;

/// The background behind everything, from 0 (black) to 255.
const BRIGHTNESS: &str = "const colour = getComputedStyle(document.body).backgroundColor;
    const page = getComputedStyle(document.documentElement).backgroundColor;
    const [red, green, blue, alpha] = (colour.startsWith('rgba(0, 0, 0, 0') ? page : colour).match(/[\\d.]+/g);
    return alpha === '0' ? null : (Number(red) + Number(green) + Number(blue)) / 3";

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn it_is_dark_where_the_person_wants_it() {
    for look in [Look::Light, Look::Dark] {
        let browser = Chromium::start(look).await;
        for (path, name) in [("/", "page"), ("/mails/1", "mail")] {
            browser.open(path).await;
            let background = browser.ask(BRIGHTNESS).await.as_f64().unwrap();
            match look {
                Look::Dark => assert!(background < 64.0, "{path}: {background}"),
                _ => assert!(background > 192.0, "{path}: {background}"),
            }
            browser
                .keep_picture(&format!("{name}-{}", look.name()))
                .await;
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn nothing_is_cut_off_on_a_phone() {
    let browser = Chromium::start(Look::Narrow).await;
    browser.press("#run-now", "sendgrid").await;
    browser.see("#run [data-outcome=\"refused\"]").await;
    browser.press("#pass-day", "hang").await;
    browser.see("#run [data-outcome=\"no_report\"]").await;
    for (path, name) in [("/", "page"), ("/mails/1", "mail")] {
        browser.open(path).await;
        // All that can be open is.
        let widths = browser.ask(
            "for (const one of document.querySelectorAll('details')) one.open = true;
            return [document.documentElement.scrollWidth, innerWidth, screen.width]",
        );
        let widths = widths.await;
        assert_eq!(widths, json!([360, 360, 360]), "{path}");
        browser.open(path).await;
        browser.keep_picture(&format!("{name}-narrow")).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn its_html_is_left_to_be_validated() {
    let browser = Chromium::start(Look::Light).await;
    browser.press("#run-now", "sendgrid").await;
    browser.see("#run [data-outcome=\"refused\"]").await;
    browser.press("#pass-day", "overlap").await;
    browser.see("#run [data-outcome=\"skipped\"]").await;
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
        fs::write(left(&format!("{name}.html")), html).unwrap();
    }
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn nothing_of_several_jobs_is_cut_off_on_a_phone() {
    for look in [Look::Narrow, Look::Light] {
        let browser = Chromium::of_jobs(look).await;
        browser.press("#pass-day", "none").await;
        browser.see("#runs li:nth-child(9)").await;
        let width = "return document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(browser.ask(width).await, json!(true), "{}", look.name());
        let jobs = "document.querySelector('#jobs').scrollIntoView()";
        browser.ask(jobs).await;
        browser.keep_picture(&format!("jobs-{}", look.name())).await;
        let client = loopback::client();
        let page = client.get(browser.url.clone() + "/").send().await.unwrap();
        fs::write(left("jobs.html"), page.text().await.unwrap()).unwrap();
    }
}
