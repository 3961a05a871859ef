//! A run uses one date, the one for which it was scheduled, even if it starts early or crosses
//! midnight.

use std::time::SystemTime;

use jiff::Timestamp;
use picletter_worker::budget::Stop;
use picletter_worker::outcome::Outcome;
use picletter_worker::settings::{self, Variables};

use crate::job::process::Worker;
use crate::job::server::Server;
use crate::job::sources::serve_wikimedia;

#[test]
fn uses_the_start_date_if_the_run_crosses_midnight() {
    check_date("2026-03-09", "2026-03-09T23:59:59Z", None);
}

#[test]
fn uses_the_scheduled_date() {
    check_date("2026-03-10", "2026-03-09T23:59:59Z", Some("2026-03-10"));
    check_date("2026-03-09", "2026-03-10T00:40:00Z", Some("2026-03-09"));
}

#[test]
fn ignores_an_invalid_scheduled_date() {
    for date in [
        "",
        "tomorrow",
        "2026-02-30",
        "2026-13-01",
        "99999999999999999999",
    ] {
        check_date("2026-03-09", "2026-03-09T12:00:00Z", Some(date));
    }
}

/// Checks that a run at `now` uses the picture and the mail for `date`.
fn check_date(date: &str, now: &str, scheduled: Option<&str>) {
    let server = Server::start();
    serve_wikimedia(&server);
    let mut worker = Worker::for_server(&server)
        .without("PICTURE_URL")
        .var("PICTURE_SOURCES", "wikimedia")
        .var("MAIL_SUBJECT", "{date}")
        .var(
            "SSL_CERT_FILE",
            server.authority_file().path().display().to_string(),
        );
    if let Some(scheduled) = scheduled {
        worker = worker.var("RUN_DATE", scheduled);
    }
    let vars = worker.into_vars();
    let mut variables = settings::read(&vars.into_iter().collect::<Variables>(), None);
    variables.log = variables.log.to_stderr();
    let now: Timestamp = now.parse().unwrap();
    let (_sender, stop) = Stop::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let run = picletter_worker::run(variables, None, SystemTime::try_from(now).unwrap(), &stop);
    let report = runtime.block_on(run);
    assert_eq!(report.outcome, Outcome::Sent, "{report:?}");
    let requests = server.requests_to("GET", "/wikimedia/");
    let day = date.replace('-', "/");
    assert_eq!(requests[0].path, format!("/wikimedia/feed/featured/{day}"));
    let mail = server.mails()[0].json();
    assert_eq!(mail["subject"], date);
    assert_eq!(
        mail["attachments"][0]["filename"],
        format!("picletter-{date}.jpg")
    );
    for part in [0, 1] {
        let text = mail["content"][part]["value"].as_str().unwrap();
        assert!(text.contains(date), "{text}");
    }
}
