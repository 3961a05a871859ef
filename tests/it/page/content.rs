//! The content of the page.

use reqwest::StatusCode;

use picletter::r#try::Trial;

use crate::page::try_page::{TryPage, contains};
use picletter_test_support::loopback;

#[tokio::test]
async fn shows_all_details_of_a_run() {
    let try_page = TryPage::start();
    let page = try_page.page().await;
    in_order(page.card("run"));
    // Also for actions at the same simulated time.
    in_order(try_page.after("/days", "none").await.card("run"));
    contains(
        &page.0,
        &[
            "<strong>my-picletter</strong>",
            "Times are in Europe/Berlin.",
        ],
    );
    contains(page.status(), &["succeeded", "Last run succeeded."]);

    let run = page.card("run");
    contains(
        run,
        &[
            "data-outcome=\"succeeded\" data-state=\"ended\"",
            " executions",
            "event=picture_fetched source=wikimedia",
            "outcome=sent exit_code=0",
            "&quot;outcome&quot;: &quot;sent&quot;",
            "exit status 0",
        ],
    );
    contains(
        page.action("List_dynos"),
        &[
            "<details",
            "<summary>",
            "Outputs",
            "&quot;statusCode&quot;: 200",
        ],
    );
    assert!(
        !run.contains("data-action=\"Post_alert\""),
        "it was skipped"
    );
    contains(page.within("id=\"skipped\"", "</details>"), &["Post_alert"]);

    contains(
        page.card("inbox"),
        &["1 mail ", "/mails/1", "src=\"/mails/1/attachments/0\""],
    );
    contains(page.card("dynos"), &["No dyno is running."]);
    contains(page.card("alerts"), &["No alerts."]);
    contains(page.card("heartbeats"), &["start", "0"]);
    let schedule = page.card("schedule");
    contains(
        schedule,
        &["aria-label=\"succeeded, ", "class=\"due\">08:30"],
    );
    assert_eq!(
        page.within("id=\"next\"", "</ol>")
            .matches(", 08:30")
            .count(),
        3
    );
}

fn in_order(run: &str) {
    let order: Vec<_> = [
        "data-kind=\"trigger\"",
        "data-action=\"List_dynos\" data-status=\"Succeeded\"",
        "data-action=\"Guard\"",
        "data-action=\"Run\"",
        "data-kind=\"dyno\"",
        "data-kind=\"log\"",
        "data-kind=\"report\"",
        "data-action=\"Outcome\"",
        "data-kind=\"end\"",
    ]
    .map(|part| run.find(part).unwrap_or_else(|| panic!("no {part}")))
    .into();
    assert!(order.is_sorted(), "{order:?} in {run}");
}

#[tokio::test]
async fn hides_secured_values() {
    let try_page = TryPage::start();
    for page in [
        try_page.page().await,
        try_page.after("/runs", "sendgrid").await,
        try_page.after("/days", "picture-host").await,
    ] {
        for action in ["List_dynos", "Run"] {
            let shown = page.action(action);
            contains(shown, &["data-secured=\"inputs\"", "Outputs"]);
            assert!(!shown.contains(">Inputs</p>"), "{shown}");
        }
        // Tokens of Heroku and SendGrid, callback addresses, and the webhook.
        for secret in ["HRKU-", "Bearer ", "SG.", "sig=", "services/"] {
            assert!(!page.0.contains(secret), "{secret} in {}", page.0);
        }
    }
}

#[tokio::test]
async fn each_run_has_a_page_of_its_own() {
    let try_page = TryPage::start();
    let page = try_page.page().await;
    let (first, path) = (page.runs()[0], page.run_paths()[0]);
    let newest = try_page.after("/runs", "sendgrid").await;
    contains(newest.card("run"), &["data-outcome=\"refused\""]);
    let older = try_page.text(path).await;
    contains(
        &older,
        &[
            &format!("class=\"run\" data-run=\"{first}\" data-outcome=\"succeeded\""),
            &format!("href=\"{path}\" aria-current=\"true\""),
        ],
    );
    let none = try_page.get("/jobs/picletter/runs/08584000000000000000000000000CU00");
    let none = none.await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn refuses_runs_before_the_deployment() {
    let trial = Trial::start(0).await.unwrap();
    let client = loopback::client();
    let url = trial.page_url();
    for path in ["/runs", "/days"] {
        let form = client.post(url.clone() + path).header("origin", &url);
        let answer = form.body("fault=none").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    let page = client.get(&url).send().await.unwrap();
    let page = page.text().await.unwrap();
    contains(
        &page,
        &["Nothing is deployed yet.", "No run has started yet."],
    );
    assert!(trial.sandbox().inbox().mails().is_empty());
}

#[tokio::test]
async fn sends_an_event_for_a_change() {
    let try_page = TryPage::start();
    let mut events = try_page.events().await;
    assert_eq!(events.media_type(), "text/event-stream");
    try_page.submit("/runs", "none").await;
    let event = events.next().await;
    assert!(event.starts_with("event: change\ndata: "), "{event}");
    assert!(event.ends_with("\n\n"), "{event}");
}
