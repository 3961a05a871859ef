//! A server on loopback that says what a test wants, and a client of it.

use std::collections::HashMap;
use std::convert::identity;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use picletter::deploy::azure::Arm;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::support::clients;

pub(crate) const SUBSCRIPTION: &str = "34adfa4f-cedf-4dc0-ba29-b6d1a69ab345";
pub(crate) const WORKFLOW: &str = "/subscriptions/34adfa4f-cedf-4dc0-ba29-b6d1a69ab345/resourceGroups/newsletter/providers/Microsoft.Logic/workflows/picletter-app";
pub(crate) const TOKEN: &str = "eyJ0eXAi.a-token-of-entra.c2ln";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: String,
    pub(crate) length: Option<String>,
    pub(crate) body: String,
    /// How many of the same method and path came before.
    pub(crate) nth: usize,
    /// The server's own address.
    pub(crate) base: String,
}

impl Seen {
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) enum Reply {
    Json(u16, Value),
    JsonWith(u16, Vec<(&'static str, String)>, Value),
    /// As a proxy sends it, without Azure's name for the exchange.
    Html(u16, &'static str),
    /// As Azure sends it: of that media type, but not an error in JSON.
    Azures(u16, &'static str, &'static str),
    /// The connection is closed without an answer.
    Lost,
}

type Script = dyn Fn(&Seen) -> Option<Reply> + Send + Sync;

pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// What the script has no answer for is a token, or not there.
    pub(crate) async fn start(
        script: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = (
            url.clone(),
            Arc::clone(&seen),
            Arc::new(script) as Arc<Script>,
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (url, seen, script) = shared.clone();
                let service = service_fn(move |request| {
                    answer(request, url.clone(), Arc::clone(&seen), Arc::clone(&script))
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, seen }
    }

    /// What arrived, but for sign-in.
    pub(crate) fn lines(&self) -> Vec<String> {
        let seen = self.seen();
        let seen = seen.iter().filter(|seen| !is_sign_in(seen));
        seen.map(Seen::line).collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The first PUT.
    pub(crate) fn put(&self) -> Seen {
        let mut seen = self.seen().into_iter();
        seen.find(|seen| seen.method == "PUT").unwrap()
    }

    pub(crate) fn sign_ins(&self) -> Vec<HashMap<String, String>> {
        let seen = self.seen();
        let sign_ins = seen.iter().filter(|seen| is_sign_in(seen));
        sign_ins
            .map(|seen| {
                url::form_urlencoded::parse(seen.body.as_bytes())
                    .into_owned()
                    .collect()
            })
            .collect()
    }

    pub(crate) fn variables(&self) -> HashMap<&'static str, String> {
        clients::service_principal(&self.url)
    }

    pub(crate) fn arm(&self) -> Arm {
        clients::arm(&self.url)
    }
}

/// The error that Resource Manager gives.
pub(crate) fn error(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

fn is_sign_in(seen: &Seen) -> bool {
    seen.path.ends_with("/oauth2/v2.0/token")
}

async fn answer(
    request: Request<Incoming>,
    url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Script>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let now = {
        let mut seen = seen.lock().unwrap();
        let mut now = Seen {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            authorization: header("authorization").unwrap_or_default().to_owned(),
            length: header("content-length").map(str::to_owned),
            body: String::from_utf8(body.to_vec()).unwrap(),
            nth: 0,
            base: url.as_str().trim_end_matches('/').to_owned(),
        };
        now.nth = seen
            .iter()
            .map(|other| other.line() == now.line())
            .filter(|same| identity(*same))
            .count();
        seen.push(now.clone());
        now
    };
    let reply = script(&now).unwrap_or_else(|| {
        if is_sign_in(&now) {
            let token = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": TOKEN});
            Reply::Json(200, token)
        } else {
            Reply::Json(404, error("ResourceNotFound", &format!("no {} here", now.line())))
        }
    });
    // Azure sends no body rather than null.
    let text = |body: Value| match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let is_azures = !matches!(reply, Reply::Html(..));
    let (status, headers, media_type, body) = match reply {
        Reply::Lost => return Err(std::io::Error::other("lost")),
        Reply::Json(status, body) => (status, Vec::new(), "application/json", text(body)),
        Reply::JsonWith(status, headers, body) => (status, headers, "application/json", text(body)),
        Reply::Html(status, text) => (status, Vec::new(), "text/html", text.to_owned()),
        Reply::Azures(status, media_type, text) => {
            (status, Vec::new(), media_type, text.to_owned())
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", media_type);
    if is_azures {
        response = response.header("x-ms-request-id", "5f9b1a3e");
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(body)).unwrap())
}
