//! Reports to the callback, the heartbeat, and the log, without secrets.

use std::io;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use crate::job::process::{Ended, KEY, RECEIVER, Worker};
use crate::job::server::{CALLBACK, HEARTBEAT, MAIL, PHOTO, PICTURE, Server};
use crate::job::wire::{BOUND, Request, Wire};
use picletter_test_support::black_hole::BlackHole;

/// A callback URL with a signature in its query, as Azure creates it.
const SIGNED: &str = "/callback?api-version=2019-05-01&sig=s3cret-signature";

fn run_with_callback(
    deadline: &str,
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> (Server, Ended) {
    let server = Server::start();
    server.on("POST", CALLBACK, answer);
    let ended = Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(SIGNED))
        .var("HEARTBEAT_URL", server.url(HEARTBEAT))
        .var("RUN_DEADLINE", deadline)
        .run();
    ended.never_logged("s3cret");
    // A failed report must not change the outcome or repeat the mail.
    ended.expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
    (server, ended)
}

#[test]
fn posts_all_fields_to_the_callback() {
    let server = Server::start();
    Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(SIGNED))
        .var("RUN_ID", "from-the-variable")
        .var("DYNO", "worker.1234")
        .args(&["--run-id", "from-the-argument"])
        .var(
            "RECEIVER_EMAIL",
            "one@ymail.example, Two <two@ymail.example>",
        )
        .run()
        .expect("sent", 0);
    let reports = server.requests_to("POST", CALLBACK);
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].path, SIGNED);
    assert_eq!(reports[0].header("content-type"), Some("application/json"));
    let mut report = reports[0].json();
    let took = report["took_ms"].take();
    assert!(took.is_u64(), "{took}");
    assert_eq!(
        report,
        serde_json::json!({
            "run_id": "from-the-argument",
            "dyno": "worker.1234",
            "outcome": "sent",
            "exit_code": 0,
            "source": "url",
            "bytes": PHOTO.len(),
            "receivers": 2,
            "message_id": "mEP4pfmxTSaIrIdEgxdAdw",
            "took_ms": null,
            "version": env!("CARGO_PKG_VERSION"),
        })
    );
}

#[test]
fn reports_a_failed_run_with_its_reason() {
    let server = Server::start();
    server.on("GET", PICTURE, |_, wire| wire.answer(404, &[], ""));
    Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(SIGNED))
        .run()
        .expect("unavailable", 69);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["outcome"], "unavailable");
    assert_eq!(report["exit_code"], 69);
    assert_eq!(report["detail"], "no picture: url answered 404 Not Found");
    assert_eq!(server.mails().len(), 0);
}

#[test]
fn retries_the_callback() {
    let (server, ended) = run_with_callback("60s", |_, wire| match wire.nth {
        0 => wire.answer(500, &[], ""),
        1 => wire.reset(),
        _ => wire.answer(202, &[], ""),
    });
    ended.logged("event=reported");
    assert_eq!(ended.log.matches("event=callback_retried").count(), 2);
    let reports = server.requests_to("POST", CALLBACK);
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[0].body, reports[2].body);
}

#[test]
fn logs_a_callback_that_always_fails() {
    let (server, ended) = run_with_callback("3s", |_, wire| wire.answer(502, &[], ""));
    ended.logged("event=callback_failed reason=\"answered 502 Bad Gateway\"");
    assert!(server.requests_to("POST", CALLBACK).len() > 1);
}

/// The pings of the heartbeat, sorted by path.
fn pings(server: &Server) -> Vec<String> {
    let pings = server.requests_to("GET", HEARTBEAT).into_iter();
    let mut pings: Vec<String> = pings.map(|ping| ping.path).collect();
    pings.sort();
    pings
}

/// Azure executes an action at least once, so two dynos of one run may get the same callback.
#[test]
fn used_callback_is_logged_as_duplicate_and_fails_the_heartbeat() {
    for status in [400, 404, 409, 410] {
        let body = r#"{"error":{"code":"NotWaiting","message":"does not wait"}}"#;
        let (server, ended) =
            run_with_callback("60s", move |_, wire| wire.answer(status, &[], body));
        ended
            .logged(&format!(
                "level=error event=duplicate reason=\"answered {status} "
            ))
            .logged("does not wait")
            .never_logged("callback_failed");
        assert_eq!(server.requests_to("POST", CALLBACK).len(), 1);
        assert_eq!(pings(&server), ["/heartbeat/fail", "/heartbeat/start"]);
    }
}

#[test]
fn report_whose_first_response_was_lost_is_not_a_duplicate() {
    let (server, ended) = run_with_callback("60s", |_, wire| match wire.nth {
        0 => wire.reset(),
        _ => wire.answer(400, &[], ""),
    });
    ended
        .logged("level=info event=reported reason=\"answered 400 Bad Request\"")
        .never_logged("duplicate");
    assert_eq!(server.requests_to("POST", CALLBACK).len(), 2);
    assert_eq!(pings(&server), ["/heartbeat/0", "/heartbeat/start"]);
}

#[test]
fn refusal_after_a_rate_limited_report_is_a_duplicate() {
    let (server, ended) = run_with_callback("60s", |_, wire| match wire.nth {
        0 => wire.answer(429, &[], ""),
        _ => wire.answer(400, &[], ""),
    });
    ended.logged("event=duplicate");
    assert_eq!(pings(&server), ["/heartbeat/fail", "/heartbeat/start"]);
}

#[test]
fn other_refusals_of_the_callback_are_not_retried_and_not_duplicates() {
    for status in [401, 403, 405] {
        let (server, ended) =
            run_with_callback("60s", move |_, wire| wire.answer(status, &[], "no"));
        ended.logged(&format!(
            "event=callback_failed reason=\"answered {status} "
        ));
        assert_eq!(server.requests_to("POST", CALLBACK).len(), 1);
        assert_eq!(pings(&server), ["/heartbeat/0", "/heartbeat/start"]);
    }
}

#[test]
fn logs_a_connection_timeout_of_the_callback() {
    let (server, hole) = (Server::start(), BlackHole::new());
    Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", hole.url("https"))
        .var("RUN_DEADLINE", "3s")
        .run()
        .expect("sent", 0)
        .logged("event=callback_failed reason=\"cannot connect: timed out\"");
}

#[test]
fn hanging_callback_does_not_delay_the_run() {
    let (_, ended) = run_with_callback("3s", |_, wire| wire.stay_silent());
    ended.logged("event=callback_failed reason=\"no response within 1 s\"");
}

#[test]
fn pings_the_heartbeat_with_start_and_exit_code() {
    for (status, code) in [(202, 0), (500, 75)] {
        let server = Server::start();
        server.on("POST", MAIL, move |_, wire| wire.answer(status, &[], ""));
        let ended = Worker::for_server(&server)
            .var("HEARTBEAT_URL", server.url(HEARTBEAT))
            .run();
        assert_eq!(ended.code, Some(code));
        assert_eq!(
            pings(&server),
            [format!("/heartbeat/{code}"), "/heartbeat/start".to_owned()]
        );
    }
}

#[test]
fn pings_the_end_after_the_start_ping_has_completed() {
    let server = Server::start();
    let (ended, end) = mpsc::channel();
    let (order, received) = mpsc::channel();
    let end = Mutex::new(end);
    server.on("GET", HEARTBEAT, move |_, wire| {
        ended.send(()).unwrap();
        wire.answer(200, &[], "")
    });
    server.on("GET", "/heartbeat/start", move |_, wire| {
        let overtaken = end.lock().unwrap().recv_timeout(Duration::from_millis(300));
        order.send(overtaken.is_ok()).unwrap();
        wire.answer(200, &[], "")
    });
    Worker::for_server(&server)
        .without("SG_KEY")
        .var("HEARTBEAT_URL", server.url(HEARTBEAT))
        .run()
        .expect("config", 78);
    assert!(!received.recv_timeout(BOUND).unwrap());
    assert_eq!(server.requests_to("GET", "/heartbeat/78").len(), 1);
}

#[test]
fn failing_or_hanging_heartbeat_does_not_change_the_outcome() {
    let failing = Server::start();
    failing.on("GET", HEARTBEAT, |_, wire| wire.answer(500, &[], ""));
    let hanging = Server::start();
    hanging.on("GET", HEARTBEAT, |_, wire| wire.stay_silent());
    for (server, deadline) in [(failing, "60s"), (hanging, "12s")] {
        Worker::for_server(&server)
            .var("HEARTBEAT_URL", server.url(HEARTBEAT))
            .var("RUN_DEADLINE", deadline)
            .run()
            .expect("sent", 0)
            .logged("event=heartbeat_failed");
        assert_eq!(server.mails().len(), 1);
    }
}

#[test]
fn masks_keys_addresses_and_signatures_that_vendors_repeat() {
    let server = Server::start();
    server.on("POST", MAIL, |mail, wire| {
        let key = mail.header("authorization").unwrap();
        let query = SIGNED.split_once('?').unwrap().1;
        let message = format!("{key} {query} {}", RECEIVER.to_uppercase());
        let errors = serde_json::json!({"errors": [{"message": message, "field": null}]});
        wire.answer(403, &[], errors.to_string())
    });
    let signed = server.url(SIGNED);
    server.on("POST", CALLBACK, move |_, wire| {
        wire.answer(400, &[], format!("no {signed}"))
    });
    let ended = Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(SIGNED))
        .var("HEARTBEAT_URL", server.url("/heartbeat/private-token"))
        .var("RUST_LOG", "debug")
        .run();
    ended.expect("refused", 77).because("r…@ymail.example");
    let report = String::from_utf8(server.requests_to("POST", CALLBACK)[0].body.clone()).unwrap();
    for text in [ended.log.to_lowercase(), report.to_lowercase()] {
        for secret in [KEY, RECEIVER, "s3cret", "private-token"] {
            assert!(!text.contains(&secret.to_lowercase()), "{secret}: {text}");
        }
    }
}

#[test]
fn logs_one_line_per_event_and_the_outcome_last() {
    let server = Server::start();
    let ended = Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(SIGNED))
        .args(&["--run-id", "X"])
        .run();
    ended.expect("sent", 0);
    let lines: Vec<&str> = ended.log.lines().collect();
    let (last, events) = lines.split_last().unwrap();
    for event in events {
        assert!(event.starts_with("level=info event="), "{event}");
    }
    let expected = format!(
        "outcome=sent exit_code=0 source=url bytes={} message_id=mEP4pfmxTSaIrIdEgxdAdw run_id=X took=",
        PHOTO.len()
    );
    assert!(last.starts_with(&expected), "{last}");
}

#[test]
fn quotes_empty_values_and_those_with_spaces_line_breaks_or_equals_signs() {
    for id in ["a b", "a\nb", "a=b"] {
        let server = Server::start();
        server.on("POST", MAIL, |_, wire| {
            wire.answer(202, &[("x-message-id", "")], "")
        });
        Worker::for_server(&server)
            .args(&["--run-id", id])
            .run()
            .expect("sent", 0)
            .logged(" exit_code=0 ")
            .logged(&format!(" message_id=\"\" run_id={id:?} took="));
    }
}

#[test]
fn logs_the_outcome_at_every_level() {
    let server = Server::start();
    let ended = Worker::for_server(&server).var("RUST_LOG", "error").run();
    ended.expect("sent", 0);
    assert_eq!(ended.log.lines().count(), 1, "{ended:?}");
}

#[test]
fn does_not_mask_values_that_are_too_short() {
    let server = Server::start();
    Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url("/callback?0"))
        .var("UNSPLASH_ACCESS_KEY", "0")
        .run()
        .expect("sent", 0);
    let report = server.requests_to("POST", CALLBACK).remove(0).json();
    assert_eq!(report["exit_code"], 0);
}

#[test]
fn reports_the_position_of_an_invalid_receiver() {
    let server = Server::start();
    let ended = Worker::for_server(&server)
        .var(
            "RECEIVER_EMAIL",
            r"a@b.example, secretlocal @b.example, o\x@y.example",
        )
        .run();
    ended
        .expect("config", 78)
        .because("RECEIVER_EMAIL address 2 is not a mail address")
        .never_logged("secretlocal")
        .never_logged("o\\x");
}
