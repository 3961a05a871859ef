//! Stands for Heroku's container registry, as far as images are read from it.
//!
//! Source: <https://distribution.github.io/distribution/spec/api/>.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, middleware};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::image::WorkerImage;
use picletter_oci::digest;
use picletter_oci::media_type;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// The registry. Clones share what it holds.
#[derive(Debug, Clone)]
pub struct Registry(Arc<Held>);

#[derive(Debug)]
struct Held {
    token: SecretString,
    /// By `app/process type`; the last that each holds is its `latest`.
    images: RwLock<BTreeMap<String, Vec<WorkerImage>>>,
}

impl Registry {
    /// An empty one that takes a token as the password of any user, as the vendor's does.
    pub fn new(token: SecretString) -> Self {
        Self(Arc::new(Held {
            token,
            images: RwLock::default(),
        }))
    }

    /// Holds an image as the last that was pushed for a process type.
    pub fn hold(&self, app: &str, process_type: &str, image: WorkerImage) {
        let name = format!("{app}/{process_type}");
        let mut images = self
            .0
            .images
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        images.entry(name).or_default().push(image);
    }

    /// Destroys the images of a process type, as the vendor does with old ones.
    pub fn forget(&self, app: &str, process_type: &str) {
        let name = format!("{app}/{process_type}");
        let mut images = self
            .0
            .images
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        images.remove(&name);
    }

    /// What it answers.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v2/", get(|| async { Json(json!({})) }))
            .route("/v2/{app}/{process}/manifests/{reference}", get(manifest))
            .route("/v2/{app}/{process}/blobs/{digest}", get(blob))
            .fallback(|| async { refusal(StatusCode::NOT_FOUND, "UNSUPPORTED") })
            .layer(middleware::from_fn_with_state(self.clone(), authorized))
            .with_state(self.clone())
    }

    /// Newest first; empty where nothing was pushed.
    fn images(&self, app: &str, process_type: &str) -> Vec<WorkerImage> {
        let images = self.0.images.read().unwrap_or_else(PoisonError::into_inner);
        let held = images.get(&format!("{app}/{process_type}"));
        held.into_iter().flatten().rev().cloned().collect()
    }
}

async fn authorized(
    State(registry): State<Registry>,
    headers: HeaderMap,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let pair = given.and_then(|given| BASE64_STANDARD.decode(given.strip_prefix("Basic ")?).ok());
    let password = pair.and_then(|pair| {
        let pair = String::from_utf8(pair).ok()?;
        Some(pair.split_once(':')?.1.to_owned())
    });
    if password.as_deref() == Some(registry.0.token.expose_secret()) {
        return next.run(request).await;
    }
    let mut answer = refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    let realm = axum::http::HeaderValue::from_static("Basic realm=\"registry\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
    answer
}

async fn manifest(
    State(registry): State<Registry>,
    Path((app, process, reference)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let images = registry.images(&app, &process);
    if images.is_empty() {
        return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    }
    let accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.trim() == media_type::MANIFEST);
    let mut manifests = images.iter().filter(|_| accepted).map(|image| {
        let manifest = image.manifest().to_string();
        (digest(manifest.as_bytes()), manifest)
    });
    let found = manifests.find(|(digest, _)| reference == "latest" || reference == *digest);
    let Some((digest, manifest)) = found else {
        return refusal(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN");
    };
    let headers = [
        (CONTENT_TYPE, media_type::MANIFEST.to_owned()),
        (CONTENT_DIGEST, digest),
    ];
    (headers, manifest).into_response()
}

async fn blob(
    State(registry): State<Registry>,
    Path((app, process, wanted)): Path<(String, String, String)>,
) -> Response {
    let images = registry.images(&app, &process);
    if images.is_empty() {
        return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    }
    let Some(content) = images.iter().find_map(|image| image.blob(&wanted)) else {
        return refusal(StatusCode::NOT_FOUND, "BLOB_UNKNOWN");
    };
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DIGEST, wanted),
    ];
    (headers, content).into_response()
}

fn refusal(status: StatusCode, code: &str) -> Response {
    let message = code.to_lowercase().replace('_', " ");
    let body = json!({ "errors": [{ "code": code, "message": message }] });
    (status, Json(body)).into_response()
}
