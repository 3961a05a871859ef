//! Connection failures of the mail API: a mail is sent at most once.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, mpsc};

use socket2::{Domain, Socket, Type};

use crate::job::bad_mail_api::run_with;
use crate::job::process::{KEY, Worker};
use crate::job::server::{CALLBACK, MAIL, PHOTO, PICTURE, Server, accept};
use crate::job::wire::{BOUND, Wire};
use picletter_test_support::black_hole::BlackHole;

#[test]
fn lost_response_is_unknown_and_not_retried() {
    let (mails, ended) = run_with(|_, wire| {
        wire.close_abruptly();
        Ok(())
    });
    ended
        .expect("unknown", 74)
        .because("it may have been accepted");
    assert_eq!(mails, 1);
}

#[test]
fn connection_reset_after_the_mail_is_unknown_and_not_retried() {
    let (mails, ended) = run_with(|_, wire| wire.reset());
    ended.expect("unknown", 74);
    assert_eq!(mails, 1);
}

#[test]
fn missing_response_is_unknown_at_the_deadline() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| wire.stay_silent());
    let ended = Worker::for_server(&server).var("RUN_DEADLINE", "3s").run();
    ended
        .expect("unknown", 74)
        .because("no response before RUN_DEADLINE");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn gateway_timeouts_are_unknown() {
    for status in [408, 502, 504] {
        let (mails, ended) = run_with(move |_, wire| wire.answer(status, &[], ""));
        ended.expect("unknown", 74);
        assert_eq!(mails, 1, "{status}");
    }
}

/// Serves a picture that is too large for the socket buffers of the connection.
pub(crate) fn serve_large_picture(server: &Server) {
    server.on("GET", PICTURE, |_, wire| {
        wire.answer(200, &[], [PHOTO, &vec![0; 12 << 20]].concat())
    });
}

/// Responds to the first mail before its body is read, and leaves it unread until `go_on` receives.
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
        wire.close_abruptly();
        go_on.lock().unwrap().recv_timeout(BOUND).unwrap();
        Ok(())
    });
}

#[test]
fn retries_after_408_if_the_mail_was_not_read() {
    let server = Server::start();
    let (again, go_on) = mpsc::channel();
    answer_before_the_body(&server, 408, go_on, move || again.send(()).unwrap());
    Worker::for_server(&server)
        .run()
        .expect("sent", 0)
        .logged("event=send_retried reason=\"SendGrid answered 408");
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn does_not_retry_after_413_even_if_the_mail_was_not_read() {
    let server = Server::start();
    let (reported, go_on) = mpsc::channel();
    answer_before_the_body(&server, 413, go_on, || ());
    server.on("POST", CALLBACK, move |_, wire| {
        reported.send(()).unwrap();
        wire.answer(200, &[], "")
    });
    Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(CALLBACK))
        .run()
        .expect("refused", 77)
        .because("SendGrid answered 413");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn retries_a_mail_that_was_interrupted() {
    let server = Server::start();
    serve_large_picture(&server);
    server.early_on("POST", MAIL, |mail, wire| {
        if wire.nth == 0 {
            return wire.reset();
        }
        wire.read_body(mail)?;
        accept(wire)
    });
    let ended = Worker::for_server(&server).var("RUN_DEADLINE", "20s").run();
    ended.expect("sent", 0).logged("event=send_retried");
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn refused_connection_is_unavailable_at_the_deadline() {
    let server = Server::start();
    // Bound, so that no other process gets the port, but not listening.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    let ended = Worker::for_server(&server)
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
fn dropped_packets_are_unavailable() {
    let (server, hole) = (Server::start(), BlackHole::new());
    let ended = Worker::for_server(&server)
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
fn sends_no_mail_if_the_certificate_has_another_name() {
    let server = Server::start();
    let impostor = server.sibling_named("elsewhere.example");
    let ended = Worker::for_server(&server)
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
fn sends_no_mail_if_the_certificate_authority_is_unknown() {
    let (server, impostor) = (Server::start(), Server::start());
    let ended = Worker::for_server(&server)
        .var("SENDGRID_API_URL", impostor.url(""))
        .run();
    ended.expect("unavailable", 69).because(
        "cannot be reached: cannot connect: client error (Connect): invalid peer certificate",
    );
    assert_eq!(impostor.requests().len(), 0);
}

#[test]
fn sandbox_mode_accepts_200() {
    let server = Server::start();
    server.on("POST", MAIL, |_, wire| wire.answer(200, &[], ""));
    Worker::for_server(&server)
        .var("SENDGRID_SANDBOX", "1")
        .run()
        .expect("sent", 0);
    let mail = server.mails()[0].json();
    assert_eq!(mail["mail_settings"]["sandbox_mode"]["enable"], true);
}

/// Delays the picture until `answer` has handled the `HEAD` request that opens the connection to the
/// mail API.
fn picture_after_head(
    server: &Server,
    answer: impl Fn(&mut Wire) -> io::Result<()> + Send + Sync + 'static,
) {
    let (opened, head) = mpsc::channel();
    let head = Mutex::new(head);
    server.on("HEAD", MAIL, move |_, wire| {
        answer(wire)?;
        opened.send(()).map_err(io::Error::other)
    });
    server.on("GET", PICTURE, move |_, wire| {
        head.lock().unwrap().recv_timeout(BOUND).unwrap();
        wire.answer(200, &[], PHOTO)
    });
}

#[test]
fn reuses_the_connection_that_was_opened_while_fetching() {
    let server = Server::start();
    picture_after_head(&server, |wire| wire.answer(405, &[], ""));
    Worker::for_server(&server).run().expect("sent", 0);
    let head = &server.requests_to("HEAD", MAIL)[0];
    assert_eq!(head.header("authorization"), None);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].connection, head.connection);
    let bearer = format!("Bearer {KEY}");
    assert_eq!(mails[0].header("authorization"), Some(bearer.as_str()));
}

#[test]
fn replaces_a_prepared_connection_that_the_api_closed() {
    let server = Server::start();
    picture_after_head(&server, |wire| {
        wire.answer(405, &[], "")?;
        wire.close()
    });
    Worker::for_server(&server).run().expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn hanging_prepared_connection_does_not_delay_the_mail() {
    let server = Server::start();
    server.on("HEAD", MAIL, |_, wire| wire.stay_silent());
    Worker::for_server(&server).run().expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
}
