//! Injected failures have the described effect, once.

use crate::page::try_page::{TryPage, contains};

#[tokio::test]
async fn run_now_sends_another_mail() {
    let try_page = TryPage::start();
    let page = try_page.after("/runs", "none").await;
    assert_eq!(page.outcomes(), ["succeeded"; 2]);
    assert_eq!(page.mails(), 2);
    contains(page.card("run"), &["real, with the real worker"]);
}

#[tokio::test]
async fn picture_hosts_down_sends_an_alert_and_no_mail() {
    let try_page = TryPage::start();
    let page = try_page.after("/runs", "picture-host").await;
    contains(
        page.card("run"),
        &[
            "data-outcome=\"unavailable\"",
            "wikimedia answered 503 Service Unavailable",
            "The picture hosts are down",
            "exit status 69",
            "data-kind=\"alert\"",
            "data-action=\"Post_alert\" data-status=\"Succeeded\"",
        ],
    );
    contains(page.card("alerts"), &["my-picletter failed: unavailable"]);
    assert_eq!(page.mails(), 1);

    let page = try_page.after("/runs", "none").await;
    assert_eq!(page.outcomes(), ["succeeded", "unavailable", "succeeded"]);
    assert_eq!(page.mails(), 2);
}

#[tokio::test]
async fn refusal_shows_the_message_of_sendgrid() {
    let try_page = TryPage::start();
    let page = try_page.after("/runs", "sendgrid").await;
    contains(
        page.card("run"),
        &[
            "data-outcome=\"refused\"",
            "does not match a verified Sender Identity",
            "exit status 77",
        ],
    );
    contains(page.card("alerts"), &["my-picletter failed: refused"]);
    contains(page.card("heartbeats"), &["77"]);
    assert_eq!(page.mails(), 1);
    assert_eq!(
        try_page.after("/runs", "none").await.outcomes()[0],
        "succeeded"
    );
}

#[tokio::test]
async fn hanging_dyno_ends_as_no_report_in_simulated_time() {
    let try_page = TryPage::start();
    let page = try_page.after("/runs", "hang").await;
    contains(
        page.card("run"),
        &[
            "data-outcome=\"no_report\"",
            "simulated, with a scripted dyno",
            "data-action=\"Run\" data-status=\"TimedOut\"",
        ],
    );
    contains(page.card("run"), &["exit status 137"]);
    contains(page.card("alerts"), &["my-picletter failed: no_report"]);
    assert_eq!(page.mails(), 1);
}

#[tokio::test]
async fn overlapping_run_is_skipped() {
    let try_page = TryPage::start();
    let page = try_page.after("/runs", "overlap").await;
    assert_eq!(page.outcomes(), ["skipped", "succeeded", "succeeded"]);
    contains(
        page.card("run"),
        &[
            "data-outcome=\"skipped\"",
            "the dyno of a previous run was still active",
            "data-action=\"Skipped_as_previous_run_is_active\"",
        ],
    );
    assert_eq!(page.mails(), 2);
    contains(page.card("alerts"), &["No alerts."]);
}

const DAILY: &str = "every = \"day\"\nat = \"08:30\"\n";

#[tokio::test]
async fn overlapping_run_replaces_the_previous_one() {
    let try_page = TryPage::with_schedule(&format!("{DAILY}overlap = \"replace\""));
    let page = try_page.page().await;
    contains(&page.0, &["the first run is replaced"]);
    let page = try_page.after("/runs", "overlap").await;
    assert_eq!(page.outcomes(), ["succeeded", "skipped", "succeeded"]);
    assert_eq!(page.mails(), 2);
    let replaced = try_page.text(page.run_paths()[1]).await;
    contains(&replaced, &["a later run stopped its dyno", "SIGTERM"]);
}

#[tokio::test]
async fn overlapping_run_waits_and_further_runs_are_refused() {
    let try_page = TryPage::with_schedule(&format!("{DAILY}overlap = \"queue\""));
    try_page.submit("/runs", "overlap").await;
    contains(try_page.page().await.status(), &["A run is in progress."]);
    let page = try_page.after("/runs", "sendgrid").await;
    assert_eq!(page.outcomes(), ["succeeded"; 3]);
    assert_eq!(page.mails(), 3);
}

#[tokio::test]
async fn overlapping_runs_both_run_if_allowed() {
    let try_page = TryPage::with_schedule(&format!("{DAILY}overlap = \"allow\""));
    let page = try_page.after("/runs", "overlap").await;
    assert_eq!(page.outcomes(), ["succeeded"; 3]);
    assert_eq!(page.mails(), 3);
}

#[tokio::test]
async fn simulates_a_day_with_runs_and_outcomes() {
    let try_page = TryPage::start();
    let next = |page: &str| page.split("datetime=\"").nth(1).unwrap()[..10].to_owned();
    let before = next(try_page.page().await.within("id=\"next\"", "</ol>"));
    let page = try_page.after("/days", "none").await;
    contains(page.status(), &[" passed: 1 run."]);
    assert_eq!(page.outcomes(), ["succeeded"; 2]);
    contains(page.card("run"), &[", 08:30:00", "simulated"]);

    let page = try_page.after("/days", "sendgrid").await;
    contains(page.status(), &[" passed: 1 run, 1 failed."]);
    assert_eq!(page.outcomes(), ["refused", "succeeded", "succeeded"]);
    let schedule = page.card("schedule");
    contains(
        schedule,
        &[
            "aria-label=\"succeeded, 08:30\"",
            "aria-label=\"refused, 08:30\"",
        ],
    );
    assert!(next(page.within("id=\"next\"", "</ol>")) > before);
    // Scripted dynos send no mail.
    assert_eq!(page.mails(), 1);
}

#[tokio::test]
async fn overlap_adds_a_run_to_the_simulated_day() {
    let try_page = TryPage::start();
    let page = try_page.after("/days", "overlap").await;
    contains(page.status(), &[" passed: 2 runs, 1 skipped."]);
    assert_eq!(page.outcomes(), ["skipped", "succeeded", "succeeded"]);
}

#[tokio::test]
async fn counts_many_runs_of_a_day() {
    let try_page = TryPage::with_schedule("every = \"hour\"");
    let page = try_page.after("/days", "none").await;
    contains(page.status(), &[" passed: 24 runs."]);
    contains(page.card("runs"), &["and 13 older"]);
    contains(page.card("schedule"), &["24 runs", "24 due"]);
}

#[tokio::test]
async fn refuses_a_day_with_too_many_runs() {
    let try_page = TryPage::with_schedule("every = \"30 seconds\"");
    let page = try_page.after("/days", "none").await;
    contains(page.status(), &["more than 1440 runs"]);
    // The first run, and a scheduled run if one was due at that time.
    assert!(page.outcomes().len() <= 2, "{:?}", page.outcomes());
}
