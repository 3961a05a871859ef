//! A run is of one day, even when it crosses midnight.

use std::time::SystemTime;

use jiff::Timestamp;
use picletter::job::budget::Stop;
use picletter::job::outcome::Outcome;
use picletter::job::settings::{self, Variables};

use crate::process::Worker;
use crate::server::Server;
use crate::sources::serve_wikimedia;

#[test]
fn a_run_that_starts_at_23_59_59_is_of_that_day_throughout() {
    let server = Server::start();
    serve_wikimedia(&server);
    let vars = Worker::of(&server)
        .without("PICTURE_URL")
        .var("PICTURE_SOURCES", "wikimedia")
        .var("MAIL_SUBJECT", "{date}")
        .var(
            "SSL_CERT_FILE",
            server.authority_file().path().display().to_string(),
        )
        .into_vars();
    let mut reading = settings::read(&vars.into_iter().collect::<Variables>(), None);
    reading.log = reading.log.to_stderr();
    let now: Timestamp = "2026-03-09T23:59:59Z".parse().unwrap();
    let (_sender, stop) = Stop::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let run = picletter::job::run(reading, None, SystemTime::try_from(now).unwrap(), &stop);
    let report = runtime.block_on(run);
    assert_eq!(report.outcome, Outcome::Sent, "{report:?}");
    let asked = server.requests_to("GET", "/wikimedia/");
    assert_eq!(asked[0].path, "/wikimedia/feed/featured/2026/03/09");
    let mail = server.mails()[0].json();
    assert_eq!(mail["subject"], "2026-03-09");
    assert_eq!(
        mail["attachments"][0]["filename"],
        "picletter-2026-03-09.jpg"
    );
    for part in [0, 1] {
        let text = mail["content"][part]["value"].as_str().unwrap();
        assert!(text.contains("2026-03-09"), "{text}");
    }
}
