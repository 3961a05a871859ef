//! The endpoints over HTTP.

use picletter_sandbox::Sandbox;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Held, VERSION_3, deployment};
use picletter_test_support::loopback;

struct HttpHeroku {
    sandbox: Sandbox,
    held: Held,
}

impl HttpHeroku {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let held = Held::new();
        sandbox.heroku().deploy(deployment(held.clone()));
        Self { sandbox, held }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let token = self.sandbox.heroku_token().expose_secret();
        loopback::client()
            .request(method, self.sandbox.heroku_url() + path)
            .header("accept", VERSION_3)
            .header("authorization", format!("Bearer {token}"))
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap()
    }
}

async fn read_json(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

fn redacted(mut dyno: Value) -> Value {
    for path in [
        "/id",
        "/name",
        "/created_at",
        "/updated_at",
        "/app/id",
        "/release/id",
    ] {
        let value = dyno.pointer_mut(path).unwrap();
        assert!(value.is_string());
        *value = json!("…");
    }
    dyno
}

#[tokio::test]
async fn dynos_are_listed_until_they_end() {
    let live = HttpHeroku::start().await;
    let command = "worker --run-id 08585";
    let body = json!({
        "command": command, "type": "worker", "size": "basic", "attach": false,
        "env": { "RUN_CALLBACK_URL": "http://127.0.0.1/" }, "time_to_live": 600,
        "force_no_tty": null,
    });
    let started = live.post("/apps/picletter-app/dynos", body).await;
    assert_eq!(started.status(), StatusCode::CREATED);
    assert!(started.headers().contains_key("request-id"));
    assert_eq!(started.headers()["ratelimit-remaining"], "4499");
    let started = read_json(started).await;
    insta::assert_json_snapshot!("dyno", redacted(started.clone()));
    let (id, name) = (
        started["id"].as_str().unwrap(),
        started["name"].as_str().unwrap(),
    );
    assert!(name.strip_prefix("worker.").unwrap().parse::<u32>().is_ok());
    assert_eq!(
        id.split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );

    for path in [id, name] {
        let path = format!("/apps/picletter-app/dynos/{path}");
        let dyno = read_json(live.get(&path).await).await;
        assert_eq!(dyno["id"], started["id"]);
    }
    let dynos = read_json(live.get("/apps/picletter-app/dynos").await).await;
    assert_eq!(dynos.as_array().unwrap().len(), 1);
    assert_eq!(dynos[0]["command"], command);

    live.held.release();
    // Polls until the dyno has ended by itself.
    while live
        .get(&format!("/apps/picletter-app/dynos/{id}"))
        .await
        .status()
        == StatusCode::OK
    {}
    let response = live.get(&format!("/apps/picletter-app/dynos/{id}")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(read_json(response).await["id"], "not_found");
    let dynos = read_json(live.get("/apps/picletter-app/dynos").await).await;
    assert_eq!(dynos, json!([]));
}

#[tokio::test]
async fn stopped_dynos_receive_sigterm() {
    let live = HttpHeroku::start().await;
    let body = json!({ "command": "worker", "type": "worker" });
    let dyno = read_json(live.post("/apps/picletter-app/dynos", body).await).await;
    let path = format!(
        "/apps/picletter-app/dynos/{}/actions/stop",
        dyno["id"].as_str().unwrap()
    );
    let stopped = live.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(stopped.status(), StatusCode::ACCEPTED);
    assert_eq!(read_json(stopped).await, json!({}));
    while live
        .request(Method::POST, &path)
        .send()
        .await
        .unwrap()
        .status()
        == StatusCode::ACCEPTED
    {}
    let log = live.sandbox.heroku().log().join("\n");
    assert!(log.contains("Stopping all processes with SIGTERM"), "{log}");
    assert!(log.contains("Process exited with status 143"), "{log}");
}

#[tokio::test]
async fn unknown_apps_are_not_found() {
    let live = HttpHeroku::start().await;
    for path in ["/apps/another", "/apps/another/dynos"] {
        let answer = live.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let error = read_json(answer).await;
        assert_eq!(
            error,
            json!({ "id": "not_found", "resource": "app", "message": "Couldn't find that app." })
        );
    }
    let sandbox = Sandbox::start().await.unwrap();
    let empty = HttpHeroku {
        sandbox,
        held: Held::new(),
    };
    let answer = empty.get("/apps/picletter-app").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn log_sessions_require_no_token() {
    let live = HttpHeroku::start().await;
    let body = json!({ "command": "worker --run-id 1", "type": "worker" });
    let dyno = read_json(live.post("/apps/picletter-app/dynos", body).await).await;
    let name = dyno["name"].as_str().unwrap();
    live.held.release();
    while live
        .get(&format!("/apps/picletter-app/dynos/{name}"))
        .await
        .status()
        == StatusCode::OK
    {}

    let read = async |body: Value, accept: &str| {
        let session = live.post("/apps/picletter-app/log-sessions", body).await;
        assert_eq!(session.status(), StatusCode::CREATED);
        let session = read_json(session).await;
        let keys: Vec<_> = session.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["created_at", "id", "logplex_url", "updated_at"]);
        let url = session["logplex_url"].as_str().unwrap();
        let request = loopback::client().get(url).header("accept", accept);
        let answer = request.send().await.unwrap();
        let media_type = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (media_type, answer.text().await.unwrap())
    };
    let (media_type, text) = read(json!({ "lines": 1500, "tail": false }), "*/*").await;
    assert_eq!(media_type, "text/plain");
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    for (time, _) in &lines {
        assert_eq!(time.len(), "2026-11-24T08:00:01.123456+00:00".len());
        assert!(time.ends_with("+00:00"));
    }
    let texts: Vec<_> = lines
        .iter()
        .map(|(_, text)| text.replace(name, "worker.N"))
        .collect();
    insta::assert_snapshot!("log", texts.join("\n"));

    let read_text = |filter: Value| read(filter, "*/*");
    let (_, api) = read_text(json!({ "dyno_name": "api" })).await;
    assert_eq!(api.lines().count(), 1);
    let (_, dyno_lines) = read_text(json!({ "dyno": name, "source": "app" })).await;
    assert_eq!(dyno_lines.lines().count(), 1, "{dyno_lines}");
    let (_, type_lines) = read_text(json!({ "type": "worker", "lines": 2 })).await;
    assert_eq!(type_lines.lines().count(), 2);
    assert!(type_lines.ends_with("State changed from up to complete\n"));
    let (media_type, events) = read(
        json!({ "dyno": name, "source": "app" }),
        "text/event-stream",
    )
    .await;
    assert_eq!(media_type, "text/event-stream");
    assert!(
        events.starts_with("data: ") && events.ends_with("hello\n\n"),
        "{events}"
    );
}
