//! Every error in the config vars is reported before any request is sent.

use crate::job::process::{Ended, KEY, RECEIVER, Worker};
use crate::job::server::{CALLBACK, HEARTBEAT, MAIL, PICTURE, Server};

/// Runs a worker with invalid config vars and checks that it sends no request.
#[track_caller]
fn check_refused(configure: impl Fn(Worker) -> Worker) -> Ended {
    let server = Server::start();
    let ended = configure(Worker::for_server(&server)).run();
    ended.expect("config", 78);
    assert_eq!(server.requests().len(), 0, "{:?}", server.requests());
    ended
}

#[track_caller]
fn check_refused_with(variable: &str, value: &str, problem: &str) -> Ended {
    let ended = check_refused(|worker| worker.var(variable, value));
    ended
        .logged(&format!("variable={variable} "))
        .because(variable)
        .because(problem);
    assert_eq!(ended.log.matches("event=config").count(), 1, "{ended:?}");
    ended
}

#[test]
fn reports_a_missing_sender() {
    let ended = check_refused(|worker| worker.without("BOT_EMAIL"));
    ended.because("BOT_EMAIL is missing");
    assert_eq!(ended.log.matches("event=config").count(), 1, "{ended:?}");
}

#[test]
fn reports_all_missing_variables_at_once() {
    let three = ["BOT_EMAIL", "RECEIVER_EMAIL", "SG_KEY"];
    let ended = check_refused(|worker| three.into_iter().fold(worker, Worker::without));
    for variable in three {
        ended
            .logged(&format!("event=config variable={variable} "))
            .because(&format!("{variable} is missing"));
    }
}

#[test]
fn treats_a_blank_variable_as_missing() {
    check_refused_with("SG_KEY", "  ", "SG_KEY is missing");
}

#[test]
fn reports_different_errors_together() {
    let ended = check_refused(|worker| {
        worker
            .var("MAIL_EMBED", "inline")
            .var("RUN_DEADLINE", "soon")
            .var("PICTURE_MAX_BYTES", "20MB")
            .without("SG_KEY")
    });
    for variable in ["MAIL_EMBED", "RUN_DEADLINE", "PICTURE_MAX_BYTES", "SG_KEY"] {
        ended.logged(&format!("event=config variable={variable} "));
    }
}

#[test]
fn rejects_a_malformed_sender() {
    for address in [
        "bot",
        "bot@",
        "@picletter.example",
        "bot@localhost",
        "a b@picletter.example",
        "Bot <bot@picletter.example",
        "bot@picletter.example, other@picletter.example",
        "Bot <bot@picletter.example>\nBcc: all@picletter.example",
    ] {
        check_refused_with("BOT_EMAIL", address, "BOT_EMAIL ");
    }
}

#[test]
fn rejects_a_malformed_receiver() {
    for addresses in [
        "reader",
        "reader@ymail.example,",
        "reader@ymail.example, other@",
        "reader@ymail.example; other@ymail.example",
        "\"Reader <reader@ymail.example>",
    ] {
        check_refused_with("RECEIVER_EMAIL", addresses, "RECEIVER_EMAIL ");
    }
}

#[test]
fn masks_receivers_of_a_malformed_list() {
    for addresses in [
        "reader@ymail.example; other@ymail.example",
        "reader@ymail.example other@ymail.example",
        "\"Reader <reader@ymail.example>",
        "Reader <reader@ymail.example",
        "reader@ymail.example, Reader@ymail.example",
    ] {
        let ended =
            check_refused(|worker| worker.var("RECEIVER_EMAIL", addresses).without("BOT_EMAIL"));
        ended.because("RECEIVER_EMAIL");
        let log = ended.log.to_lowercase();
        assert!(!log.contains(RECEIVER), "{log}");
        assert!(!log.contains("other@ymail.example"), "{log}");
    }
}

#[test]
fn rejects_a_malformed_key_without_logging_it() {
    for key in [
        "someKeyId_0123.some-secret_of-a-key",
        "SG.only-two",
        "SG..",
        "SG.a b.c",
    ] {
        check_refused_with("SG_KEY", key, "is not a SendGrid API key").never_logged(key);
    }
}

#[test]
fn rejects_an_unknown_mail_embed() {
    check_refused_with("MAIL_EMBED", "inline", "expected auto, cid, link, data-uri");
}

#[test]
fn rejects_an_unknown_source() {
    check_refused_with(
        "PICTURE_SOURCES",
        "wikimedia,flickr",
        "expected unsplash, wikimedia, nasa, picsum, url",
    )
    .because("`flickr`");
}

#[test]
fn rejects_a_source_without_its_required_variable() {
    check_refused(|worker| worker.var("PICTURE_SOURCES", "unsplash"))
        .because("UNSPLASH_ACCESS_KEY is missing");
    check_refused(|worker| worker.var("PICTURE_SOURCES", "url").without("PICTURE_URL"))
        .because("PICTURE_URL is missing");
}

#[test]
fn rejects_an_http_picture_url_even_on_loopback() {
    for url in [
        "http://pictures.example/today.jpg",
        "http://localhost/today.jpg",
    ] {
        check_refused_with("PICTURE_URL", url, "must be https");
    }
}

#[test]
fn rejects_a_file_picture_url() {
    check_refused_with("PICTURE_URL", "file:///etc/passwd", "must be https");
}

#[test]
fn rejects_a_picture_url_with_credentials_without_logging_them() {
    check_refused_with(
        "PICTURE_URL",
        "https://user:hunter2@pictures.example/today.jpg",
        "user name or password",
    )
    .never_logged("hunter2");
}

#[test]
fn rejects_http_for_vendors_except_on_loopback() {
    for variable in [
        "SENDGRID_API_URL",
        "UNSPLASH_API_URL",
        "WIKIMEDIA_API_URL",
        "NASA_API_URL",
        "PICSUM_URL",
        "RUN_CALLBACK_URL",
        "HEARTBEAT_URL",
    ] {
        check_refused_with(
            variable,
            "http://vendor.example/?sig=s3cret",
            "must be https",
        )
        .never_logged("s3cret");
    }
}

#[test]
fn rejects_a_missing_trust_anchor_file() {
    check_refused_with("SSL_CERT_FILE", "/no/such/file.pem", "cannot be read");
}

#[test]
fn rejects_a_trust_anchor_file_that_is_too_large() {
    // With a separate root directory, the worker cannot read this test's files.
    if std::env::var_os("WORKER_ROOT").is_some() {
        return;
    }
    let large = tempfile::NamedTempFile::new().unwrap();
    large.as_file().set_len(1 << 40).unwrap();
    let path = large.path().to_str().unwrap();
    check_refused_with("SSL_CERT_FILE", path, "larger than 10240 kB");
}

#[test]
fn reports_errors_to_callback_and_heartbeat() {
    let server = Server::start();
    let ended = Worker::for_server(&server)
        .var("RUN_CALLBACK_URL", server.url(CALLBACK))
        .var("HEARTBEAT_URL", server.url(HEARTBEAT))
        .var("RUN_ID", "monday")
        .var("MAIL_EMBED", KEY)
        .run();
    ended.expect("config", 78).never_logged(KEY);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["outcome"], "config");
    assert_eq!(report["exit_code"], 78);
    assert_eq!(report["run_id"], "monday");
    let detail = report["detail"].as_str().unwrap();
    assert!(detail.starts_with("MAIL_EMBED is `[secret]`"), "{detail}");
    assert_eq!(server.requests_to("GET", "/heartbeat/78").len(), 1);
    assert_eq!(server.requests_to("GET", PICTURE).len(), 0);
    assert_eq!(server.requests_to("HEAD", MAIL).len(), 0);
    assert_eq!(server.mails().len(), 0);
}
