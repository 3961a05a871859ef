//! The endpoints of the registry.

use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::form_urlencoded;

use super::{Registry, name};
use picletter_oci::{Manifest, digest, media_type};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

type Result<T = Response> = std::result::Result<T, Response>;

impl Registry {
    /// The router of the registry's API.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v2/", get(|| async { Json(json!({})) }))
            .route(
                "/v2/{app}/{process}/manifests/{reference}",
                get(manifest).put(put_manifest),
            )
            .route("/v2/{app}/{process}/blobs/{digest}", get(blob))
            .route("/v2/{app}/{process}/blobs/uploads/", post(begin_upload))
            .route("/v2/{app}/{process}/blobs/uploads/{upload}", put(put_blob))
            .fallback(|| async { refusal(StatusCode::NOT_FOUND, "UNSUPPORTED") })
            .layer(DefaultBodyLimit::disable())
            .layer(middleware::from_fn_with_state(self.clone(), authorized))
            .with_state(self.clone())
    }
}

async fn authorized(
    State(registry): State<Registry>,
    headers: HeaderMap,
    request: Request,
    next: middleware::Next,
) -> Response {
    let authorization = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let pair = authorization.and_then(|authorization| {
        BASE64_STANDARD
            .decode(authorization.strip_prefix("Basic ")?)
            .ok()
    });
    let password = pair.and_then(|pair| {
        let pair = String::from_utf8(pair).ok()?;
        Some(pair.split_once(':')?.1.to_owned())
    });
    if password.as_deref() == Some(registry.0.token.expose_secret()) {
        return next.run(request).await;
    }
    let mut answer = refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    let realm = HeaderValue::from_static("Basic realm=\"registry\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
    answer
}

async fn manifest(
    State(registry): State<Registry>,
    Path((app, process, reference)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result {
    let repositories = registry.repositories();
    let repository = repositories.get(&name(&app, &process));
    let repository = repository.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN"))?;
    let is_accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.trim() == media_type::MANIFEST);
    let found = repository.manifest(&reference).filter(|_| is_accepted);
    let (digest, manifest) =
        found.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"))?;
    let headers = [
        (CONTENT_TYPE, media_type::MANIFEST.to_owned()),
        (CONTENT_DIGEST, digest),
    ];
    Ok((headers, manifest).into_response())
}

/// Like the vendor's registry, this accepts only one kind of manifest, and only after the blobs of
/// the image.
async fn put_manifest(
    State(registry): State<Registry>,
    Path((app, process, reference)): Path<(String, String, String)>,
    headers: HeaderMap,
    content: Bytes,
) -> Result {
    let invalid = || refusal(StatusCode::BAD_REQUEST, "MANIFEST_INVALID");
    if headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) != Some(media_type::MANIFEST.as_bytes())
    {
        return Err(invalid());
    }
    let manifest: Manifest = serde_json::from_slice(&content).map_err(|_| invalid())?;
    let mut repositories = registry.repositories();
    let name = name(&app, &process);
    let repository = repositories.entry(name.clone()).or_default();
    if !repository.has_blobs_for(&manifest) {
        return Err(refusal(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN"));
    }
    let digest = repository.add_manifest(content, reference == "latest");
    Ok(created(format!("/v2/{name}/manifests/{digest}"), digest))
}

async fn blob(
    State(registry): State<Registry>,
    Path((app, process, digest)): Path<(String, String, String)>,
) -> Result {
    let repositories = registry.repositories();
    let repository = repositories.get(&name(&app, &process));
    let repository = repository.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN"))?;
    let content = repository.blob(&digest);
    let content = content.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"))?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DIGEST, digest),
    ];
    Ok((headers, content).into_response())
}

async fn begin_upload(
    State(registry): State<Registry>,
    Path((app, process)): Path<(String, String)>,
) -> Response {
    let name = name(&app, &process);
    let mut repositories = registry.repositories();
    let repository = repositories.entry(name.clone()).or_default();
    let upload = repository.begin_upload();
    let location = format!("/v2/{name}/blobs/uploads/{upload}");
    (StatusCode::ACCEPTED, [(LOCATION, location)]).into_response()
}

async fn put_blob(
    State(registry): State<Registry>,
    Path((app, process, upload)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    content: Bytes,
) -> Result {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let named = pairs.find_map(|(name, value)| (name == "digest").then_some(value));
    if named != Some(digest(&content).into()) {
        return Err(refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
    }
    let name = name(&app, &process);
    let mut repositories = registry.repositories();
    let unknown = || refusal(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN");
    let repository = repositories.get_mut(&name).ok_or_else(unknown)?;
    if !repository.end_upload(&upload) {
        return Err(unknown());
    }
    let digest = repository.add_blob(content);
    Ok(created(format!("/v2/{name}/blobs/{digest}"), digest))
}

fn created(location: String, digest: String) -> Response {
    let headers = [(LOCATION, location), (CONTENT_DIGEST, digest)];
    (StatusCode::CREATED, headers).into_response()
}

fn refusal(status: StatusCode, code: &str) -> Response {
    let message = code.to_lowercase().replace('_', " ");
    let body = json!({ "errors": [{ "code": code, "message": message }] });
    (status, Json(body)).into_response()
}
