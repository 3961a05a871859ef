//! Changes of the page without a reload, and input by mouse and keyboard.

use serde_json::json;

use crate::browser::chromium::{Appearance, Chromium};
use picletter_test_support::loopback;

const SET_MARKER: &str = "window.marker = true";

/// Checks that the page was not reloaded since [`SET_MARKER`].
async fn assert_not_reloaded(browser: &Chromium) {
    assert_eq!(browser.evaluate("return window.marker").await, json!(true));
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn a_run_appears_without_a_reload() {
    let browser = Chromium::start(Appearance::Light).await;
    browser.evaluate(SET_MARKER).await;
    let first = browser.run_id().await;
    browser.submit_form("#run-now", "none").await;
    let newer = format!("#run [data-run]:not([data-run=\"{first}\"])[data-state=\"ended\"]");
    browser.wait_for(&newer).await;
    browser
        .wait_for("#runs li:first-child[data-outcome=\"succeeded\"] ~ li")
        .await;
    browser.wait_for("#inbox a[href=\"/mails/2\"]").await;
    assert_not_reloaded(&browser).await;
    assert_ne!(browser.run_id().await, first);
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn open_details_stay_open_after_an_update() {
    let browser = Chromium::start(Appearance::Light).await;
    browser.open(&browser.run_path().await).await;
    browser.evaluate(SET_MARKER).await;
    let action = "#run [data-action=\"List_dynos\"]";
    browser.click(&format!("{action} summary")).await;
    let form = loopback::client().post(browser.url.clone() + "/days");
    let form = form.header("origin", &browser.url).body("fault=none");
    assert!(form.send().await.unwrap().status().is_redirection());
    browser.wait_for("#runs li:nth-child(2)").await;
    browser
        .wait_for(&format!("{action} details[open] .json"))
        .await;
    assert_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn browser_decodes_the_picture_of_the_mail() {
    let browser = Chromium::start(Appearance::Light).await;
    assert_decoded(&browser, "#inbox img.preview").await;

    browser.click("#inbox a[href=\"/mails/1\"]").await;
    let frame = browser.wait_for("iframe").await;
    browser.session.enter(&frame).await.unwrap();
    browser.wait_for("img").await;
    assert_decoded(&browser, "img").await;
}

/// Checks that the browser can decode a picture.
async fn assert_decoded(browser: &Chromium, css: &str) {
    let picture = browser.wait_for(css).await;
    let decode = "const [picture, done] = arguments;
        picture.scrollIntoView();
        picture.decode().then(() => done(picture.naturalWidth), (error) => done(String(error)))";
    let width = browser.session.run_async_script(decode, &[picture.0]).await;
    let width = width.unwrap();
    assert!(width.as_u64() > Some(0), "{css}: {width}");
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn each_scenario_has_the_described_effect() {
    let browser = Chromium::start(Appearance::Light).await;
    browser.evaluate(SET_MARKER).await;
    for (fault, outcome, also) in [
        ("picture-host", "unavailable", "#run [data-kind=\"alert\"]"),
        ("sendgrid", "refused", "#run [data-kind=\"alert\"]"),
        ("hang", "no_report", "#run [data-kind=\"alert\"]"),
        (
            "overlap",
            "skipped",
            "#run [data-action=\"Skipped_as_previous_run_is_active\"]",
        ),
    ] {
        let promise =
            format!("return document.querySelector('#fault-{fault}').closest('label').textContent");
        let promise = browser.evaluate(&promise).await;
        assert!(promise.as_str().unwrap().contains(outcome), "{promise}");

        browser.submit_form("#run-now", fault).await;
        let ended = format!("#run [data-outcome=\"{outcome}\"][data-state=\"ended\"]");
        browser.wait_for(&ended).await;
        browser
            .wait_for(&format!("#runs li:first-child[data-outcome=\"{outcome}\"]"))
            .await;
        browser.wait_for(also).await;
        // Another run would be refused while this one is in progress.
        browser.wait_for("#status:not(:has(.badge.going))").await;
    }
    assert_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn simulates_the_next_day() {
    let browser = Chromium::start(Appearance::Light).await;
    browser.evaluate(SET_MARKER).await;
    let next = "return document.querySelector('#next time').dateTime";
    let before = browser.evaluate(next).await;
    browser.submit_form("#pass-day", "none").await;
    browser
        .wait_for("#schedule a.mark[aria-label=\"succeeded, 08:30\"]")
        .await;
    browser.wait_for("#status:not(:has(.badge.going))").await;
    let status = browser.evaluate("return document.querySelector('#status').textContent");
    let status = status.await;
    assert!(
        status.as_str().unwrap().contains(" passed: 1 run."),
        "{status}"
    );
    let after = browser.evaluate(next).await;
    assert!(after.as_str() > before.as_str(), "{after} after {before}");
    assert_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn runs_the_selected_job() {
    let browser = Chromium::with_jobs(Appearance::Light).await;
    browser.evaluate(SET_MARKER).await;
    browser
        .click("#job-choice option[value=\"picletter-cleanup\"]")
        .await;
    browser.submit_form("#run-now", "sendgrid").await;
    browser
        .wait_for("#jobs tr[data-job=\"cleanup\"] .badge.bad")
        .await;
    browser.wait_for("#status:not(:has(.badge.going))").await;
    let failed = "return document.querySelectorAll('#jobs .badge.bad').length";
    assert_eq!(browser.evaluate(failed).await, json!(1));
    assert_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "requires Chromium; run ci/browser"]
async fn starts_a_run_with_the_keyboard() {
    let browser = Chromium::start(Appearance::Light).await;
    let first = browser.run_id().await;
    let choice = browser.wait_for("#fault-none").await;
    // The arrow key selects the next option, and Tab moves to the button. Enter submits the form.
    let session = &browser.session;
    session.type_into(&choice, "\u{e015}").await.unwrap();
    let chosen = session.focused().await.unwrap();
    session.type_into(&chosen, "\u{e004}").await.unwrap();
    let button = session.focused().await.unwrap();
    assert_eq!(session.attribute(&button, "id").await.unwrap(), "run-now");
    session.type_into(&button, "\u{e007}").await.unwrap();
    browser
        .wait_for(&format!(
            "#run [data-outcome=\"unavailable\"]:not([data-run=\"{first}\"])"
        ))
        .await;
}
