//! Incomplete pictures, other content, and forbidden addresses are never mailed.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::job::process::{Ended, Worker};
use crate::job::server::{PHOTO, PICTURE, Server};
use crate::job::wire::{Request, Wire};
use picletter_test_support::black_hole::BlackHole;

/// Runs a worker with the given response for its only picture.
fn run_with(
    configure: impl Fn(Worker) -> Worker,
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> (Server, Ended) {
    let server = Server::start();
    server.on("GET", PICTURE, answer);
    let ended = configure(Worker::for_server(&server)).run();
    (server, ended)
}

/// Checks that nothing was sent and that the log contains the reason.
#[track_caller]
fn check_nothing_sent(reason: &str, (server, ended): (Server, Ended)) -> Server {
    ended
        .expect("unavailable", 69)
        .because(reason)
        .logged("event=source_failed source=url reason=");
    assert_eq!(server.mails().len(), 0);
    server
}

#[track_caller]
fn check_refused(
    reason: &str,
    answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    check_nothing_sent(reason, run_with(|worker| worker, answer))
}

fn jpeg(length: usize) -> Vec<u8> {
    let mut picture = vec![0x55; length];
    picture[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    picture
}

#[test]
fn reports_404_with_the_hosts_message() {
    check_refused("answered 404 Not Found: No such picture", |_, wire| {
        wire.answer(404, &[], "<h1>No such picture</h1>")
    });
}

#[test]
fn does_not_retry_a_picture_after_503() {
    check_refused("answered 503 Service Unavailable", |_, wire| {
        wire.answer(503, &[("retry-after", "1")], "")
    });
}

#[test]
fn rejects_html_with_the_content_type_of_a_jpeg() {
    check_refused(
        "is not a JPEG, PNG, GIF, WebP, or AVIF picture (content type image/jpeg, begins with",
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
fn accepts_a_picture_without_a_content_type() {
    let (server, ended) = run_with(|worker| worker, |_, wire| wire.answer(200, &[], PHOTO));
    ended.expect("sent", 0);
    let mail = server.mails()[0].json();
    assert_eq!(mail["attachments"][0]["type"], "image/jpeg");
}

#[test]
fn rejects_an_empty_body() {
    check_refused("empty body", |_, wire| {
        wire.answer(200, &[("content-type", "image/jpeg")], "")
    });
}

#[test]
fn rejects_a_body_shorter_than_a_signature() {
    check_refused("is not a JPEG", |_, wire| {
        wire.answer(200, &[], [0xff, 0xd8])
    });
}

#[test]
fn rejects_a_body_shorter_than_its_content_length() {
    check_refused("transfer interrupted", |_, wire| {
        wire.head(200, &[("content-length", &PHOTO.len().to_string())])?;
        wire.send(&PHOTO[..PHOTO.len() / 2])?;
        wire.close()
    });
}

#[test]
fn rejects_chunks_without_the_last_chunk() {
    check_refused("transfer interrupted", |_, wire| {
        wire.head(200, &[("transfer-encoding", "chunked")])?;
        wire.send_chunk(PHOTO)?;
        wire.close()
    });
}

#[test]
fn rejects_a_body_of_unknown_length_without_a_tls_close() {
    check_refused("transfer interrupted", |_, wire| {
        wire.head(200, &[("connection", "close")])?;
        wire.send(PHOTO)?;
        wire.close_abruptly();
        Ok(())
    });
}

#[test]
fn accepts_a_body_of_unknown_length_with_a_tls_close() {
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
fn rejects_a_content_length_above_the_limit() {
    let run = run_with(
        |worker| worker.var("PICTURE_MAX_BYTES", "1000"),
        |_, wire| {
            wire.head(200, &[("content-length", "1001")])?;
            // The body is never sent.
            wire.stay_silent()
        },
    );
    check_nothing_sent(
        "is larger than 1000 bytes according to its Content-Length",
        run,
    );
}

#[test]
fn rejects_endless_chunks_above_the_limit() {
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
    check_nothing_sent("is larger than 1000000 bytes", run);
}

#[test]
fn accepts_a_picture_of_exactly_the_limit() {
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
fn attaches_a_picture_from_chunks_of_any_size() {
    let mut picture: Vec<u8> = (0..=255).cycle().take(1000).collect();
    picture[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    let base64 = STANDARD.encode(&picture);
    for size in [1, 2, 3, 4, 5, 7, 64, 999, 1000] {
        let picture = picture.clone();
        let (server, ended) = run_with(
            |worker| worker,
            move |_, wire| {
                wire.head(200, &[("transfer-encoding", "chunked")])?;
                for chunk in picture.chunks(size) {
                    wire.send_chunk(chunk)?;
                }
                wire.send("0\r\n\r\n")
            },
        );
        ended.expect("sent", 0);
        let mail = server.mails()[0].json();
        let content = &mail["attachments"][0]["content"];
        assert_eq!(*content, base64, "chunks of {size}");
    }
}

#[test]
fn one_byte_per_second_is_stalled() {
    let run = run_with(
        |worker| worker.var("RUN_DEADLINE", "12s"),
        |_, wire| {
            wire.head(200, &[("content-length", "1000000")])?;
            for byte in jpeg(1_000_000).chunks(1) {
                wire.send(byte)?;
                if wire.peer_closes_within(Duration::from_secs(1))? {
                    break;
                }
            }
            wire.close_abruptly();
            Ok(())
        },
    );
    check_nothing_sent("stalled: less than 1024 bytes a second", run);
}

#[test]
fn host_that_does_not_respond_is_stalled() {
    let run = run_with(
        |worker| worker.var("RUN_DEADLINE", "12s"),
        |_, wire| wire.stay_silent(),
    );
    check_nothing_sent("stalled", run);
}

#[test]
fn host_that_drops_packets_cannot_be_connected() {
    let hole = BlackHole::new();
    let run = run_with(
        |worker| {
            let worker = worker.var("RUN_DEADLINE", "12s");
            worker.var("PICTURE_URL", hole.url("https"))
        },
        |_, wire| wire.answer(200, &[], PHOTO),
    );
    check_nothing_sent("no picture: url cannot connect: timed out", run);
}

#[test]
fn slow_picture_leaves_time_for_sending() {
    let run = run_with(
        |worker| worker.var("RUN_DEADLINE", "2s"),
        |_, wire| {
            wire.head(200, &[("transfer-encoding", "chunked")])?;
            // An endless body that is fast enough not to be stalled.
            while !wire.peer_closes_within(Duration::from_millis(100))? {
                wire.send_chunk(&jpeg(4096))?;
            }
            wire.close_abruptly();
            Ok(())
        },
    );
    let (server, ended) = run;
    ended
        .expect("unavailable", 69)
        .because("is too slow: not complete within");
    assert_eq!(server.mails().len(), 0);
}

#[test]
fn follows_five_redirects() {
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
fn stops_a_redirect_loop_after_five_redirects() {
    let server = check_refused("redirects more than 5 times", |_, wire| {
        wire.answer(302, &[("location", PICTURE)], "")
    });
    assert_eq!(server.requests_to("GET", PICTURE).len(), 6);
}

#[test]
fn does_not_follow_redirects_to_http() {
    check_refused(
        "leads to `http:`, but only https is allowed",
        |request, wire| {
            let host = request.header("host").unwrap();
            let location = format!("http://{host}/elsewhere");
            wire.answer(302, &[("location", &location)], "")
        },
    );
}

#[test]
fn does_not_follow_redirects_to_loopback() {
    let server = Server::start();
    let location = format!("https://127.0.0.1:{}/inside", server.port());
    server.on("GET", PICTURE, move |_, wire| {
        wire.answer(302, &[("location", &location)], "")
    });
    server.on("GET", "/inside", |_, wire| wire.answer(200, &[], PHOTO));
    let ended = Worker::for_server(&server).run();
    let reason = "leads to `127.0.0.1`, a private network address";
    let server = check_nothing_sent(reason, (server, ended));
    assert_eq!(server.requests_to("GET", "/inside").len(), 0);
}

#[test]
fn connection_reset_within_the_picture_is_unavailable() {
    check_refused("transfer interrupted", |_, wire| {
        wire.head(200, &[("content-length", &PHOTO.len().to_string())])?;
        wire.send(&PHOTO[..1000])?;
        wire.reset()
    });
}

#[test]
fn connection_reset_before_a_response_is_unavailable() {
    check_refused("request failed", |_, wire| wire.reset());
}
