//! Whatever the mail API does, a mail goes out at most once, and the outcome says what is known.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, mpsc};
use std::time::{SystemTime, UNIX_EPOCH};

use socket2::{Domain, Socket, Type};

use crate::job::process::{Ended, KEY, Worker};
use crate::job::server::{BOUND, CALLBACK, MAIL, PHOTO, PICTURE, Request, Server, Wire, accept};
use picletter_test_support::black_hole::BlackHole;

/// Runs a worker whose mails are answered like this; how many mails came.
fn run_with(
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

#[test]
fn a_lost_answer_ends_as_unknown_and_is_not_sent_again() {
    let (mails, ended) = run_with(|_, wire| {
        wire.break_off();
        Ok(())
    });
    ended
        .expect("unknown", 74)
        .because("it may have been accepted");
    assert_eq!(mails, 1);
}

#[test]
fn a_reset_instead_of_the_answer_ends_as_unknown_and_is_not_sent_again() {
    let (mails, ended) = run_with(|_, wire| wire.reset());
    ended.expect("unknown", 74);
    assert_eq!(mails, 1);
}

#[test]
fn an_answer_that_never_comes_ends_as_unknown_at_the_deadline() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| wire.stay_silent());
    let ended = Worker::of(&server).var("RUN_DEADLINE", "3s").run();
    ended
        .expect("unknown", 74)
        .because("no answer until RUN_DEADLINE ended the wait");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_gateway_that_gave_up_waiting_leaves_it_unknown() {
    for status in [408, 502, 504] {
        let (mails, ended) = run_with(move |_, wire| wire.answer(status, &[], ""));
        ended.expect("unknown", 74);
        assert_eq!(mails, 1, "{status}");
    }
}

/// A mail with this picture does not fit into the buffers between the two.
pub(crate) fn serve_large_picture(server: &Server) {
    server.on("GET", PICTURE, |_, wire| {
        wire.answer(200, &[], [PHOTO, &vec![0; 12 << 20]].concat())
    });
}

/// Answers the first mail before its body is read, which it leaves unread until `go_on` says so.
fn answer_before_the_body(
    server: &Server,
    status: u16,
    go_on: mpsc::Receiver<()>,
    then: impl Fn() + Send + Sync + 'static,
) {
    serve_large_picture(server);
    let go_on = Mutex::new(go_on);
    server.early_on("POST", MAIL, move |mail, wire| {
        if wire.nth > 0 {
            then();
            wire.read_body(mail)?;
            return accept(wire);
        }
        wire.answer(status, &[("connection", "close")], "")?;
        wire.break_off();
        go_on.lock().unwrap().recv_timeout(BOUND).unwrap();
        Ok(())
    });
}

#[test]
fn a_timeout_before_the_mail_was_read_is_tried_again() {
    let server = Server::start();
    let (again, go_on) = mpsc::channel();
    answer_before_the_body(&server, 408, go_on, move || again.send(()).unwrap());
    Worker::of(&server)
        .run()
        .expect("sent", 0)
        .logged("event=send_retried reason=\"SendGrid answered 408");
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn a_mail_refused_as_too_large_before_it_was_read_is_not_tried_again() {
    let server = Server::start();
    let (told, go_on) = mpsc::channel();
    answer_before_the_body(&server, 413, go_on, || ());
    server.on("POST", CALLBACK, move |_, wire| {
        told.send(()).unwrap();
        wire.answer(200, &[], "")
    });
    Worker::of(&server)
        .var("RUN_CALLBACK_URL", server.url(CALLBACK))
        .run()
        .expect("refused", 77)
        .because("SendGrid answered 413");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_mail_that_breaks_off_on_its_way_is_sent_again() {
    let server = Server::start();
    serve_large_picture(&server);
    server.early_on("POST", MAIL, |mail, wire| {
        if wire.nth == 0 {
            return wire.reset();
        }
        wire.read_body(mail)?;
        accept(wire)
    });
    let ended = Worker::of(&server).var("RUN_DEADLINE", "20s").run();
    ended.expect("sent", 0).logged("event=send_retried");
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn a_refused_connection_is_unavailable_at_the_deadline() {
    let server = Server::start();
    // Bound, so that no one else gets the port, but not listening.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    let ended = Worker::of(&server)
        .var("SENDGRID_API_URL", format!("https://localhost:{port}"))
        .var("RUN_DEADLINE", "3s")
        .run();
    ended
        .expect("unavailable", 69)
        .because("SendGrid cannot be reached: ")
        .because("nothing was sent")
        .logged("event=send_retried reason=\"SendGrid cannot be reached: cannot connect");
    assert_eq!(server.mails().len(), 0);
}

#[test]
fn an_api_that_drops_packets_is_unavailable() {
    let (server, hole) = (Server::start(), BlackHole::new());
    let ended = Worker::of(&server)
        .var("SENDGRID_API_URL", hole.url("https"))
        .var("RUN_DEADLINE", "3s")
        .run();
    ended
        .expect("unavailable", 69)
        .because("nothing was sent")
        .logged(
            "event=send_retried reason=\"SendGrid cannot be reached: cannot connect: timed out;",
        );
}

#[test]
fn a_certificate_of_the_wrong_name_gets_no_mail() {
    let server = Server::start();
    let impostor = server.sibling_named("elsewhere.example");
    let ended = Worker::of(&server)
        .var("SENDGRID_API_URL", impostor.url(""))
        .run();
    ended
        .expect("unavailable", 69)
        .because(
            "cannot be reached: cannot connect: client error (Connect): invalid peer certificate",
        )
        .never_logged("send_retried");
    assert_eq!(impostor.requests().len(), 0);
}

#[test]
fn a_certificate_of_an_unknown_authority_gets_no_mail() {
    let (server, impostor) = (Server::start(), Server::start());
    let ended = Worker::of(&server)
        .var("SENDGRID_API_URL", impostor.url(""))
        .run();
    ended.expect("unavailable", 69).because(
        "cannot be reached: cannot connect: client error (Connect): invalid peer certificate",
    );
    assert_eq!(impostor.requests().len(), 0);
}

#[test]
fn the_sandbox_mode_takes_200_for_an_answer() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| wire.answer(200, &[], ""));
    Worker::of(&server)
        .var("SENDGRID_SANDBOX", "1")
        .run()
        .expect("sent", 0);
    let mail = server.mails()[0].json();
    assert_eq!(mail["mail_settings"]["sandbox_mode"]["enable"], true);
}

/// Holds the picture back until the early connection was answered by `answer`.
fn picture_after_early(
    server: &Server,
    answer: impl Fn(&mut Wire) -> io::Result<()> + Send + Sync + 'static,
) {
    let (opened, early) = mpsc::channel();
    let early = Mutex::new(early);
    server.on("HEAD", MAIL, move |_, wire| {
        answer(wire)?;
        opened.send(()).map_err(io::Error::other)
    });
    server.on("GET", PICTURE, move |_, wire| {
        early.lock().unwrap().recv_timeout(BOUND).unwrap();
        wire.answer(200, &[], PHOTO)
    });
}

#[test]
fn the_connection_is_opened_while_the_picture_is_fetched_and_carries_the_mail() {
    let server = Server::start();
    picture_after_early(&server, |wire| wire.answer(405, &[], ""));
    Worker::of(&server).run().expect("sent", 0);
    let early = &server.requests_to("HEAD", MAIL)[0];
    assert_eq!(early.header("authorization"), None);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].connection, early.connection);
    let bearer = format!("Bearer {KEY}");
    assert_eq!(mails[0].header("authorization"), Some(bearer.as_str()));
}

#[test]
fn a_connection_that_the_api_closed_meanwhile_does_not_carry_the_mail() {
    let server = Server::start();
    picture_after_early(&server, |wire| {
        wire.answer(405, &[], "")?;
        wire.close()
    });
    Worker::of(&server).run().expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn an_early_connection_that_hangs_does_not_hold_up_the_mail() {
    let server = Server::start();
    server.on("HEAD", MAIL, |_, wire| wire.stay_silent());
    Worker::of(&server).run().expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
}
