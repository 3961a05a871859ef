//! The page of a file with several jobs.

use reqwest::StatusCode;

use crate::page::try_page::{TryPage, contains};

#[tokio::test]
async fn shows_jobs_side_by_side_after_a_run_of_each() {
    let try_page = TryPage::with_jobs();
    let page = try_page.page().await;
    contains(&page.0, &["<strong>my-shop</strong>, 3 jobs"]);
    assert_eq!(page.outcomes(), ["succeeded"; 3]);
    let jobs = page.card("jobs");
    for (number, job) in [(1, "reports"), (2, "cleanup"), (3, "digest")] {
        contains(
            jobs,
            &[
                &format!("data-job=\"{job}\""),
                &format!("#{number}"),
                "succeeded",
            ],
        );
        contains(page.card("runs"), &[&format!("<strong>{job}</strong>")]);
    }
    // The page shows the details of the last run, with its job.
    contains(page.card("run"), &["<dt>Job</dt><dd>digest</dd>"]);
}

#[tokio::test]
async fn shows_due_times_of_all_jobs_in_one_calendar() {
    let try_page = TryPage::with_jobs();
    let page = try_page.after("/days", "none").await;
    let schedule = page.card("schedule");
    contains(schedule, &["6 due", "#1 #2 #3"]);
    // The simulated day has a run of `cleanup` at midnight.
    contains(
        schedule,
        &["6 runs", "aria-label=\"cleanup: succeeded, 18:00\""],
    );
    contains(page.within("id=\"next\"", "</ol>"), &["cleanup"]);
}

#[tokio::test]
async fn runs_the_selected_job_or_all() {
    let try_page = TryPage::with_jobs();
    let page = try_page.after("/runs", "none&job=picletter-cleanup").await;
    assert_eq!(page.outcomes().len(), 4);
    contains(page.card("run"), &["<dt>Job</dt><dd>cleanup</dd>"]);

    // Without a selection, the form runs all jobs.
    let page = try_page.after("/runs", "none&job=").await;
    assert_eq!(page.outcomes(), ["succeeded"; 7]);

    let refused = try_page.form("/runs", "fault=none&job=other");
    let refused = refused
        .header("origin", &try_page.url)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.text().await.unwrap(), "There is no such job.\n");
}

#[tokio::test]
async fn simulates_a_day_of_all_jobs_or_of_the_selected_one() {
    let try_page = TryPage::with_jobs();
    let page = try_page.after("/days", "none").await;
    contains(page.status(), &[" passed: 6 runs."]);
    let page = try_page.after("/days", "hang&job=picletter-reports").await;
    contains(page.status(), &[" passed: 1 run, 1 failed."]);
    contains(
        page.card("run"),
        &["<dt>Job</dt><dd>reports</dd>", "no_report"],
    );
}

#[tokio::test]
async fn shows_only_the_alert_about_each_run() {
    let try_page = TryPage::with_jobs();
    let page = try_page.after("/days", "sendgrid").await;
    assert_eq!(page.card("runs").matches("\"refused\"").count(), 6);
    for run in page.run_paths().into_iter().take(6) {
        let page = try_page.text(run).await;
        assert_eq!(page.matches("data-kind=\"alert\"").count(), 1, "{run}");
    }
}

#[tokio::test]
async fn has_no_job_selection_for_a_single_job() {
    let page = TryPage::start().page().await;
    assert!(!page.0.contains("<select"), "{}", page.0);
    contains(&page.0, &["workflow <strong>picletter</strong>"]);
}
