//! Whatever happens to the connections to the mail API, a mail goes out at most once.

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
