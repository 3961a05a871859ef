//! The requests of a push, and failed pushes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::IntoResponse as _;
use axum::routing::{head, post};
use http::{Method, StatusCode};
use picletter_core::deploy::http::HttpError;
use picletter_core::deploy::registry::RegistryError;
use picletter_oci::digest;
use picletter_sandbox::faults::{Fault, Which};
use picletter_sandbox::image::WorkerImage;
use secrecy::SecretString;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Bench, File, REPOSITORY, TOKEN, client, serve};

#[tokio::test]
async fn pushes_layers_config_and_manifest() {
    let bench = Bench::new().await;
    let file = File::with_program();

    let progress = bench.push(&file).await.unwrap();

    assert_eq!(progress, ["layer 1 of 1: 0.1 MB"]);
    let (headers, text) = bench.get("manifests/latest").await;
    let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let config = file.image.id();
    assert_eq!(
        bench.requests(),
        [
            format!("HEAD /blobs/{layer}"),
            "POST /blobs/uploads/".to_owned(),
            "PUT /blobs/uploads/ID".to_owned(),
            format!("HEAD /blobs/{config}"),
            "POST /blobs/uploads/".to_owned(),
            "PUT /blobs/uploads/ID".to_owned(),
            "PUT /manifests/latest".to_owned(),
            "GET /manifests/latest".to_owned(),
            "GET /manifests/latest".to_owned(),
        ]
    );
    assert_eq!(headers["docker-content-digest"], digest(&text).as_str());
    let kind = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    assert_eq!(manifest["layers"][0]["mediaType"], kind);
    let (_, gzipped) = bench.get(&format!("blobs/{layer}")).await;
    assert_eq!(manifest["layers"][0]["size"], gzipped.len());
    let mut plain = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&*gzipped), &mut plain).unwrap();
    assert_eq!(plain, WorkerImage::new(b"a program").unwrap().layer());
}

#[tokio::test]
async fn pushing_an_image_again_sends_no_blobs() {
    let bench = Bench::new().await;
    bench.push(&File::with_program()).await.unwrap();
    let (_, first) = bench.get("manifests/latest").await;
    bench.requests();

    let progress = bench.push(&File::with_program()).await.unwrap();

    assert_eq!(progress, ["layer 1 of 1: already in the registry"]);
    let sent = bench.requests();
    assert!(!sent.iter().any(|it| it.contains("uploads")), "{sent:?}");
    assert_eq!(bench.get("manifests/latest").await.1, first);
}

#[tokio::test]
async fn treats_a_redirect_as_an_existing_blob() {
    let bench = Bench::new().await;
    bench.push(&File::with_program()).await.unwrap();
    bench.requests();
    let redirect = Fault::status(307, String::new());
    bench.on(Method::HEAD, "blobs/*", Which::Every, redirect);

    let progress = bench.push(&File::with_program()).await.unwrap();

    assert_eq!(progress, ["layer 1 of 1: already in the registry"]);
}

#[tokio::test]
async fn restarts_a_lost_upload() {
    for fault in [
        Fault::Reset,
        Fault::LOST_ANSWER,
        Fault::status(500, String::new()),
        Fault::status(404, String::new()),
    ] {
        let bench = Bench::new().await;
        bench.on(Method::PUT, "blobs/uploads/*", 1, fault);
        bench.push(&File::with_program()).await.unwrap();
        let requests = bench.requests();
        let started = requests.iter().filter(|it| it.starts_with("POST"));
        // After a lost response, the first upload has arrived.
        assert!((2..=3).contains(&started.count()), "{requests:?}");
    }
}

#[tokio::test]
async fn gives_up_after_four_lost_uploads() {
    let bench = Bench::new().await;
    bench.on(Method::PUT, "blobs/uploads/*", Which::Every, Fault::Reset);
    let error = bench.push(&File::with_program()).await.unwrap_err();
    let lost = matches!(error, RegistryError::Http(HttpError::Lost { .. }));
    assert!(lost, "{error}");
    let requests = bench.requests();
    let sent = requests.iter().filter(|it| it.starts_with("PUT"));
    assert_eq!(sent.count(), 4, "{requests:?}");
}

#[tokio::test]
async fn gives_up_an_upload_without_progress() {
    let bench = Bench::new().await;
    bench.on(
        Method::PUT,
        "blobs/uploads/*",
        Which::Every,
        Fault::UNANSWERED,
    );
    let patient = bench.registry.clone();
    let registry = patient.with_patience(Duration::from_millis(20));
    let file = File::with_program();
    let pushed = registry.push(&file.image, "picletter-app", "worker", |_| {});
    let error = pushed.await.unwrap_err().to_string();
    assert!(error.contains("no progress for 0.02 s"), "{error}");
}

#[tokio::test]
async fn reports_rejections_with_help() {
    let words = |code: &str, message: &str| {
        json!({ "errors": [{ "code": code, "message": message }] }).to_string()
    };
    let mut errors = Vec::new();
    for (method, path, status, body) in [
        (Method::HEAD, "blobs/*", 401, String::new()),
        (
            Method::POST,
            "blobs/uploads/",
            401,
            words("UNAUTHORIZED", "no"),
        ),
        (Method::POST, "blobs/uploads/", 400, String::new()),
        (
            Method::POST,
            "blobs/uploads/",
            403,
            words("DENIED", "not your app"),
        ),
        (
            Method::POST,
            "blobs/uploads/",
            200,
            "<title>Log in</title>".to_owned(),
        ),
        (
            Method::PUT,
            "blobs/uploads/*",
            400,
            words("DIGEST_INVALID", "another digest"),
        ),
        (Method::PUT, "blobs/uploads/*", 503, String::new()),
        (
            Method::PUT,
            "manifests/latest",
            400,
            words("MANIFEST_INVALID", "not of ours"),
        ),
        (
            Method::PUT,
            "manifests/latest",
            403,
            "<title>Blocked</title>".to_owned(),
        ),
    ] {
        let bench = Bench::new().await;
        bench.on(method, path, Which::Every, Fault::status(status, body));
        errors.push(bench.push_error(&File::with_program()).await);
    }
    insta::assert_snapshot!(errors.join("\n"));
}

/// A registry that responds to the first PUT with this status and `Retry-After`.
async fn limited(status: StatusCode, retry_after: &'static str) -> (String, JoinSet<()>) {
    let limits = Arc::new(AtomicUsize::new(1));
    let limit = move |request: Request, next: Next| {
        let limits = Arc::clone(&limits);
        async move {
            let is_upload = request.method() == Method::PUT;
            if is_upload && limits.swap(0, Ordering::SeqCst) > 0 {
                return (status, [("retry-after", retry_after)], "slow down").into_response();
            }
            next.run(request).await
        }
    };
    let registry = picletter_sandbox::registry::Registry::new(SecretString::from(TOKEN));
    serve(registry.router().layer(middleware::from_fn(limit))).await
}

#[tokio::test]
async fn waits_only_for_a_short_retry_after() {
    let file = File::with_program();
    for (status, help) in [
        (
            StatusCode::TOO_MANY_REQUESTS,
            "wait 1h, then run the command again",
        ),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "check https://status.heroku.com, wait 1h, then run the command again",
        ),
    ] {
        let code = status.as_u16();
        for (retry_after, expected) in [
            ("0", None),
            (
                "3600",
                Some(format!("HOST answered {code}, \"slow down\": {help}")),
            ),
        ] {
            let (url, _server) = limited(status, retry_after).await;
            let registry = client(&url, TOKEN);
            let pushed = registry.push(&file.image, "picletter-app", "worker", |_| {});
            let error = pushed.await.err().map(|error| error.to_string());
            let error = error.map(|error| error.replace(url.trim_start_matches("http://"), "HOST"));
            assert_eq!(error, expected);
        }
    }
}

#[tokio::test]
async fn does_not_upload_to_another_host() {
    let elsewhere = Bench::new().await;
    let location = format!("{}{REPOSITORY}/blobs/uploads/1", elsewhere.url);
    let begin = move || async move { (StatusCode::ACCEPTED, [("location", location)]) };
    let router = Router::new()
        .route(
            "/v2/{app}/{process}/blobs/{digest}",
            head(|| async { StatusCode::NOT_FOUND }),
        )
        .route("/v2/{app}/{process}/blobs/uploads/", post(begin));
    let (url, _server) = serve(router).await;
    let file = File::with_program();
    let registry = client(&url, TOKEN);
    let pushed = registry.push(&file.image, "picletter-app", "worker", |_| {});
    let error = pushed.await.unwrap_err();
    assert!(matches!(error, RegistryError::NoUpload { .. }), "{error}");
    assert_eq!(elsewhere.requests(), [""; 0]);
}

#[tokio::test]
async fn detects_that_another_image_was_stored() {
    let bench = Bench::new().await;
    let other = WorkerImage::new(b"somebody else's program").unwrap().id();
    let manifest = json!({ "config": { "digest": other.as_str() } }).to_string();
    bench.on(Method::GET, "manifests/latest", 1, Fault::Body(manifest));
    insta::assert_snapshot!(bench.push_error(&File::with_program()).await);
}
