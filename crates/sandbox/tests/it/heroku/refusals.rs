//! Error responses of the API.

use bytes::Bytes;
use http::{HeaderName, Method, Request, StatusCode};
use picletter_logic_apps::Transport as _;
use serde_json::{Value, json};

use super::{Held, InMemoryHeroku, TOKEN, VERSION_3, request};

/// The status, error ID, and message of the response.
async fn refusal(heroku: &InMemoryHeroku, request: Request<Bytes>) -> (u16, String, String) {
    let answer = heroku.hosts.send(request).await.unwrap();
    let id = answer.headers()["request-id"].to_str().unwrap();
    assert_eq!(id.len(), 36);
    let error: Value = serde_json::from_slice(answer.body()).unwrap();
    let message = error.get("message").or(error.get("error")).unwrap();
    (
        answer.status().as_u16(),
        error["id"].as_str().unwrap().to_owned(),
        message.as_str().unwrap().to_owned(),
    )
}

async fn refused_dyno(heroku: &InMemoryHeroku, body: Value) -> String {
    let request = request(Method::POST, "/apps/picletter-app/dynos", Some(body));
    let (status, id, message) = refusal(heroku, request).await;
    assert_eq!((status, id.as_str()), (422, "invalid_params"), "{message}");
    message
}

#[tokio::test(start_paused = true)]
async fn refuses_invalid_dynos() {
    let heroku = InMemoryHeroku::running(Held::new());
    let good = json!({ "command": "worker", "type": "worker" });
    let mut messages = Vec::new();
    for (field, value) in [
        ("command", json!("")),
        ("command", json!(1)),
        ("type", json!("web")),
        ("type", json!("clock")),
        ("type", json!(null)),
        ("size", json!("1X")),
        ("time_to_live", json!(0)),
        ("time_to_live", json!(86_401)),
        ("time_to_live", json!("60")),
        ("env", json!([])),
        ("env", json!({ "A-B": "x" })),
        ("env", json!({ "": "x" })),
        ("env", json!({ "A": 1 })),
        ("attach", json!(true)),
        ("attach", json!("no")),
        ("force_no_tty", json!(1)),
        ("timeToLive", json!(60)),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let message = refused_dyno(&heroku, body).await;
        messages.push(format!("{field} = {value}: {message}"));
    }
    messages.push(refused_dyno(&heroku, json!({ "type": "worker" })).await);
    // The default type is `run`, which uses the image of `web`.
    messages.push(refused_dyno(&heroku, json!({ "command": "worker" })).await);
    insta::assert_snapshot!("refused_dynos", messages.join("\n"));
    assert!(heroku.heroku.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn errors_contain_no_values_of_variables() {
    let heroku = InMemoryHeroku::running(Held::new());
    let body = json!({ "command": "worker", "type": "worker", "env": { "A-B": "sesame" } });
    assert!(!refused_dyno(&heroku, body).await.contains("sesame"));
}

#[tokio::test(start_paused = true)]
async fn refuses_invalid_log_sessions() {
    let heroku = InMemoryHeroku::running(Held::new());
    for (body, word) in [
        (json!({ "lines": -1 }), "lines"),
        (json!({ "lines": "10" }), "lines"),
        (json!({ "dyno": 1 }), "dyno"),
        (json!({ "source": 1 }), "source"),
        (json!({ "tail": "yes" }), "tail"),
        (json!({ "num": 1 }), "num"),
    ] {
        let request = request(Method::POST, "/apps/picletter-app/log-sessions", Some(body));
        let (status, id, message) = refusal(&heroku, request).await;
        assert_eq!((status, id.as_str()), (422, "invalid_params"));
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn refuses_invalid_requests() {
    let heroku = InMemoryHeroku::running(Held::new());
    let list = |accept: Option<&str>, authorization: Option<&str>| {
        let mut request = request(Method::GET, "/apps/picletter-app/dynos", None);
        for (name, value) in [("accept", accept), ("authorization", authorization)] {
            let name = HeaderName::from_static(name);
            match value {
                Some(value) => request.headers_mut().insert(name, value.parse().unwrap()),
                None => request.headers_mut().remove(name),
            };
        }
        request
    };
    let token = format!("Bearer {TOKEN}");
    for (accept, authorization, status, id) in [
        (None, Some(&*token), 400, "missing_version"),
        (Some("*/*"), Some(&*token), 400, "missing_version"),
        (
            Some("application/vnd.heroku+json"),
            Some(&*token),
            400,
            "missing_version",
        ),
        (
            Some("application/vnd.heroku+json; version=30"),
            Some(&*token),
            400,
            "missing_version",
        ),
        (Some(VERSION_3), None, 401, "unauthorized"),
        (Some(VERSION_3), Some(TOKEN), 401, "unauthorized"),
        (Some(VERSION_3), Some("Bearer "), 401, "unauthorized"),
        (
            Some(VERSION_3),
            Some("Bearer HRKU-other"),
            401,
            "unauthorized",
        ),
    ] {
        let (got, got_id, message) = refusal(&heroku, list(accept, authorization)).await;
        assert_eq!(
            (got, got_id.as_str()),
            (status, id),
            "{accept:?} {authorization:?}"
        );
        assert!(!message.contains(TOKEN));
    }
    let variant = list(
        Some("application/vnd.heroku+json; version=3.sdk"),
        Some(&token),
    );
    assert_eq!(
        heroku.hosts.send(variant).await.unwrap().status(),
        StatusCode::OK
    );

    for (method, path) in [
        (Method::GET, "/"),
        (
            Method::GET,
            "/apps/picletter-app/dynos/worker.1/actions/stop",
        ),
        (Method::PUT, "/apps/picletter-app/dynos"),
    ] {
        let (status, id, message) = refusal(&heroku, request(method, path, None)).await;
        assert_eq!((status, id.as_str()), (404, "not_found"));
        assert!(message.contains("API endpoint"), "{message}");
    }
    for path in [
        "/apps/picletter-app/dynos/worker.1/actions/stop",
        "/apps/picletter-app/dynos/worker.1",
    ] {
        let method = if path.ends_with("stop") {
            Method::POST
        } else {
            Method::GET
        };
        let (status, id, message) = refusal(&heroku, request(method, path, None)).await;
        assert_eq!((status, id.as_str()), (404, "not_found"));
        assert_eq!(message, "Couldn't find that dyno.");
    }
}

#[tokio::test(start_paused = true)]
async fn refuses_bodies_that_are_not_json_objects() {
    let heroku = InMemoryHeroku::running(Held::new());
    for body in ["", "{", "[]", "{} {}", "\u{0}"] {
        let mut request = request(Method::POST, "/apps/picletter-app/dynos", Some(json!({})));
        *request.body_mut() = Bytes::from(body);
        let (status, id, _) = refusal(&heroku, request).await;
        assert_eq!((status, id.as_str()), (400, "bad_request"), "{body:?}");
    }
    let mut form = request(Method::POST, "/apps/picletter-app/dynos", Some(json!({})));
    let media_type = "application/x-www-form-urlencoded".parse().unwrap();
    form.headers_mut().insert("content-type", media_type);
    assert_eq!(refusal(&heroku, form).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn limits_requests_to_4500_and_75_more_per_minute() {
    let heroku = InMemoryHeroku::running(Held::new());
    let list_dynos = async || {
        let request = request(Method::GET, "/apps/picletter-app/dynos", None);
        heroku.hosts.send(request).await.unwrap()
    };
    for remaining in (0..4_500).rev() {
        let answer = list_dynos().await;
        assert_eq!(
            answer.headers()["ratelimit-remaining"],
            remaining.to_string()
        );
    }
    let refused = list_dynos().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["ratelimit-remaining"], "0");
    let error: Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!(error["id"], "rate_limit");

    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    assert_eq!(list_dynos().await.headers()["ratelimit-remaining"], "74");
}

#[tokio::test(start_paused = true)]
async fn limits_one_off_dynos_to_fifty() {
    let heroku = InMemoryHeroku::running(Held::new());
    for _ in 0..50 {
        heroku.start("worker").await;
    }
    let body = json!({ "command": "worker", "type": "worker" });
    let request = request(Method::POST, "/apps/picletter-app/dynos", Some(body));
    let (status, id, message) = refusal(&heroku, request).await;
    assert_eq!(
        (status, id.as_str()),
        (422, "cannot_run_above_limit"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn debug_output_contains_no_secrets() {
    let heroku = InMemoryHeroku::running(Held::new());
    let body = json!({ "command": "worker", "type": "worker", "env": { "URL": "sesame" } });
    heroku.start_with(body).await;
    let debug = format!(
        "{:?} {:?} {:?}",
        heroku.heroku,
        super::app(),
        super::deployment(Held::new())
    );
    for secret in [TOKEN, "a secret of the app", "sesame"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    assert!(debug.contains("SG_KEY"));
}
