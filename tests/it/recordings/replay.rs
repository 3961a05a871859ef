//! A server on loopback that replays recorded responses.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use crate::recordings::recording::Recording;

/// URLs in recorded responses, which the server replaces with its own.
const VENDORS: [&str; 3] = [
    "https://management.azure.com",
    "https://logs.heroku.com",
    "https://virginia.sessions.logs.heroku.com",
];

/// A response to requests with this method and end of the path.
struct Rule {
    method: &'static str,
    suffix: &'static str,
    once: bool,
    answer: Recording,
}

/// The server.
pub(crate) struct Replay {
    pub(crate) url: Url,
    rules: Arc<Mutex<Vec<Rule>>>,
    _server: JoinSet<()>,
}

impl Replay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let rules: Arc<Mutex<Vec<Rule>>> = Arc::default();
        let shared = (url.origin().ascii_serialization(), rules.clone());
        let router = Router::new().fallback(move |request: Request| {
            let answer = answer(&mut shared.1.lock().unwrap(), &request, &shared.0);
            async move { answer }
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            rules,
            _server: server,
        }
    }

    /// Removes all responses.
    pub(crate) fn clear(&self) {
        self.rules.lock().unwrap().clear();
    }

    /// Adds a response to all requests with this method and end of the path. Earlier rules take
    /// precedence.
    pub(crate) fn on(&self, method: &'static str, suffix: &'static str, answer: &Recording) {
        self.add(method, suffix, false, answer);
    }

    /// The same, for a single request.
    pub(crate) fn once(&self, method: &'static str, suffix: &'static str, answer: &Recording) {
        self.add(method, suffix, true, answer);
    }

    fn add(&self, method: &'static str, suffix: &'static str, once: bool, answer: &Recording) {
        self.rules.lock().unwrap().push(Rule {
            method,
            suffix,
            once,
            answer: answer.clone(),
        });
    }
}

fn answer(rules: &mut Vec<Rule>, request: &Request, origin: &str) -> Response {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let found = rules
        .iter()
        .position(|rule| rule.method == method && path.ends_with(rule.suffix));
    let Some(at) = found else {
        let mut response = Response::new(Body::from(format!("no response to {method} {path}")));
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        return response;
    };
    let recording = rules[at].answer.clone();
    if rules[at].once {
        rules.remove(at);
    }
    let with_own_url = |text: &str| {
        let vendors = VENDORS.iter();
        vendors.fold(text.to_owned(), |text, vendor| text.replace(vendor, origin))
    };
    let mut response = Response::new(Body::from(with_own_url(&recording.text())));
    *response.status_mut() = StatusCode::from_u16(recording.status).unwrap();
    for (name, value) in &recording.headers {
        let value = HeaderValue::from_str(&with_own_url(value.to_str().unwrap())).unwrap();
        response.headers_mut().append(name, value);
    }
    response
}
