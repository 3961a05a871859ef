//! The fake of SendGrid: validation with the vendor's errors, and delivery of accepted mails.

mod rules;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use picletter_sandbox::Sandbox;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use picletter_test_support::loopback;

const KEY: &str = "Bearer SG.0123456789abcdefghij-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEF-";

fn mail() -> Value {
    json!({
        "personalizations": [{ "to": [{ "email": "you@picletter.example", "name": "You" }] }],
        "from": { "email": "bot@picletter.example" },
        "subject": "The picture",
        "content": [
            { "type": "text/plain", "value": "Look." },
            { "type": "text/html", "value": "<img src=\"cid:picture\">" },
        ],
        "attachments": [{
            "content": BASE64_STANDARD.encode("a picture"),
            "type": "image/jpeg",
            "filename": "picture.jpg",
            "disposition": "inline",
            "content_id": "picture",
        }],
    })
}

/// The mail above, with the value at a JSON pointer replaced or its last step added.
fn mail_with(pointer: &str, value: Value) -> Value {
    let mut mail = mail();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match mail.pointer_mut(parent).unwrap() {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        parent => *parent.get_mut(key.parse::<usize>().unwrap()).unwrap() = value,
    }
    mail
}

fn mail_without(pointer: &str) -> Value {
    let mut mail = mail();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = mail.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.remove(key).unwrap();
    mail
}

async fn post(sandbox: &Sandbox, body: impl Into<reqwest::Body>) -> Response {
    loopback::client()
        .post(sandbox.sendgrid_url() + "/v3/mail/send")
        .header("authorization", KEY)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
}

/// The fields in the errors of a response.
async fn errors(answer: Response) -> Vec<Value> {
    let body = answer.bytes().await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let errors = body["errors"].as_array().unwrap();
    assert!(!errors.is_empty());
    for error in errors {
        let mut names: Vec<_> = error.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["field", "help", "message"]);
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    errors.clone()
}

#[tokio::test]
async fn delivers_accepted_mails() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = post(&sandbox, mail().to_string()).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let id = answer.headers()["x-message-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(id.len(), 22);
    assert!(answer.bytes().await.unwrap().is_empty());

    let mails = sandbox.inbox().wait_for(1).await;
    let [mail] = mails.as_slice() else {
        panic!("{} mails", mails.len())
    };
    assert_eq!(mail.subject, "The picture");
    assert_eq!(mail.to[0].to_string(), "You <you@picletter.example>");
    assert_eq!(mail.message.message_id, id);
    assert_eq!(mail.message.text.as_deref(), Some("Look."));
    assert_eq!(mail.message.attachments[0].content, "a picture");
}

#[tokio::test]
async fn every_response_has_rate_limit_headers() {
    let sandbox = Sandbox::start().await.unwrap();
    let unverified = mail_with("/from/email", json!("me@unknown.example"));
    for mail in [mail(), mail_without("/from"), unverified] {
        let answer = post(&sandbox, mail.to_string()).await;
        for name in ["limit", "remaining", "reset"] {
            let value = answer.headers()[format!("x-ratelimit-{name}")].to_str();
            assert!(value.unwrap().parse::<u64>().unwrap() > 0);
        }
    }
}

#[tokio::test]
async fn refuses_unverified_senders() {
    let sandbox = Sandbox::start().await.unwrap();
    let mail = mail_with("/from/email", json!("me@home.example")).to_string();
    let answer = post(&sandbox, mail.clone()).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let errors = errors(answer).await;
    assert_eq!(errors[0]["field"], "from");
    assert_eq!(errors[0]["help"], Value::Null);
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.starts_with("The from address does not match a verified Sender Identity."));
    assert!(sandbox.inbox().mails().is_empty());

    sandbox.sendgrid().verify_sender("Me@Home.example");
    assert_eq!(post(&sandbox, mail).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn keys_with_mail_send_only_read_their_scopes() {
    let sandbox = Sandbox::start().await.unwrap();
    let read = async |path: &str| {
        let request = loopback::client().get(sandbox.sendgrid_url() + path);
        let answer = request.header("authorization", KEY).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status, body)
    };
    let (status, scopes) = read("/v3/scopes").await;
    assert_eq!(status, 200);
    assert_eq!(scopes["scopes"][0], "mail.send");
    let forbidden = json!({ "errors": [{ "field": null, "message": "access forbidden" }] });
    for path in ["/v3/verified_senders", "/v3/whitelabel/domains"] {
        assert_eq!(read(path).await, (403, forbidden.clone()), "{path}");
    }
    sandbox.sendgrid().set_keys_read_senders(true);
    sandbox.sendgrid().verify_sender("me@home.example");
    let (_, senders) = read("/v3/verified_senders").await;
    assert_eq!(senders["results"][0]["from_email"], "me@home.example");
    let (_, domains) = read("/v3/whitelabel/domains").await;
    assert_eq!(domains[0]["domain"], "picletter.example");
}

#[tokio::test]
async fn delivers_one_copy_per_personalization() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut two = mail_with(
        "/personalizations",
        json!([
            { "to": [{ "email": "a@picletter.example" }] },
            { "to": [{ "email": "b@picletter.example" }] },
        ]),
    );
    two["headers"] = json!({ "List-Unsubscribe": "<mailto:x@picletter.example>" });
    let answer = post(&sandbox, two.to_string()).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let mails = sandbox.inbox().mails();
    let receivers: Vec<_> = mails.iter().map(|mail| mail.to[0].email.as_str()).collect();
    assert_eq!(receivers, ["a@picletter.example", "b@picletter.example"]);
    for mail in mails {
        let [(name, value)] = mail.headers.as_slice() else {
            panic!("{:?}", mail.headers)
        };
        assert_eq!(name, "List-Unsubscribe");
        assert_eq!(value, "<mailto:x@picletter.example>");
    }
}

#[tokio::test]
async fn sandbox_mode_validates_without_delivering() {
    let sandbox = Sandbox::start().await.unwrap();
    let sandboxed = mail_with(
        "/mail_settings",
        json!({ "sandbox_mode": { "enable": true } }),
    );
    let answer = post(&sandbox, sandboxed.to_string()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.unwrap().is_empty());

    let mut invalid = sandboxed;
    invalid["subject"] = json!("");
    let answer = post(&sandbox, invalid.to_string()).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(sandbox.inbox().mails().is_empty());
}

#[tokio::test]
async fn refuses_missing_and_malformed_keys() {
    let sandbox = Sandbox::start().await.unwrap();
    let bare = KEY.strip_prefix("Bearer ").unwrap();
    for key in [
        None,
        Some(bare.to_owned()),
        Some(format!("Basic {bare}")),
        Some("Bearer SG.short.key".to_owned()),
        Some(KEY.replace("SG.", "SK.")),
        Some(format!("{KEY}x")),
        Some(KEY.replace('-', "+")),
    ] {
        let mut request = loopback::client()
            .post(sandbox.sendgrid_url() + "/v3/mail/send")
            .header("content-type", "application/json")
            .body(mail().to_string());
        if let Some(key) = &key {
            request = request.header("authorization", key);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{key:?}");
        errors(answer).await;
    }
    assert!(sandbox.inbox().mails().is_empty());
}

#[tokio::test]
async fn refuses_other_content_types() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = loopback::client()
        .post(sandbox.sendgrid_url() + "/v3/mail/send")
        .header("authorization", KEY)
        .header("content-type", "text/json")
        .body(mail().to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    errors(answer).await;
}

#[tokio::test]
async fn refuses_messages_above_30_mb() {
    let sandbox = Sandbox::start().await.unwrap();
    let with_picture = |bytes: usize| {
        let picture = BASE64_STANDARD.encode(vec![0; bytes]);
        mail_with("/attachments/0/content", json!(picture)).to_string()
    };
    let answer = post(&sandbox, with_picture(20 * 1024 * 1024)).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let mails = sandbox.inbox().mails();
    assert_eq!(
        mails[0].message.attachments[0].content.len(),
        20 * 1024 * 1024
    );

    // From the server in front of the API.
    let answer = post(&sandbox, with_picture(22_500_000)).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.headers()["content-type"], "text/html");
    let page = answer.text().await.unwrap();
    assert!(page.contains("<title>413 Request Entity Too Large</title>"));
    assert_eq!(sandbox.inbox().mails().len(), 1);
}

#[tokio::test]
async fn refuses_other_methods_and_paths() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = loopback::client();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let url = sandbox.sendgrid_url() + "/v3/mail/send";
        let answer = client.request(method, url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        errors(answer).await;
    }
    let answer = client
        .get(sandbox.sendgrid_url() + "/v3/mail")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    errors(answer).await;
}

#[tokio::test]
async fn connections_stay_open_after_head() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.sendgrid_url().replace("http://", "");
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    let body = mail().to_string();
    let requests = format!(
        "HEAD /v3/mail/send HTTP/1.1\r\nhost: {address}\r\n\r\n\
         POST /v3/mail/send HTTP/1.1\r\nhost: {address}\r\nauthorization: {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(requests.as_bytes()).await.unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).await.unwrap();
    let statuses: Vec<_> = answers
        .lines()
        .filter(|line| line.starts_with("HTTP/1.1 "))
        .collect();
    assert_eq!(
        statuses,
        ["HTTP/1.1 405 Method Not Allowed", "HTTP/1.1 202 Accepted"]
    );
}
