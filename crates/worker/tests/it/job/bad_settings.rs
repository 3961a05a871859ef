//! Every mistake in the config vars is named, and nothing is contacted.

use crate::job::process::{Ended, KEY, RECEIVER, Worker};
use crate::job::server::{CALLBACK, HEARTBEAT, MAIL, PICTURE, Server};

/// Runs a worker with the change that `spoiled` makes.
#[track_caller]
fn refused(spoiled: impl Fn(Worker) -> Worker) -> Ended {
    let server = Server::start();
    let ended = spoiled(Worker::of(&server)).run();
    ended.expect("config", 78);
    assert_eq!(server.requests().len(), 0, "{:?}", server.requests());
    ended
}

#[track_caller]
fn refused_with(variable: &str, value: &str, problem: &str) -> Ended {
    let ended = refused(|worker| worker.var(variable, value));
    ended
        .logged(&format!("variable={variable} "))
        .because(variable)
        .because(problem);
    assert_eq!(ended.log.matches("event=config").count(), 1, "{ended:?}");
    ended
}

#[test]
fn a_missing_sender_is_named() {
    let ended = refused(|worker| worker.without("BOT_EMAIL"));
    ended.because("BOT_EMAIL is missing");
    assert_eq!(ended.log.matches("event=config").count(), 1, "{ended:?}");
}

#[test]
fn all_three_missing_are_all_named_at_once() {
    let three = ["BOT_EMAIL", "RECEIVER_EMAIL", "SG_KEY"];
    let ended = refused(|worker| three.into_iter().fold(worker, Worker::without));
    for variable in three {
        ended
            .logged(&format!("event=config variable={variable} "))
            .because(&format!("{variable} is missing"));
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_is_missing() {
    refused_with("SG_KEY", "  ", "SG_KEY is missing");
}

#[test]
fn mistakes_of_different_kinds_are_reported_together() {
    let ended = refused(|worker| {
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
fn a_malformed_sender_is_refused() {
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
        refused_with("BOT_EMAIL", address, "BOT_EMAIL ");
    }
}

#[test]
fn a_malformed_receiver_is_refused() {
    for addresses in [
        "reader",
        "reader@ymail.example,",
        "reader@ymail.example, other@",
        "reader@ymail.example; other@ymail.example",
        "\"Reader <reader@ymail.example>",
    ] {
        refused_with("RECEIVER_EMAIL", addresses, "RECEIVER_EMAIL ");
    }
}

#[test]
fn a_refused_list_of_receivers_does_not_show_them_in_the_log() {
    for addresses in [
        "reader@ymail.example; other@ymail.example",
        "reader@ymail.example other@ymail.example",
        "\"Reader <reader@ymail.example>",
        "Reader <reader@ymail.example",
        "reader@ymail.example, Reader@ymail.example",
    ] {
        let ended = refused(|worker| worker.var("RECEIVER_EMAIL", addresses).without("BOT_EMAIL"));
        ended.because("RECEIVER_EMAIL");
        let log = ended.log.to_lowercase();
        assert!(!log.contains(RECEIVER), "{log}");
        assert!(!log.contains("other@ymail.example"), "{log}");
    }
}

#[test]
fn a_key_of_another_form_is_refused_and_not_shown() {
    for key in [
        "someKeyId_0123.some-secret_of-a-key",
        "SG.only-two",
        "SG..",
        "SG.a b.c",
    ] {
        refused_with("SG_KEY", key, "is not a SendGrid API key").never_logged(key);
    }
}

#[test]
fn an_unknown_way_to_embed_is_refused() {
    refused_with("MAIL_EMBED", "inline", "it takes auto, cid, link, data-uri");
}

#[test]
fn an_unknown_source_is_refused() {
    refused_with(
        "PICTURE_SOURCES",
        "wikimedia,flickr",
        "it takes unsplash, wikimedia, nasa, picsum, url",
    )
    .because("`flickr`");
}

#[test]
fn a_source_without_what_it_needs_is_refused() {
    refused(|worker| worker.var("PICTURE_SOURCES", "unsplash"))
        .because("UNSPLASH_ACCESS_KEY is missing");
    refused(|worker| worker.var("PICTURE_SOURCES", "url").without("PICTURE_URL"))
        .because("PICTURE_URL is missing");
}

#[test]
fn a_picture_url_without_tls_is_refused_even_on_this_machine() {
    for url in [
        "http://pictures.example/today.jpg",
        "http://localhost/today.jpg",
    ] {
        refused_with("PICTURE_URL", url, "only https is fetched");
    }
}

#[test]
fn a_picture_url_of_a_file_is_refused() {
    refused_with("PICTURE_URL", "file:///etc/passwd", "only https is fetched");
}

#[test]
fn a_picture_url_with_credentials_is_refused_and_they_are_not_shown() {
    refused_with(
        "PICTURE_URL",
        "https://user:hunter2@pictures.example/today.jpg",
        "user name or password",
    )
    .never_logged("hunter2");
}

#[test]
fn vendors_without_tls_are_refused_beyond_this_machine() {
    for variable in [
        "SENDGRID_API_URL",
        "UNSPLASH_API_URL",
        "WIKIMEDIA_API_URL",
        "NASA_API_URL",
        "PICSUM_URL",
        "RUN_CALLBACK_URL",
        "HEARTBEAT_URL",
    ] {
        refused_with(
            variable,
            "http://vendor.example/?sig=s3cret",
            "must be https",
        )
        .never_logged("s3cret");
    }
}

#[test]
fn a_trust_anchor_file_that_is_none_is_refused() {
    refused_with("SSL_CERT_FILE", "/no/such/file.pem", "cannot be read");
}

#[test]
fn a_trust_anchor_file_that_is_too_large_is_refused() {
    // In a root directory of its own the worker sees no file of this test's.
    if std::env::var_os("WORKER_ROOT").is_some() {
        return;
    }
    let large = tempfile::NamedTempFile::new().unwrap();
    large.as_file().set_len(1 << 40).unwrap();
    let path = large.path().to_str().unwrap();
    refused_with("SSL_CERT_FILE", path, "larger than 10240 kB");
}

#[test]
fn those_who_wait_are_told_of_the_mistakes() {
    let server = Server::start();
    let ended = Worker::of(&server)
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
