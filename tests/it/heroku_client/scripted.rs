//! A server on loopback that sends prepared responses in sequence.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use picletter_core::deploy::heroku::HerokuApi;
use picletter_core::deploy::http::{Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

pub(crate) const TOKEN: &str = "HRKU-00000000-token";

/// A prepared response.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string()).with("content-type", "application/json")
    }

    pub(crate) fn refusal(status: u16, id: &str, message: &str) -> Self {
        Self::json(status, &json!({ "id": id, "message": message })).with("request-id", "req-1")
    }

    pub(crate) fn events(body: &str) -> Self {
        Self::text(200, body).with("content-type", "text/event-stream")
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn response(&self) -> Response {
        let mut response = self.body.clone().into_response();
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        response.headers_mut().remove("content-type");
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value).unwrap();
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        response
    }
}

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    /// For example, `GET /apps/picletter-app`.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    requests: Vec<ReceivedRequest>,
}

pub(crate) struct Server {
    url: Url,
    script: Arc<Mutex<Script>>,
    redactor: Redactor,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script: Arc<Mutex<Script>> = Arc::default();
        let shared = script.clone();
        let router = Router::new().fallback(move |request: Request| {
            let shared = shared.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let mut script = shared.lock().unwrap();
                script.requests.push(ReceivedRequest {
                    line: format!("{} {}", parts.method, parts.uri),
                    headers: parts.headers,
                    body: serde_json::from_slice(&body).unwrap_or_default(),
                });
                let answer = script.answers.pop_front();
                answer
                    .unwrap_or_else(|| Answer::text(418, "no response is left"))
                    .response()
            }
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url: url.parse().unwrap(),
            script,
            redactor: Redactor::default(),
            _task: server,
        }
    }

    /// A server with these responses, and a client of it.
    pub(crate) async fn with_answers(
        answers: impl IntoIterator<Item = Answer>,
    ) -> (Self, HerokuApi) {
        let server = Self::start().await;
        server.script.lock().unwrap().answers.extend(answers);
        let api = server.api();
        (server, api)
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.script.lock().unwrap().answers.push_back(answer);
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    pub(crate) fn api(&self) -> HerokuApi {
        let timings = Timings {
            backoff: Duration::from_millis(1),
            poll: Duration::from_millis(1),
            answer: Duration::from_secs(10),
            longest_retry_after: Duration::from_secs(1),
            longest_poll: Duration::from_millis(1),
        };
        let http = Http::new(&[], timings, Verbosity::Quiet, self.redactor.clone()).unwrap();
        HerokuApi::new(http, self.url.clone(), &SecretString::from(TOKEN))
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.script.lock().unwrap().requests.clone()
    }

    /// The methods, paths, and bodies of the requests.
    pub(crate) fn lines(&self) -> Vec<String> {
        let requests = self.requests().into_iter();
        requests
            .map(|request| match request.body {
                Value::Null => request.line,
                body => format!("{} {body}", request.line),
            })
            .collect()
    }
}
