//! A run is of one day: of that for which it was scheduled, even when it starts early or crosses
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
fn a_run_that_starts_at_23_59_59_is_of_that_day_throughout() {
    is_of("2026-03-09", "2026-03-09T23:59:59Z", None);
}

#[test]
fn a_run_is_of_the_day_that_it_was_scheduled_for() {
    is_of("2026-03-10", "2026-03-09T23:59:59Z", Some("2026-03-10"));
    is_of("2026-03-09", "2026-03-10T00:40:00Z", Some("2026-03-09"));
}

#[test]
fn a_scheduled_date_that_is_none_is_ignored() {
    for date in [
        "",
        "tomorrow",
        "2026-02-30",
        "2026-13-01",
        "99999999999999999999",
    ] {
        is_of("2026-03-09", "2026-03-09T12:00:00Z", Some(date));
    }
}

/// The picture and the mail of a run that starts at `now` are those of `date`.
fn is_of(date: &str, now: &str, scheduled: Option<&str>) {
    let server = Server::start();
    serve_wikimedia(&server);
    let mut worker = Worker::of(&server)
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
    let mut reading = settings::read(&vars.into_iter().collect::<Variables>(), None);
    reading.log = reading.log.to_stderr();
    let now: Timestamp = now.parse().unwrap();
    let (_sender, stop) = Stop::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let run = picletter_worker::run(reading, None, SystemTime::try_from(now).unwrap(), &stop);
    let report = runtime.block_on(run);
    assert_eq!(report.outcome, Outcome::Sent, "{report:?}");
    let asked = server.requests_to("GET", "/wikimedia/");
    let day = date.replace('-', "/");
    assert_eq!(asked[0].path, format!("/wikimedia/feed/featured/{day}"));
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
