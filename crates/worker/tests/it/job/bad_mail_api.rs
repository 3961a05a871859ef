//! Error responses of the mail API: a mail is sent at most once, and the outcome is correct.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::job::process::{Ended, Worker};
use crate::job::server::{MAIL, PICTURE, Server, accept};
use crate::job::wire::{Request, Wire};

/// Runs a worker with the given mail API. Returns the number of mails that the API received.
pub(crate) fn run_with(
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> (usize, Ended) {
    let server = Server::start();
    server.on("POST", MAIL, answer);
    let ended = Worker::for_server(&server).run();
    (server.mails().len(), ended)
}

/// Checks that SendGrid's message is logged as the reason and the mail is not retried.
#[track_caller]
fn check_refused(status: u16, body: &'static str, message: &str) -> Ended {
    let (mails, ended) = run_with(move |_, wire| wire.answer(status, &[], body));
    ended
        .expect("refused", 77)
        .because(&format!("SendGrid answered {status} "))
        .because(message);
    assert_eq!(mails, 1, "a refused mail must not be retried");
    ended
}

#[test]
fn reports_a_bad_request_with_its_field() {
    check_refused(
        400,
        r#"{"errors":[{"message":"Does not contain a valid address.","field":"from.email","help":"http://sendgrid.com/docs/"}]}"#,
        "Does not contain a valid address. (from.email)",
    );
}

#[test]
fn suggests_checking_an_invalid_key() {
    check_refused(
        401,
        r#"{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked","field":null,"help":null}]}"#,
        "expired, or revoked; check SG_KEY at https://app.sendgrid.com/settings/api_keys",
    );
}

#[test]
fn does_not_report_a_used_up_plan_as_an_invalid_key() {
    check_refused(
        401,
        r#"{"errors":[{"message":"Maximum credits exceeded","field":null,"help":null}]}"#,
        "the plan's mails are used up",
    )
    .never_logged("check SG_KEY");
}

#[test]
fn does_not_report_a_used_up_plan_as_a_missing_permission() {
    check_refused(
        403,
        r#"{"errors":[{"message":"You have exceeded your messaging limits","field":null,"help":null}]}"#,
        "exceeded your messaging limits; the plan's mails are used up",
    )
    .never_logged("Mail Send");
}

#[test]
fn does_not_report_an_unknown_refusal_as_a_missing_permission() {
    check_refused(
        403,
        r#"{"errors":[{"field":null,"message":"Your account is under review"}]}"#,
        "Your account is under review",
    )
    .never_logged("Mail Send");
}

#[test]
fn suggests_verifying_an_unverified_sender() {
    check_refused(
        403,
        r#"{"errors":[{"message":"The from address does not match a verified Sender Identity.","field":"from","help":null}]}"#,
        "verify BOT_EMAIL at https://app.sendgrid.com/settings/sender_auth",
    );
}

#[test]
fn reports_a_key_without_the_mail_send_permission() {
    check_refused(
        403,
        r#"{"errors":[{"message":"access forbidden","field":null,"help":null}]}"#,
        "access forbidden; SG_KEY needs the permission Mail Send",
    );
}

#[test]
fn suggests_a_smaller_picture_if_the_mail_is_too_large() {
    check_refused(
        413,
        "<html><h1>413 Request Entity Too Large</h1></html>",
        "lower PICTURE_MAX_BYTES, or set MAIL_EMBED=link",
    );
}

#[test]
fn retries_after_a_rate_limit() {
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

/// SendGrid adds rate-limit headers to every response.
#[test]
fn ignores_the_rate_limit_reset_of_a_503() {
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
    Worker::for_server(&server)
        .var("RUN_DEADLINE", "40s")
        .run()
        .expect("sent", 0)
        .logged("event=send_retried reason=\"SendGrid answered 503");
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn does_not_retry_if_retry_after_exceeds_the_deadline() {
    let (mails, ended) =
        run_with(|_, wire| wire.answer(429, &[("retry-after", "3600")], too_many()));
    ended
        .expect("try_later", 75)
        .because("SendGrid answered 429 Too Many Requests: too many requests")
        .because("nothing was sent");
    assert_eq!(mails, 1, "Retry-After must be respected");
}

#[test]
fn does_not_retry_after_the_maximum_retry_after() {
    let forever = u64::MAX.to_string();
    let (mails, ended) =
        run_with(move |_, wire| wire.answer(429, &[("retry-after", &forever)], too_many()));
    ended.expect("try_later", 75);
    assert_eq!(mails, 1);
}

#[test]
fn status_524_of_a_gateway_is_unknown() {
    let (mails, ended) = run_with(|_, wire| wire.answer(524, &[], "<h1>a timeout occurred</h1>"));
    ended.expect("unknown", 74).because("524");
    assert_eq!(mails, 1);
}

fn too_many() -> &'static str {
    r#"{"errors":[{"field":null,"message":"too many requests"}]}"#
}

#[test]
fn does_not_retry_after_500() {
    let (mails, ended) = run_with(|_, wire| wire.answer(500, &[], ""));
    ended
        .expect("try_later", 75)
        .because("SendGrid answered 500");
    assert_eq!(mails, 1);
}

#[test]
fn retries_after_503() {
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
fn retries_with_the_same_mail() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| match wire.nth {
        0 => wire.answer(503, &[], ""),
        _ => accept(wire),
    });
    Worker::for_server(&server).run().expect("sent", 0);
    let mails = server.mails();
    assert_eq!(mails[0].body, mails[1].body);
    assert_eq!(server.requests_to("GET", PICTURE).len(), 1);
}

#[test]
fn does_not_accept_a_captive_portals_page_as_success() {
    let (mails, ended) = run_with(|_, wire| {
        let html = "<!doctype html><title>Welcome to our Wi-Fi</title>";
        wire.answer(200, &[("content-type", "text/html")], html)
    });
    ended
        .expect("protocol", 76)
        .because("is not from SendGrid's API: 200 OK, \\\"Welcome to our Wi-Fi\\\"");
    assert_eq!(mails, 1);
}

#[test]
fn does_not_attribute_a_proxys_refusal_to_the_api() {
    for status in [401, 403] {
        let (mails, ended) = run_with(move |_, wire| wire.answer(status, &[], PROXY_PAGE));
        ended
            .expect("protocol", 76)
            .because("Blocked by proxy Ask the help desk")
            .never_logged("SG_KEY")
            .never_logged("color");
        assert_eq!(mails, 1);
    }
}

#[test]
fn logs_the_text_of_an_html_page() {
    let (_, ended) = run_with(|_, wire| match wire.nth {
        0 => wire.answer(503, &[], PROXY_PAGE),
        _ => accept(wire),
    });
    ended
        .expect("sent", 0)
        .logged("503 Service Unavailable: Blocked by proxy Ask the help desk: nothing");
}

const PROXY_PAGE: &str = "<html><head><style>h1 { color: red }</style></head>\
    <body><script>var color = 1;</script><h1>Blocked by proxy</h1><p>Ask the <b>help</b> desk</p>";

#[test]
fn does_not_follow_redirects_of_the_mail() {
    let server = Server::start();
    let elsewhere = server.url("/elsewhere");
    server.on("POST", MAIL, move |_, wire| {
        wire.answer(307, &[("location", &elsewhere)], "")
    });
    Worker::for_server(&server).run().expect("protocol", 76);
    assert_eq!(server.requests_to("POST", "/elsewhere").len(), 0);
}
