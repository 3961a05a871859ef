//! Picture sources: each follows its vendor's terms, and the next one is tried if it fails.

use std::time::Duration;

use serde_json::Value;

use crate::job::process::{Ended, RECEIVER, Worker};
use crate::job::server::{PHOTO, PICTURE, Server};
use crate::job::wire::Request;

const UNSPLASH: &str = "/unsplash/photos/random";
const WIKIMEDIA: &str = "/wikimedia/feed/featured/";
const NASA: &str = "/nasa/apod-basic/";
const PICSUM: &str = "/picsum/seed/";
const UNSPLASH_KEY: &str = "unsplash-access-key";

/// A vendor's recorded response, with the hosts of its pictures replaced by the server.
fn with_hosts_replaced(recorded: &str, hosts: &[&str], server: &Server) -> String {
    hosts.iter().fold(recorded.to_owned(), |answer, host| {
        answer.replace(&format!("https://{host}/"), &server.url("/photos/"))
    })
}

fn serve(server: &Server, path: &str, answer: String) {
    server.on("GET", path, move |_, wire| {
        wire.answer(200, &[("content-type", "application/json")], &answer)
    });
    server.on("GET", "/photos/", |_, wire| wire.answer(200, &[], PHOTO));
}

pub(crate) fn serve_wikimedia(server: &Server) {
    let recorded = include_str!("../../fixtures/wikimedia.json");
    let answer = with_hosts_replaced(recorded, &["thumb.wikimedia.org"], server);
    serve(server, WIKIMEDIA, answer);
}

fn serve_nasa(server: &Server) {
    let recorded = include_str!("../../fixtures/nasa-basic-image.json");
    let answer = with_hosts_replaced(recorded, &["assets.science.nasa.gov"], server);
    serve(server, NASA, answer);
}

fn serve_unsplash(server: &Server) {
    let recorded = include_str!("../../fixtures/unsplash-random.json");
    let api = server.url("/unsplash/");
    let answer = with_hosts_replaced(recorded, &["images.unsplash.com"], server)
        .replace("https://api.unsplash.com/", &api);
    serve(server, UNSPLASH, answer);
    let download = include_str!("../../fixtures/unsplash-download.json");
    serve(
        server,
        "/unsplash/photos/wfH7b-1pf6g/download",
        download.to_owned(),
    );
}

fn serve_picsum(server: &Server) {
    let hop = server.url("/photos/1.jpg");
    server.on("GET", PICSUM, move |request, wire| {
        if request.path.ends_with("/info") {
            wire.answer(200, &[], include_str!("../../fixtures/picsum-info.json"))
        } else {
            wire.answer(302, &[("location", &hop)], "")
        }
    });
    server.on("GET", "/photos/", |_, wire| wire.answer(200, &[], PHOTO));
}

fn worker_with(server: &Server, sources: &str) -> Worker {
    Worker::for_server(server)
        .without("PICTURE_URL")
        .var("PICTURE_SOURCES", sources)
        .var("UNSPLASH_ACCESS_KEY", UNSPLASH_KEY)
}

#[track_caller]
fn sent(server: &Server, sources: &str) -> (Value, Ended) {
    let ended = worker_with(server, sources).run();
    ended.expect("sent", 0).never_logged(UNSPLASH_KEY);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    (mails[0].json(), ended)
}

fn html(mail: &Value) -> &str {
    mail["content"][1]["value"].as_str().unwrap()
}

#[track_caller]
fn only(requests: &[Request]) -> &Request {
    assert_eq!(requests.len(), 1, "{requests:?}");
    &requests[0]
}

#[test]
fn sends_a_contact_to_wikimedia() {
    let server = Server::start();
    serve_wikimedia(&server);
    let (mail, ended) = sent(&server, "wikimedia");
    ended.because("source=wikimedia");
    for path in [WIKIMEDIA, "/photos/"] {
        let requests = server.requests_to("GET", path);
        let agent = only(&requests).header("user-agent").unwrap();
        assert!(agent.starts_with("Picletter/"), "{agent}");
        assert!(agent.contains("bot@picletter.example"), "{agent}");
        assert!(!agent.contains(RECEIVER), "{agent}");
    }
    assert!(html(&mail).contains("src=\"cid:picture\""));
    assert!(html(&mail).contains("CC BY-SA 4.0"));
    assert!(html(&mail).contains("Diego Delso"));
}

#[test]
fn links_an_unsplash_photo_and_reports_its_download() {
    let server = Server::start();
    serve_unsplash(&server);
    let (mail, ended) = sent(&server, "unsplash");
    ended
        .because("source=unsplash")
        .logged("event=picture_linked");
    let linked = server.url("/photos/photo-1688303900989-6d64cb56c1e7?");
    assert!(html(&mail).contains(&format!("src=\"{linked}")), "{mail}");
    assert!(mail.get("attachments").is_none(), "{mail}");
    assert!(html(&mail).contains("utm_source=picletter"));
    let key = Some(format!("Client-ID {UNSPLASH_KEY}"));
    let requests = server.requests_to("GET", UNSPLASH);
    assert_eq!(only(&requests).header("authorization"), key.as_deref());
    let reported = server.requests_to("GET", "/unsplash/photos/wfH7b-1pf6g/download");
    assert_eq!(only(&reported).header("authorization"), key.as_deref());
    assert!(
        only(&reported).path.contains("?ixid="),
        "must keep the query"
    );
    for photo in server.requests_to("GET", "/photos/") {
        assert_eq!(photo.header("authorization"), None);
    }
}

#[test]
fn outcome_is_sent_if_reporting_to_unsplash_fails() {
    let server = Server::start();
    serve_unsplash(&server);
    server.on("GET", "/unsplash/photos/wfH7b-1pf6g/download", |_, wire| {
        wire.answer(403, &[], "Rate Limit Exceeded")
    });
    let (_, ended) = sent(&server, "unsplash");
    ended.logged("event=unsplash_not_told reason=\"answered 403 Forbidden: Rate Limit Exceeded\"");
}

#[test]
fn sends_the_unsplash_key_to_its_api_only() {
    let server = Server::start();
    let stranger = server.sibling_named("localhost");
    let recorded = include_str!("../../fixtures/unsplash-random.json");
    let download = stranger.url(PICTURE);
    let answer = with_hosts_replaced(recorded, &["images.unsplash.com"], &server).replace(
        "https://api.unsplash.com/photos/wfH7b-1pf6g/download",
        &download,
    );
    serve(&server, UNSPLASH, answer);
    worker_with(&server, "unsplash")
        // Allows requests to this origin.
        .var("NASA_API_URL", stranger.url(""))
        .run()
        .expect("sent", 0)
        .logged(
            "event=unsplash_not_told reason=\"returned a download endpoint with another origin",
        );
    assert_eq!(stranger.requests().len(), 0);
}

#[test]
fn does_not_mail_a_dead_link() {
    let server = Server::start();
    serve_unsplash(&server);
    server.on("GET", "/photos/", |_, wire| wire.answer(404, &[], ""));
    worker_with(&server, "unsplash")
        .run()
        .expect("unavailable", 69);
    assert_eq!(server.mails().len(), 0);
}

#[test]
fn links_and_credits_nasas_picture() {
    let server = Server::start();
    serve_nasa(&server);
    let (mail, ended) = sent(&server, "nasa");
    ended.because("source=nasa");
    assert!(html(&mail).contains("src=\"https://localhost:"), "{mail}");
    assert!(mail.get("attachments").is_none(), "{mail}");
}

#[test]
fn uses_nasas_picture_of_yesterday_until_todays_is_published() {
    let server = Server::start();
    serve_nasa(&server);
    let recorded = include_str!("../../fixtures/nasa-basic-image.json");
    let answer = with_hosts_replaced(recorded, &["assets.science.nasa.gov"], &server);
    server.on("GET", NASA, move |_, wire| match wire.nth {
        0 => wire.answer(404, &[], include_str!("../../fixtures/nasa-basic-404.json")),
        _ => wire.answer(200, &[], &answer),
    });
    sent(&server, "nasa");
    let requests = server.requests_to("GET", NASA);
    assert_eq!(requests.len(), 2);
    assert!(requests[1].path < requests[0].path, "{requests:?}");
}

#[test]
fn tries_the_next_source_if_nasa_has_a_video() {
    let server = Server::start();
    serve_picsum(&server);
    let video = include_str!("../../fixtures/nasa-basic-video.json");
    serve(&server, NASA, video.to_owned());
    let (_, ended) = sent(&server, "nasa,picsum");
    ended.because("source=picsum").logged(
        "event=source_failed source=nasa reason=\"has a video today instead of a picture\" next=picsum",
    );
}

#[test]
fn tries_the_next_source_if_wikimedia_has_a_video_or_nothing() {
    for (answer, reason) in [
        (
            include_str!("../../fixtures/wikimedia-video.json"),
            "has a video today",
        ),
        (
            include_str!("../../fixtures/wikimedia-no-image.json"),
            "has no picture today",
        ),
    ] {
        let server = Server::start();
        serve_picsum(&server);
        serve(&server, WIKIMEDIA, answer.to_owned());
        let (_, ended) = sent(&server, "wikimedia,picsum");
        ended.because("source=picsum").logged(&format!(
            "event=source_failed source=wikimedia reason=\"{reason}"
        ));
    }
}

#[test]
fn credits_picsums_photo_and_uses_the_date_as_seed() {
    let server = Server::start();
    serve_picsum(&server);
    let (mail, _) = sent(&server, "picsum");
    assert!(html(&mail).contains("Alejandro Escamilla"), "{mail}");
    let seeds: Vec<String> = server
        .requests_to("GET", PICSUM)
        .iter()
        .map(|request| request.path.split('/').nth(3).unwrap().to_owned())
        .collect();
    assert_eq!(seeds.len(), 2);
    assert_eq!(seeds[0], seeds[1]);
    assert!(seeds[0].parse::<jiff::civil::Date>().is_ok(), "{seeds:?}");
}

#[test]
fn uses_the_first_source_that_works() {
    let server = Server::start();
    serve_wikimedia(&server);
    serve_picsum(&server);
    let (_, ended) = sent(&server, "picsum,wikimedia");
    ended.because("source=picsum").never_logged("source_failed");
    assert_eq!(server.requests_to("GET", WIKIMEDIA).len(), 0);
}

#[test]
fn tries_the_next_source_if_a_download_fails() {
    let server = Server::start();
    serve_wikimedia(&server);
    server.on("GET", PICTURE, |_, wire| wire.reset());
    let ended = worker_with(&server, "url,wikimedia")
        .var("PICTURE_URL", server.url(PICTURE))
        .run();
    ended
        .expect("sent", 0)
        .because("source=wikimedia")
        .logged("event=source_failed source=url reason=\"request failed");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn slow_source_leaves_time_for_the_next() {
    let server = Server::start();
    serve_picsum(&server);
    server.on("GET", PICTURE, |_, wire| {
        wire.head(200, &[("content-length", "1000000")])?;
        loop {
            // Fast enough not to be stalled, but too slow to complete in time.
            wire.send([&PHOTO[..3], &[0; 1500]].concat())?;
            if wire.peer_closes_within(Duration::from_millis(500))? {
                return Ok(());
            }
        }
    });
    let ended = worker_with(&server, "url,picsum")
        .var("PICTURE_URL", server.url(PICTURE))
        .var("RUN_DEADLINE", "8s")
        .run();
    ended
        .expect("sent", 0)
        .because("source=picsum")
        .logged("is too slow: not complete within 3.0 s");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn reports_the_reason_of_every_source() {
    let server = Server::start();
    let ended = worker_with(&server, "unsplash,wikimedia,nasa,picsum").run();
    ended.expect("unavailable", 69);
    for source in ["unsplash", "wikimedia", "nasa", "picsum"] {
        ended
            .because(&format!("{source} answered 404 Not Found"))
            .logged(&format!("event=source_failed source={source} "));
    }
    assert_eq!(server.mails().len(), 0);
}

/// The sources with a JSON API, each with its path and a required field.
const JSON_SOURCES: [(&str, &str, &str); 4] = [
    ("unsplash", UNSPLASH, "urls"),
    ("wikimedia", WIKIMEDIA, "thumbnail"),
    ("nasa", NASA, "permalink"),
    ("picsum", PICSUM, "author"),
];

fn serve_all(server: &Server) {
    serve_unsplash(server);
    serve_wikimedia(server);
    serve_nasa(server);
    serve_picsum(server);
}

/// The recorded response of a source.
fn recorded(source: &str) -> &'static str {
    match source {
        "unsplash" => include_str!("../../fixtures/unsplash-random.json"),
        "wikimedia" => include_str!("../../fixtures/wikimedia.json"),
        "nasa" => include_str!("../../fixtures/nasa-basic-image.json"),
        _ => include_str!("../../fixtures/picsum-info.json"),
    }
}

#[track_caller]
fn check_nothing_sent(source: &str, path: &str, answer: &str, reason: &str) {
    let server = Server::start();
    serve_all(&server);
    serve(&server, path, answer.to_owned());
    worker_with(&server, source)
        .run()
        .expect("unavailable", 69)
        .because(&format!("{source} did not answer with its documented JSON"))
        .because(reason);
    assert_eq!(server.mails().len(), 0, "{source}");
}

#[test]
fn reports_the_first_bytes_of_html_instead_of_json() {
    for (source, path, _) in JSON_SOURCES {
        let html = "<!doctype html><h1>Sign in</h1>";
        check_nothing_sent(source, path, html, "begins with \\\"<!doctype html>");
    }
}

#[test]
fn rejects_truncated_json() {
    for (source, path, _) in JSON_SOURCES {
        let answer = recorded(source);
        check_nothing_sent(
            source,
            path,
            &answer[..answer.len() / 2],
            "EOF while parsing",
        );
    }
}

#[test]
fn reports_a_missing_field() {
    for (source, path, field) in JSON_SOURCES {
        let mut answer: Value = serde_json::from_str(recorded(source)).unwrap();
        let entry = match source {
            "wikimedia" => &mut answer["image"],
            _ => &mut answer,
        };
        entry.as_object_mut().unwrap().remove(field).unwrap();
        let reason = format!("missing field `{field}`");
        check_nothing_sent(source, path, &answer.to_string(), &reason);
    }
}

#[test]
fn recorded_responses_of_all_sources_are_accepted() {
    for (source, ..) in JSON_SOURCES {
        let server = Server::start();
        serve_all(&server);
        sent(&server, source);
    }
}
