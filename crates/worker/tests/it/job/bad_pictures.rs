//! A picture that is not whole, not a picture or not where it may be is never mailed.

use std::io;
use std::time::Duration;

use crate::job::process::{Ended, Worker};
use crate::job::server::{PHOTO, PICTURE, Server};
use crate::job::wire::{Request, Wire};
use picletter_test_support::black_hole::BlackHole;

/// Runs a worker whose only picture is answered like this.
fn run_with(
    spoiled: impl Fn(Worker) -> Worker,
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> (Server, Ended) {
    let server = Server::start();
    server.on("GET", PICTURE, answer);
    let ended = spoiled(Worker::of(&server)).run();
    (server, ended)
}

/// Nothing was sent, and the log says for which reason.
#[track_caller]
fn nothing_sent(reason: &str, (server, ended): (Server, Ended)) -> Server {
    ended
        .expect("unavailable", 69)
        .because(reason)
        .logged("event=source_failed source=url reason=");
    assert_eq!(server.mails().len(), 0);
    server
}

#[track_caller]
fn refused(
    reason: &str,
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    nothing_sent(reason, run_with(|worker| worker, answer))
}

fn jpeg(length: usize) -> Vec<u8> {
    let mut picture = vec![0x55; length];
    picture[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    picture
}

#[test]
fn not_found_is_told_with_the_hosts_words() {
    refused("answered 404 Not Found: No such picture", |_, wire| {
        wire.answer(404, &[], "<h1>No such picture</h1>")
    });
}

#[test]
fn a_host_that_is_down_for_maintenance_ends_the_run() {
    refused("answered 503 Service Unavailable", |_, wire| {
        wire.answer(503, &[("retry-after", "1")], "")
    });
}

#[test]
fn html_labelled_as_a_jpeg_is_not_a_picture() {
    refused(
        "is not a JPEG, PNG, GIF, WebP or AVIF picture (labelled image/jpeg, begins with",
        |_, wire| {
            wire.answer(
                200,
                &[("content-type", "image/jpeg")],
                "<!doctype html><title>Log in</title>",
            )
        },
    );
}

#[test]
fn a_picture_without_a_label_is_still_one() {
    let (server, ended) = run_with(|worker| worker, |_, wire| wire.answer(200, &[], PHOTO));
    ended.expect("sent", 0);
    let mail = server.mails()[0].json();
    assert_eq!(mail["attachments"][0]["type"], "image/jpeg");
}

#[test]
fn an_empty_body_is_not_a_picture() {
    refused("empty body", |_, wire| {
        wire.answer(200, &[("content-type", "image/jpeg")], "")
    });
}

#[test]
fn less_than_a_signature_is_not_a_picture() {
    refused("is not a JPEG", |_, wire| {
        wire.answer(200, &[], [0xff, 0xd8])
    });
}

#[test]
fn half_of_the_declared_length_is_not_the_picture() {
    refused("transfer broke off", |_, wire| {
        wire.head(200, &[("content-length", &PHOTO.len().to_string())])?;
        wire.send(&PHOTO[..PHOTO.len() / 2])?;
        wire.close()
    });
}

#[test]
fn chunks_without_the_last_are_not_the_picture() {
    refused("transfer broke off", |_, wire| {
        wire.head(200, &[("transfer-encoding", "chunked")])?;
        wire.send_chunk(PHOTO)?;
        wire.close()
    });
}

#[test]
fn a_body_of_unknown_length_that_tls_does_not_end_is_not_the_picture() {
    refused("transfer broke off", |_, wire| {
        wire.head(200, &[("connection", "close")])?;
        wire.send(PHOTO)?;
        wire.break_off();
        Ok(())
    });
}

#[test]
fn a_body_of_unknown_length_that_tls_ends_is_the_picture() {
    let (server, ended) = run_with(
        |worker| worker,
        |_, wire| {
            wire.head(200, &[("connection", "close")])?;
            wire.send(PHOTO)?;
            wire.close()
        },
    );
    ended
        .expect("sent", 0)
        .logged(&format!("bytes={} ", PHOTO.len()));
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn more_than_the_cap_is_refused_by_its_declaration() {
    let run = run_with(
        |worker| worker.var("PICTURE_MAX_BYTES", "1000"),
        |_, wire| {
            wire.head(200, &[("content-length", "1001")])?;
            // Whoever waits for the body waits for ever.
            wire.stay_silent()
        },
    );
    nothing_sent("is larger than 1000 bytes by its own declaration", run);
}

#[test]
fn more_than_the_cap_is_refused_in_chunks_without_end() {
    let run = run_with(
        |worker| worker.var("PICTURE_MAX_BYTES", "1000000"),
        |_, wire| {
            wire.head(200, &[("transfer-encoding", "chunked")])?;
            let chunk = jpeg(16 << 10);
            loop {
                wire.send_chunk(&chunk)?;
            }
        },
    );
    nothing_sent("is larger than 1000000 bytes", run);
}

#[test]
fn exactly_the_cap_is_taken() {
    let (server, ended) = run_with(
        |worker| worker.var("PICTURE_MAX_BYTES", "1000"),
        |_, wire| {
            wire.head(200, &[("transfer-encoding", "chunked")])?;
            wire.send_chunk(&jpeg(1000))?;
            wire.send("0\r\n\r\n")
        },
    );
    ended.expect("sent", 0).logged("bytes=1000 ");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn one_byte_a_second_is_ended_as_stalled() {
    let run = run_with(
        |worker| worker.var("RUN_DEADLINE", "12s"),
        |_, wire| {
            wire.head(200, &[("content-length", "1000000")])?;
            for byte in jpeg(1_000_000).chunks(1) {
                wire.send(byte)?;
                if wire.peer_leaves_within(Duration::from_secs(1))? {
                    break;
                }
            }
            wire.break_off();
            Ok(())
        },
    );
    nothing_sent("stalled: less than 1024 bytes a second", run);
}

#[test]
fn a_host_that_never_answers_is_ended_as_stalled() {
    let run = run_with(
        |worker| worker.var("RUN_DEADLINE", "12s"),
        |_, wire| wire.stay_silent(),
    );
    nothing_sent("stalled", run);
}

#[test]
fn a_host_that_drops_packets_is_not_reported_as_stalled() {
    let hole = BlackHole::new();
    let run = run_with(
        |worker| {
            let worker = worker.var("RUN_DEADLINE", "12s");
            worker.var("PICTURE_URL", hole.url("https"))
        },
        |_, wire| wire.answer(200, &[], PHOTO),
    );
    nothing_sent("no picture: url cannot connect: timed out", run);
}

#[test]
fn a_slow_picture_does_not_use_up_the_time_for_sending() {
    let run = run_with(
        |worker| worker.var("RUN_DEADLINE", "2s"),
        |_, wire| {
            wire.head(200, &[("transfer-encoding", "chunked")])?;
            // Fast enough not to be stalled, without end.
            while !wire.peer_leaves_within(Duration::from_millis(100))? {
                wire.send_chunk(&jpeg(4096))?;
            }
            wire.break_off();
            Ok(())
        },
    );
    let (server, ended) = run;
    ended
        .expect("unavailable", 69)
        .because("is too slow: not done within");
    assert_eq!(server.mails().len(), 0);
}

#[test]
fn five_redirects_are_followed() {
    let (server, ended) = run_with(
        |worker| worker,
        |_, wire| {
            if wire.nth < 5 {
                wire.answer(302, &[("location", PICTURE)], "")
            } else {
                wire.answer(200, &[], PHOTO)
            }
        },
    );
    ended.expect("sent", 0);
    assert_eq!(server.requests_to("GET", PICTURE).len(), 6);
}

#[test]
fn a_redirect_loop_ends_after_five() {
    let server = refused("redirects more than 5 times", |_, wire| {
        wire.answer(302, &[("location", PICTURE)], "")
    });
    assert_eq!(server.requests_to("GET", PICTURE).len(), 6);
}

#[test]
fn a_redirect_off_tls_is_not_followed() {
    refused(
        "leads to `http:`, but only https is fetched",
        |request, wire| {
            let host = request.header("host").unwrap();
            let location = format!("http://{host}/elsewhere");
            wire.answer(302, &[("location", &location)], "")
        },
    );
}

#[test]
fn a_redirect_into_this_machine_is_not_followed() {
    let server = Server::start();
    let location = format!("https://127.0.0.1:{}/inside", server.port());
    server.on("GET", PICTURE, move |_, wire| {
        wire.answer(302, &[("location", &location)], "")
    });
    server.on("GET", "/inside", |_, wire| wire.answer(200, &[], PHOTO));
    let ended = Worker::of(&server).run();
    let reason = "leads to `127.0.0.1`, an address of a private network";
    let server = nothing_sent(reason, (server, ended));
    assert_eq!(server.requests_to("GET", "/inside").len(), 0);
}

#[test]
fn a_reset_in_the_middle_ends_the_run() {
    refused("transfer broke off", |_, wire| {
        wire.head(200, &[("content-length", &PHOTO.len().to_string())])?;
        wire.send(&PHOTO[..1000])?;
        wire.reset()
    });
}

#[test]
fn a_reset_instead_of_an_answer_ends_the_run() {
    refused("request failed", |_, wire| wire.reset());
}
