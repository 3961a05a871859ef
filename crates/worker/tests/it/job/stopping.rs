//! SIGTERM, which Heroku sends before it stops a dyno, ends the run safely and is reported.

use std::sync::{Mutex, mpsc};

use crate::job::bad_mail_connections::serve_large_picture;
use crate::job::process::{Ended, Worker};
use crate::job::server::{CALLBACK, MAIL, PHOTO, PICTURE, Server, accept};
use crate::job::wire::BOUND;

/// Terminates the worker when `reached` receives.
fn terminated_at(reached: &mpsc::Receiver<()>, worker: Worker) -> Ended {
    let running = worker.start();
    reached.recv_timeout(BOUND).unwrap();
    running.terminate();
    running.ended()
}

#[test]
fn sigterm_during_the_download_ends_the_run_without_a_mail() {
    let server = Server::start();
    let (halfway, reached) = mpsc::channel();
    server.on("GET", PICTURE, move |_, wire| {
        wire.head(200, &[("content-length", &PHOTO.len().to_string())])?;
        wire.send(&PHOTO[..PHOTO.len() / 2])?;
        halfway.send(()).unwrap();
        wire.stay_silent()
    });
    let worker = Worker::for_server(&server).var("RUN_CALLBACK_URL", server.url(CALLBACK));
    terminated_at(&reached, worker)
        .expect("try_later", 75)
        .because("signal=SIGTERM")
        .because("stopped by SIGTERM while fetching the picture; nothing was sent");
    assert_eq!(server.mails().len(), 0);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["outcome"], "try_later");
    assert_eq!(report["signal"], "SIGTERM");
}

#[test]
fn sigterm_while_waiting_for_the_response_keeps_waiting() {
    let server = Server::start();
    let (arrived, reached) = mpsc::channel();
    let (terminated, may_answer) = mpsc::channel();
    let may_answer = Mutex::new(may_answer);
    server.on("POST", MAIL, move |_, wire| {
        arrived.send(()).unwrap();
        may_answer.lock().unwrap().recv_timeout(BOUND).unwrap();
        accept(wire)
    });
    let running = Worker::for_server(&server).start();
    reached.recv_timeout(BOUND).unwrap();
    running.terminate();
    terminated.send(()).unwrap();
    running
        .ended()
        .expect("sent", 0)
        .because("message_id=mEP4pfmxTSaIrIdEgxdAdw");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn missing_response_after_sigterm_is_unknown() {
    let server = Server::start();
    let (arrived, reached) = mpsc::channel();
    server.on("POST", MAIL, move |_, wire| {
        arrived.send(()).unwrap();
        wire.stay_silent()
    });
    let worker = Worker::for_server(&server)
        .var("RUN_DEADLINE", "3s")
        .var("RUN_CALLBACK_URL", server.url(CALLBACK));
    terminated_at(&reached, worker)
        .expect("unknown", 74)
        .because("signal=SIGTERM")
        .because("it may have been accepted");
    assert_eq!(server.mails().len(), 1);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["outcome"], "unknown");
    assert_eq!(report["signal"], "SIGTERM");
}

#[test]
fn sigterm_while_sending_the_mail_ends_the_run_without_a_retry() {
    let server = Server::start();
    serve_large_picture(&server);
    let (begun, reached) = mpsc::channel();
    let (over, until_over) = mpsc::channel::<()>();
    let until_over = Mutex::new(until_over);
    // Reads the headers of the mail's request, but not its body.
    server.early_on("POST", MAIL, move |_, _| {
        begun.send(()).unwrap();
        let _ = until_over.lock().unwrap().recv_timeout(BOUND);
        Ok(())
    });
    let worker = Worker::for_server(&server).var("RUN_DEADLINE", "6s");
    let ended = terminated_at(&reached, worker);
    drop(over);
    ended
        .expect("try_later", 75)
        .because("signal=SIGTERM")
        .because("stopped by SIGTERM")
        .never_logged("event=send_retried");
    assert_eq!(server.mails().len(), 1, "must not be sent again");
}

#[test]
fn sigterm_between_attempts_prevents_a_retry() {
    let server = Server::start();
    // Longer than this test waits for the worker to exit.
    server.on("POST", MAIL, |_, wire| {
        wire.answer(503, &[("retry-after", "50")], "")
    });
    let running = Worker::for_server(&server).start();
    server.wait_for("POST", MAIL);
    running.terminate();
    running
        .ended()
        .expect("try_later", 75)
        .because("signal=SIGTERM")
        .because("nothing was sent");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn logs_the_outcome_after_sigterm_even_if_the_callback_hangs() {
    let server = Server::start();
    let (requested, reached) = mpsc::channel();
    server.on("GET", PICTURE, move |_, wire| {
        requested.send(()).unwrap();
        wire.stay_silent()
    });
    server.on("POST", CALLBACK, |_, wire| wire.stay_silent());
    let worker = Worker::for_server(&server)
        .var("RUN_DEADLINE", "24s")
        .var("RUN_CALLBACK_URL", server.url(CALLBACK));
    terminated_at(&reached, worker)
        .expect("try_later", 75)
        .logged("event=callback_failed reason=\"no time left after SIGTERM\"");
    assert_eq!(server.mails().len(), 0);
}
