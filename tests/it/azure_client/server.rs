//! A server on loopback with scripted responses, and a client of it.

use std::collections::HashMap;
use std::convert::identity;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use picletter_core::deploy::azure::Arm;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::support::clients;

pub(crate) const SUBSCRIPTION: &str = "34adfa4f-cedf-4dc0-ba29-b6d1a69ab345";
pub(crate) const WORKFLOW: &str = "/subscriptions/34adfa4f-cedf-4dc0-ba29-b6d1a69ab345/resourceGroups/newsletter/providers/Microsoft.Logic/workflows/picletter-app";
pub(crate) const TOKEN: &str = "eyJ0eXAi.a-token-of-entra.c2ln";

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: String,
    pub(crate) length: Option<String>,
    pub(crate) body: String,
    /// The number of earlier requests with the same method and path.
    pub(crate) nth: usize,
    /// The server's own URL.
    pub(crate) base: String,
}

impl ReceivedRequest {
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
    /// A response like a proxy's, without Azure's request ID.
    Html(u16, &'static str),
    /// A response like Azure's, with this media type, but without an error in JSON.
    Azures(u16, &'static str, &'static str),
    /// The connection is closed without a response.
    Lost,
}

type Script = dyn Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync;

pub(crate) struct Server {
    pub(crate) url: Url,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl Server {
    /// Without a scripted response, sign-in succeeds and everything else is not found.
    pub(crate) async fn start(
        script: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared = (
            url.clone(),
            Arc::clone(&requests),
            Arc::new(script) as Arc<Script>,
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (url, requests, script) = shared.clone();
                let service = service_fn(move |request| {
                    answer(
                        request,
                        url.clone(),
                        Arc::clone(&requests),
                        Arc::clone(&script),
                    )
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, requests }
    }

    /// The received requests, except sign-ins.
    pub(crate) fn lines(&self) -> Vec<String> {
        let requests = self.requests();
        let requests = requests.iter().filter(|request| !is_sign_in(request));
        requests.map(ReceivedRequest::line).collect()
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// The first PUT request.
    pub(crate) fn put(&self) -> ReceivedRequest {
        let mut requests = self.requests().into_iter();
        requests.find(|request| request.method == "PUT").unwrap()
    }

    pub(crate) fn sign_ins(&self) -> Vec<HashMap<String, String>> {
        let requests = self.requests();
        let sign_ins = requests.iter().filter(|request| is_sign_in(request));
        sign_ins
            .map(|request| {
                url::form_urlencoded::parse(request.body.as_bytes())
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

/// An error in the format of Resource Manager.
pub(crate) fn error(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

fn is_sign_in(request: &ReceivedRequest) -> bool {
    request.path.ends_with("/oauth2/v2.0/token")
}

async fn answer(
    request: Request<Incoming>,
    url: Url,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
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
        let mut requests = requests.lock().unwrap();
        let mut now = ReceivedRequest {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            authorization: header("authorization").unwrap_or_default().to_owned(),
            length: header("content-length").map(str::to_owned),
            body: String::from_utf8(body.to_vec()).unwrap(),
            nth: 0,
            base: url.as_str().trim_end_matches('/').to_owned(),
        };
        now.nth = requests
            .iter()
            .map(|other| other.line() == now.line())
            .filter(|same| identity(*same))
            .count();
        requests.push(now.clone());
        now
    };
    let reply = script(&now).unwrap_or_else(|| {
        if is_sign_in(&now) {
            let token = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": TOKEN});
            Reply::Json(200, token)
        } else {
            Reply::Json(404, error("ResourceNotFound", &format!("{} does not exist", now.line())))
        }
    });
    // Azure sends an empty body instead of null.
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
