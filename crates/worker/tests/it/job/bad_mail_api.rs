//! Whatever the mail API does, a mail goes out at most once, and the outcome says what is known.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::job::process::{Ended, Worker};
use crate::job::server::{MAIL, PICTURE, Server, accept};
use crate::job::wire::{Request, Wire};

/// Runs a worker whose mails are answered like this; how many mails came.
pub(crate) fn run_with(
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> (usize, Ended) {
    let server = Server::start();
    server.on("POST", MAIL, answer);
    let ended = Worker::of(&server).run();
    (server.mails().len(), ended)
}

/// SendGrid says no, once, in words that reach the log.
#[track_caller]
fn refused_for_good(status: u16, body: &'static str, words: &str) -> Ended {
    let (mails, ended) = run_with(move |_, wire| wire.answer(status, &[], body));
    ended
        .expect("refused", 77)
        .because(&format!("SendGrid answered {status} "))
        .because(words);
    assert_eq!(mails, 1, "a refused mail must not be tried again");
    ended
}

#[test]
fn a_bad_request_is_told_with_the_field() {
    refused_for_good(
        400,
        r#"{"errors":[{"message":"Does not contain a valid address.","field":"from.email","help":"http://sendgrid.com/docs/"}]}"#,
        "Does not contain a valid address. (from.email)",
    );
}

#[test]
fn a_wrong_key_is_told_with_where_to_look() {
    refused_for_good(
        401,
        r#"{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked","field":null,"help":null}]}"#,
        "expired, or revoked; check SG_KEY at https://app.sendgrid.com/settings/api_keys",
    );
}

#[test]
fn a_used_up_plan_is_not_told_as_a_wrong_key() {
    refused_for_good(
        401,
        r#"{"errors":[{"message":"Maximum credits exceeded","field":null,"help":null}]}"#,
        "the plan's mails are used up",
    )
    .never_logged("check SG_KEY");
}

#[test]
fn a_used_up_plan_is_not_reported_as_a_missing_permission() {
    refused_for_good(
        403,
        r#"{"errors":[{"message":"You have exceeded your messaging limits","field":null,"help":null}]}"#,
        "exceeded your messaging limits; the plan's mails are used up",
    )
    .never_logged("Mail Send");
}

#[test]
fn an_unknown_refusal_is_not_reported_as_a_missing_permission() {
    refused_for_good(
        403,
        r#"{"errors":[{"field":null,"message":"Your account is under review"}]}"#,
        "Your account is under review",
    )
    .never_logged("Mail Send");
}

#[test]
fn an_unverified_sender_is_told_with_where_to_verify_it() {
    refused_for_good(
        403,
        r#"{"errors":[{"message":"The from address does not match a verified Sender Identity.","field":"from","help":null}]}"#,
        "verify BOT_EMAIL at https://app.sendgrid.com/settings/sender_auth",
    );
}

#[test]
fn a_key_without_the_permission_is_told() {
    refused_for_good(
        403,
        r#"{"errors":[{"message":"access forbidden","field":null,"help":null}]}"#,
        "access forbidden; SG_KEY needs the permission Mail Send",
    );
}

#[test]
fn too_large_a_mail_is_told_with_what_to_change() {
    refused_for_good(
        413,
        "<html><h1>413 Request Entity Too Large</h1></html>",
        "lower PICTURE_MAX_BYTES, or set MAIL_EMBED=link",
    );
}

#[test]
fn a_rate_limit_is_waited_out() {
    let (mails, ended) = run_with(|_, wire| match wire.nth {
        0 => wire.answer(429, &[("retry-after", "1")], too_many()),
        _ => accept(wire),
    });
    ended
        .expect("sent", 0)
        .logged("event=send_retried")
        .logged("too many requests")
        .logged("wait_ms=1000");
    assert_eq!(mails, 2);
}

/// SendGrid puts its rate limit's headers on every answer.
#[test]
fn an_overloaded_api_is_not_mistaken_for_a_rate_limit() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| match wire.nth {
        0 => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let reset = (now.as_secs() + 55).to_string();
            let headers = [
                ("x-ratelimit-limit", "600"),
                ("x-ratelimit-remaining", "599"),
                ("x-ratelimit-reset", &*reset),
            ];
            wire.answer(503, &headers, "")
        }
        _ => accept(wire),
    });
    Worker::of(&server)
        .var("RUN_DEADLINE", "40s")
        .run()
        .expect("sent", 0)
        .logged("event=send_retried reason=\"SendGrid answered 503");
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn a_rate_limit_beyond_the_deadline_is_left_for_another_run() {
    let (mails, ended) =
        run_with(|_, wire| wire.answer(429, &[("retry-after", "3600")], too_many()));
    ended
        .expect("try_later", 75)
        .because("SendGrid answered 429 Too Many Requests: too many requests")
        .because("nothing was sent");
    assert_eq!(mails, 1, "Retry-After must be kept to");
}

#[test]
fn a_wait_beyond_all_time_is_left_for_another_run() {
    let forever = u64::MAX.to_string();
    let (mails, ended) =
        run_with(move |_, wire| wire.answer(429, &[("retry-after", &forever)], too_many()));
    ended.expect("try_later", 75);
    assert_eq!(mails, 1);
}

#[test]
fn a_front_servers_own_status_leaves_it_unknown() {
    let (mails, ended) = run_with(|_, wire| wire.answer(524, &[], "<h1>a timeout occurred</h1>"));
    ended.expect("unknown", 74).because("524");
    assert_eq!(mails, 1);
}

fn too_many() -> &'static str {
    r#"{"errors":[{"field":null,"message":"too many requests"}]}"#
}

#[test]
fn an_internal_error_is_not_tried_again() {
    let (mails, ended) = run_with(|_, wire| wire.answer(500, &[], ""));
    ended
        .expect("try_later", 75)
        .because("SendGrid answered 500");
    assert_eq!(mails, 1);
}

#[test]
fn an_overloaded_api_gets_the_mail_a_little_later() {
    let (mails, ended) = run_with(|_, wire| match wire.nth {
        0 => wire.answer(503, &[], ""),
        _ => accept(wire),
    });
    ended
        .expect("sent", 0)
        .because("message_id=mEP4pfmxTSaIrIdEgxdAdw")
        .logged("event=send_retried reason=\"SendGrid answered 503");
    assert_eq!(mails, 2);
}

#[test]
fn a_mail_that_is_tried_again_is_the_same_mail() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| match wire.nth {
        0 => wire.answer(503, &[], ""),
        _ => accept(wire),
    });
    Worker::of(&server).run().expect("sent", 0);
    let mails = server.mails();
    assert_eq!(mails[0].body, mails[1].body);
    assert_eq!(server.requests_to("GET", PICTURE).len(), 1);
}

#[test]
fn a_captive_portals_page_is_not_taken_for_a_sent_mail() {
    let (mails, ended) = run_with(|_, wire| {
        let html = "<!doctype html><title>Welcome to our Wi-Fi</title>";
        wire.answer(200, &[("content-type", "text/html")], html)
    });
    ended
        .expect("protocol", 76)
        .because("does not come from SendGrid's API: 200 OK and \\\"Welcome to our Wi-Fi\\\"");
    assert_eq!(mails, 1);
}

#[test]
fn a_refusal_by_something_else_than_the_api_is_not_taken_for_its_own() {
    for status in [401, 403] {
        let (mails, ended) = run_with(move |_, wire| wire.answer(status, &[], PROXYS_PAGE));
        ended
            .expect("protocol", 76)
            .because("Blocked by proxy Ask the help desk")
            .never_logged("SG_KEY")
            .never_logged("color");
        assert_eq!(mails, 1);
    }
}

#[test]
fn a_page_is_logged_without_its_style_and_with_blanks_between_its_blocks() {
    let (_, ended) = run_with(|_, wire| match wire.nth {
        0 => wire.answer(503, &[], PROXYS_PAGE),
        _ => accept(wire),
    });
    ended
        .expect("sent", 0)
        .logged("503 Service Unavailable: Blocked by proxy Ask the help desk: nothing");
}

const PROXYS_PAGE: &str = "<html><head><style>h1 { color: red }</style></head>\
    <body><script>var color = 1;</script><h1>Blocked by proxy</h1><p>Ask the <b>help</b> desk</p>";

#[test]
fn a_redirect_of_the_mail_is_not_followed() {
    let server = Server::start();
    let elsewhere = server.url("/elsewhere");
    server.on("POST", MAIL, move |_, wire| {
        wire.answer(307, &[("location", &elsewhere)], "")
    });
    Worker::of(&server).run().expect("protocol", 76);
    assert_eq!(server.requests_to("POST", "/elsewhere").len(), 0);
}
