//! What a person does on the page, and sees of it without a reload.

use serde_json::json;

use crate::browser::chromium::{Chromium, Look};
use picletter_test_support::loopback;

const MARK: &str = "window.marked = true";

/// The page has not been loaded again since it was marked.
async fn was_not_reloaded(browser: &Chromium) {
    assert_eq!(browser.ask("return window.marked").await, json!(true));
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn a_run_appears_without_a_reload() {
    let browser = Chromium::start(Look::Light).await;
    browser.ask(MARK).await;
    let first = browser.run_id().await;
    browser.press("#run-now", "none").await;
    let newer = format!("#run [data-run]:not([data-run=\"{first}\"])[data-state=\"ended\"]");
    browser.see(&newer).await;
    browser
        .see("#runs li:first-child[data-outcome=\"succeeded\"] ~ li")
        .await;
    browser.see("#inbox a[href=\"/mails/2\"]").await;
    was_not_reloaded(&browser).await;
    assert_ne!(browser.run_id().await, first);
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn what_is_read_stays_as_it_is() {
    let browser = Chromium::start(Look::Light).await;
    browser.open(&browser.run_path().await).await;
    browser.ask(MARK).await;
    let action = "#run [data-action=\"List_dynos\"]";
    browser.click(&format!("{action} summary")).await;
    let form = loopback::client().post(browser.url.clone() + "/days");
    let form = form.header("origin", &browser.url).body("fault=none");
    assert!(form.send().await.unwrap().status().is_redirection());
    browser.see("#runs li:nth-child(2)").await;
    browser.see(&format!("{action} details[open] .json")).await;
    was_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn the_picture_of_the_mail_renders() {
    let browser = Chromium::start(Look::Light).await;
    rendered(&browser, "#inbox img.preview").await;

    browser.click("#inbox a[href=\"/mails/1\"]").await;
    let frame = browser.see("iframe").await;
    browser.session.enter(&frame).await.unwrap();
    browser.see("img").await;
    rendered(&browser, "img").await;
}

/// Fails where a picture cannot be decoded.
async fn rendered(browser: &Chromium, css: &str) {
    let picture = browser.see(css).await;
    let decode = "const [picture, done] = arguments;
        picture.scrollIntoView();
        picture.decode().then(() => done(picture.naturalWidth), (error) => done(String(error)))";
    let width = browser.session.wait_for(decode, &[picture.0]).await;
    let width = width.unwrap();
    assert!(width.as_u64() > Some(0), "{css}: {width}");
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn each_switch_brings_about_what_it_promises() {
    let browser = Chromium::start(Look::Light).await;
    browser.ask(MARK).await;
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
        let promise = browser.ask(&promise).await;
        assert!(promise.as_str().unwrap().contains(outcome), "{promise}");

        browser.press("#run-now", fault).await;
        let ended = format!("#run [data-outcome=\"{outcome}\"][data-state=\"ended\"]");
        browser.see(&ended).await;
        browser
            .see(&format!("#runs li:first-child[data-outcome=\"{outcome}\"]"))
            .await;
        browser.see(also).await;
        // While a run is in progress, the next would be refused.
        browser.see("#status:not(:has(.badge.going))").await;
    }
    was_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn a_day_passes() {
    let browser = Chromium::start(Look::Light).await;
    browser.ask(MARK).await;
    let next = "return document.querySelector('#next time').dateTime";
    let before = browser.ask(next).await;
    browser.press("#pass-day", "none").await;
    browser
        .see("#schedule a.mark[aria-label=\"succeeded, 08:30\"]")
        .await;
    browser.see("#status:not(:has(.badge.going))").await;
    let status = browser.ask("return document.querySelector('#status').textContent");
    let status = status.await;
    assert!(
        status.as_str().unwrap().contains(" passed: 1 run."),
        "{status}"
    );
    let after = browser.ask(next).await;
    assert!(after.as_str() > before.as_str(), "{after} after {before}");
    was_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn the_chosen_job_runs() {
    let browser = Chromium::of_jobs(Look::Light).await;
    browser.ask(MARK).await;
    browser
        .click("#job-choice option[value=\"picletter-cleanup\"]")
        .await;
    browser.press("#run-now", "sendgrid").await;
    browser
        .see("#jobs tr[data-job=\"cleanup\"] .badge.bad")
        .await;
    browser.see("#status:not(:has(.badge.going))").await;
    let failed = "return document.querySelectorAll('#jobs .badge.bad').length";
    assert_eq!(browser.ask(failed).await, json!(1));
    was_not_reloaded(&browser).await;
}

#[tokio::test]
#[ignore = "needs Chromium: ci/browser"]
async fn the_keyboard_is_enough() {
    let browser = Chromium::start(Look::Light).await;
    let first = browser.run_id().await;
    let choice = browser.see("#fault-none").await;
    // Down to the next of the choices, and two on to the buttons; Enter sends the form.
    let session = &browser.session;
    session.type_into(&choice, "\u{e015}").await.unwrap();
    let chosen = session.focused().await.unwrap();
    session.type_into(&chosen, "\u{e004}").await.unwrap();
    let button = session.focused().await.unwrap();
    assert_eq!(session.attribute(&button, "id").await.unwrap(), "run-now");
    session.type_into(&button, "\u{e007}").await.unwrap();
    browser
        .see(&format!(
            "#run [data-outcome=\"unavailable\"]:not([data-run=\"{first}\"])"
        ))
        .await;
}
