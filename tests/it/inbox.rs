//! The inbox shows mails as a mail program does, and prevents their content from doing harm.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use picletter::r#try::Trial;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use picletter_test_support::loopback;

const PICTURE: &[u8] = b"\xff\xd8\xff a picture";

async fn deliver(trial: &Trial, mail: Value) {
    let answer = loopback::client()
        .post(trial.sandbox().sendgrid_url() + "/v3/mail/send")
        .header(
            "authorization",
            format!("Bearer SG.{}.{}", "a".repeat(22), "b".repeat(43)),
        )
        .header("content-type", "application/json")
        .body(mail.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
}

fn mail(subject: &str, html: &str) -> Value {
    json!({
        "personalizations": [{ "to": [{ "email": "you@picletter.example" }] }],
        "from": { "email": "bot@picletter.example", "name": "Picletter" },
        "subject": subject,
        "content": [
            { "type": "text/plain", "value": "<b>plain</b>" },
            { "type": "text/html", "value": html },
        ],
        "attachments": [{
            "content": BASE64_STANDARD.encode(PICTURE),
            "type": "image/jpeg",
            "filename": "picture.jpg",
            "disposition": "inline",
            "content_id": "picture",
        }],
    })
}

async fn get(trial: &Trial, path: &str) -> Response {
    let url = trial.page_url() + path;
    loopback::client().get(url).send().await.unwrap()
}

async fn text(trial: &Trial, path: &str) -> String {
    let answer = get(trial, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap()
}

fn policy(answer: &Response) -> Vec<&str> {
    let policy = answer.headers()["content-security-policy"].to_str();
    policy.unwrap().split("; ").collect()
}

#[tokio::test]
async fn empty_inbox_shows_a_message() {
    let trial = Trial::start(0).await.unwrap();
    assert!(text(&trial, "/").await.contains("No mail yet."));
}

#[tokio::test]
async fn lists_and_links_mails_newest_first() {
    let trial = Trial::start(0).await.unwrap();
    deliver(&trial, mail("The first", "a")).await;
    deliver(&trial, mail("The second", "b")).await;
    let list = text(&trial, "/").await;
    for shown in ["Picletter", "to you@picletter.example", "2 mails"] {
        assert!(list.contains(shown), "{shown}");
    }
    assert!(list.find("The second") < list.find("The first"));
    assert!(list.find("/mails/2") < list.find("/mails/1"));
    assert!(text(&trial, "/mails/2").await.contains("The second"));
}

#[tokio::test]
async fn shows_headers_parts_and_attachments_of_a_mail() {
    let trial = Trial::start(0).await.unwrap();
    let mut full = mail("The picture", "<p>Look.");
    full["headers"] = json!({ "List-Unsubscribe": "<mailto:bot@picletter.example>" });
    deliver(&trial, full).await;
    let page = text(&trial, "/mails/1").await;
    let message_id = trial.sandbox().inbox().mails()[0]
        .message
        .message_id
        .clone();
    for shown in [
        "The picture",
        "Picletter &lt;bot@picletter.example&gt;",
        "&lt;mailto:bot@picletter.example&gt;",
        &message_id,
        "picture.jpg",
        "image/jpeg · 13 bytes · shown in the mail",
        r#"href="/mails/1/text""#,
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert_eq!(text(&trial, "/mails/1/text").await, "<b>plain</b>");
    let answer = get(&trial, "/mails/1/attachments/0").await;
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert_eq!(answer.bytes().await.unwrap(), PICTURE);
}

#[tokio::test]
async fn shows_the_text_of_a_mail_without_html() {
    let trial = Trial::start(0).await.unwrap();
    let mut plain = mail("The picture", "gone");
    plain["content"].as_array_mut().unwrap().pop();
    deliver(&trial, plain).await;
    let page = text(&trial, "/mails/1").await;
    assert!(page.contains("&lt;b&gt;plain&lt;/b&gt;"));
    assert!(!page.contains("<iframe"));
    assert_eq!(
        get(&trial, "/mails/1/html").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn escapes_html_in_headers() {
    let trial = Trial::start(0).await.unwrap();
    let attack = r#""><script>alert(1)</script><img src=x onerror="alert(2)">"#;
    let mut hostile = mail(attack, "a");
    hostile["from"]["name"] = json!(attack);
    hostile["personalizations"][0]["to"][0]["name"] = json!(attack);
    hostile["headers"] = json!({ "X-Attack": attack });
    hostile["attachments"][0]["filename"] = json!(attack.replace(';', ""));
    deliver(&trial, hostile).await;
    for path in ["/", "/mails/1"] {
        let page = text(&trial, path).await;
        assert!(!page.contains("<script>"), "{path}: {page}");
        assert!(!page.contains("<img src=x"), "{path}: {page}");
        assert!(page.contains("&lt;script&gt;alert(1)"), "{path}: {page}");
    }
}

#[tokio::test]
async fn html_part_cannot_run_scripts_or_load_resources() {
    let trial = Trial::start(0).await.unwrap();
    deliver(&trial, mail("a", "<script>alert(1)</script>")).await;

    let page = text(&trial, "/mails/1").await;
    assert!(!page.contains("alert(1)"));
    let frame = page.split("<iframe").nth(1).unwrap();
    let frame = frame.split('>').next().unwrap();
    assert!(frame.contains(r#"src="/mails/1/html""#), "{frame}");
    assert!(frame.contains("sandbox="), "{frame}");
    assert!(!frame.contains("allow-scripts"), "{frame}");
    assert!(!frame.contains("allow-same-origin"), "{frame}");

    let part = get(&trial, "/mails/1/html").await;
    assert_eq!(part.headers()["x-content-type-options"], "nosniff");
    let policy = policy(&part);
    assert!(policy.contains(&"default-src 'none'"), "{policy:?}");
    assert!(policy.contains(&"img-src data:"), "{policy:?}");
    assert!(!policy.iter().any(|rule| rule.starts_with("script-src")));
    // The rule also applies outside the frame.
    let sandbox_rule = policy.iter().find(|rule| rule.starts_with("sandbox"));
    assert!(!sandbox_rule.unwrap().contains("allow-scripts"));
}

#[tokio::test]
async fn pages_load_resources_only_from_their_own_origin() {
    let trial = Trial::start(0).await.unwrap();
    deliver(&trial, mail("a", "b")).await;
    for path in ["/", "/mails/1", "/nothing"] {
        let page = get(&trial, path).await;
        let policy = policy(&page);
        for rule in [
            "default-src 'none'",
            "style-src 'self'",
            "frame-src 'self'",
            "img-src 'self'",
        ] {
            assert!(policy.contains(&rule), "{path}: {policy:?}");
        }
    }
    let style = get(&trial, "/style.css").await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn replaces_cid_references_with_their_attachments() {
    let trial = Trial::start(0).await.unwrap();
    let html = concat!(
        "<!doctype html><html><body><img src=\"cid:picture\"><img src='cid:picture'>",
        "<td background=cid:picture><img src=\"cid:other\"><p>Write cid:picture there.",
    );
    deliver(&trial, mail("a", html)).await;
    let data = format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(PICTURE));
    assert_eq!(
        text(&trial, "/mails/1/html").await,
        format!(
            "<!doctype html><base target=\"_blank\"><html><body><img src=\"{data}\">\
             <img src='{data}'><td background={data}><img src=\"cid:other\">\
             <p>Write cid:picture there."
        )
    );
}

#[tokio::test]
async fn media_type_of_an_attachment_cannot_inject_html() {
    let trial = Trial::start(0).await.unwrap();
    let mut hostile = mail("a", "<img src=\"cid:picture\">");
    hostile["attachments"][0]["type"] = json!("image/x\" onerror=\"alert(1)");
    deliver(&trial, hostile).await;
    let part = text(&trial, "/mails/1/html").await;
    assert!(
        part.contains("<img src=\"data:image/xonerroralert1;base64,"),
        "{part}"
    );
}

#[tokio::test]
async fn attachments_other_than_pictures_are_downloads() {
    let trial = Trial::start(0).await.unwrap();
    for (kind, media_type) in [("a page", "text/html"), ("a drawing", "image/svg+xml")] {
        let mut hostile = mail(kind, "b");
        hostile["attachments"][0]["type"] = json!(media_type);
        deliver(&trial, hostile).await;
    }
    for path in ["/mails/1/attachments/0", "/mails/2/attachments/0"] {
        let answer = get(&trial, path).await;
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        assert_eq!(answer.headers()["content-disposition"], "attachment");
        assert!(policy(&answer).contains(&"default-src 'none'"));
    }
}

#[tokio::test]
async fn unknown_paths_are_404() {
    let trial = Trial::start(0).await.unwrap();
    deliver(&trial, mail("a", "b")).await;
    for path in [
        "/mails/0",
        "/mails/2",
        "/mails/2/html",
        "/mails/2/text",
        "/mails/1/attachments/1",
        "/other",
    ] {
        let status = get(&trial, path).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Sends only the beginning of a request, and returns what the page sends until it closes the
/// connection. `HOST` stands for its host.
async fn response_to_partial_request(request: &str) -> String {
    let trial = Trial::start(0).await.unwrap();
    let host = trial.page_url().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let request = request.replace("HOST", &host);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(start_paused = true)]
async fn incomplete_form_times_out() {
    let form = "POST /runs HTTP/1.1\r\nhost: HOST\r\norigin: http://HOST\r\ncontent-length: 10\r\n\r\nfault";
    let answer = response_to_partial_request(form).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn incomplete_request_head_times_out() {
    for head in ["", "GET / HTTP/1.1\r\nhost: HOST\r\n"] {
        response_to_partial_request(head).await;
    }
}

#[tokio::test]
async fn rejects_a_form_that_is_too_large() {
    let trial = Trial::start(0).await.unwrap();
    let url = trial.page_url();
    let request = loopback::client().post(url.clone() + "/runs");
    let request = request.header("origin", &url).body("x".repeat(2 << 10));
    let status = request.send().await.unwrap().status();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
