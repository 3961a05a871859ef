//! The client for the registry: what it reads there, and how it pushes.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request};
use axum::middleware::{self, Next};
use axum::response::IntoResponse as _;
use axum::routing::{get, head, post};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, StatusCode};
use picletter::deploy::connect::ConnectError;
use picletter::deploy::http::{Http, HttpError, Timings, Verbosity};
use picletter::deploy::image::Image;
use picletter::deploy::redact::Redactor;
use picletter::deploy::registry::{Registry, RegistryError, RegistryHost};
use picletter_oci::digest;
use picletter_sandbox::Sandbox;
use picletter_sandbox::faults::{Fault, Which};
use picletter_sandbox::image::WorkerImage;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use picletter_test_support::loopback;

const TOKEN: &str = "HRKU-0123-token";

const REPOSITORY: &str = "/v2/picletter-app/worker";

fn client(url: &str, token: &str) -> Registry {
    let timings = Timings {
        backoff: Duration::from_millis(1),
        ..Timings::default()
    };
    let http = Http::new(&[], timings, Verbosity::Quiet, Redactor::default()).unwrap();
    Registry::new(http, url.parse().unwrap(), &SecretString::from(token))
}

async fn serve(router: Router) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, server)
}

/// An image in a file.
struct File {
    _folder: TempDir,
    image: Image,
}

impl File {
    fn new(archive: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.tar");
        fs::write(&path, archive).unwrap();
        Self {
            image: Image::open(&path).unwrap(),
            _folder: folder,
        }
    }

    fn of_worker() -> Self {
        let image = WorkerImage::new(b"a program").unwrap();
        Self::new(&image.docker_archive().unwrap())
    }
}

/// A registry that fails where a test wants it to.
struct Bench {
    sandbox: Sandbox,
    url: String,
    registry: Registry,
}

impl Bench {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let url = sandbox.environment()["HEROKU_REGISTRY"].clone();
        let registry = client(&url, sandbox.heroku_token().expose_secret());
        Self {
            sandbox,
            url,
            registry,
        }
    }

    /// The progress that is reported, or the error.
    async fn push(&self, file: &File) -> Result<Vec<String>, RegistryError> {
        let mut progress = Vec::new();
        let on_progress = |line: &str| progress.push(line.to_owned());
        let pushing = self
            .registry
            .push(&file.image, "picletter-app", "worker", on_progress);
        pushing.await.map(|()| progress)
    }

    async fn refused(&self, file: &File) -> String {
        let error = self.push(file).await.unwrap_err().to_string();
        let host = self.url.trim_start_matches("http://");
        error.replace(host, "HOST")
    }

    fn on(&self, method: Method, path: &str, which: impl Into<Which>, fault: Fault) {
        let faults = self.sandbox.faults();
        faults.on(method, format!("{REPOSITORY}/{path}"), which, fault);
    }

    /// The requests since the last look; an upload's random name is `ID`.
    fn requests(&self) -> Vec<String> {
        let record = self.sandbox.faults().record();
        self.sandbox.faults().clear();
        let shown = record.into_iter().map(|(method, path)| {
            let path = path.strip_prefix(REPOSITORY).unwrap_or(&path).to_owned();
            match path.strip_prefix("/blobs/uploads/") {
                Some(id) if !id.is_empty() => format!("{method} /blobs/uploads/ID"),
                _ => format!("{method} {path}"),
            }
        });
        shown.collect()
    }

    async fn get(&self, path: &str) -> (http::HeaderMap, Vec<u8>) {
        let answer = loopback::client()
            .get(format!("{}{REPOSITORY}/{path}", self.url))
            .basic_auth("_", Some(self.sandbox.heroku_token().expose_secret()))
            .header("accept", picletter_oci::media_type::MANIFEST)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        let headers = answer.headers().clone();
        (headers, answer.bytes().await.unwrap().to_vec())
    }
}

#[tokio::test]
async fn the_image_that_was_pushed_last_is_found_by_its_id() {
    let bench = Bench::new().await;
    let image = WorkerImage::new(b"a program").unwrap();
    let id = image.id();
    let held = bench.sandbox.registry();
    held.hold("picletter-app", "worker", image);
    let registry = &bench.registry;
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap(), Some(id));
    let none = registry.released_image("picletter-app", "web").await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_token_and_a_page_instead_of_a_manifest_are_told() {
    let bench = Bench::new().await;
    let answer = |Path((app, _)): Path<(String, String)>| async move {
        match app.as_str() {
            "bare" => (StatusCode::BAD_REQUEST, ""),
            "page" => (StatusCode::OK, "<html>Log in</html>"),
            "proxy" => (
                StatusCode::FORBIDDEN,
                "<html><title>Blocked</title><p>By us",
            ),
            "list" => (StatusCode::OK, r#"{"schemaVersion":2,"manifests":[]}"#),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "maintenance"),
        }
    };
    let route = "/v2/{app}/{process}/manifests/latest";
    let (url, _server) = serve(Router::new().route(route, get(answer))).await;
    let mut told = Vec::new();
    for (url, token, app) in [
        (&bench.url, "HRKU-wrong", "picletter-app"),
        (&url, TOKEN, "bare"),
        (&url, TOKEN, "page"),
        (&url, TOKEN, "proxy"),
        (&url, TOKEN, "down"),
    ] {
        let found = client(url, token).released_image(app, "worker").await;
        let host = url.trim_start_matches("http://");
        told.push(found.unwrap_err().to_string().replace(host, "HOST"));
    }
    insta::assert_snapshot!(told.join("\n"));
    let other_kind = client(&url, TOKEN).released_image("list", "worker").await;
    assert_eq!(other_kind.unwrap(), None);
}

#[tokio::test]
async fn pushes_layers_config_and_manifest() {
    let bench = Bench::new().await;
    let file = File::of_worker();

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
async fn the_same_image_gives_the_same_manifest_and_sends_no_part_again() {
    let bench = Bench::new().await;
    bench.push(&File::of_worker()).await.unwrap();
    let (_, first) = bench.get("manifests/latest").await;
    bench.requests();

    let progress = bench.push(&File::of_worker()).await.unwrap();

    assert_eq!(progress, ["layer 1 of 1: the registry has it"]);
    let sent = bench.requests();
    assert!(!sent.iter().any(|it| it.contains("uploads")), "{sent:?}");
    assert_eq!(bench.get("manifests/latest").await.1, first);
}

#[tokio::test]
async fn a_part_that_the_registry_stores_elsewhere_is_not_sent_again() {
    let bench = Bench::new().await;
    bench.push(&File::of_worker()).await.unwrap();
    bench.requests();
    let redirect = Fault::status(307, String::new());
    bench.on(Method::HEAD, "blobs/*", Which::Every, redirect);

    let progress = bench.push(&File::of_worker()).await.unwrap();

    assert_eq!(progress, ["layer 1 of 1: the registry has it"]);
}

#[tokio::test]
async fn layers_are_found_however_the_archive_holds_them() {
    let image = WorkerImage::new(b"a program").unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(image.layer()).unwrap();
    let gzipped = gzip.finish().unwrap();
    // Twice the same layer, the second as a link or under the same name.
    let mut config: serde_json::Value = serde_json::from_slice(image.config()).unwrap();
    let diff_id = config["rootfs"]["diff_ids"][0].clone();
    config["rootfs"]["diff_ids"] = json!([diff_id, diff_id]);
    let config = config.to_string();
    let archive = |content: &[u8], second: &str| {
        let mut tar = Builder::new(Vec::new());
        let mut link = Header::new_gnu();
        link.set_entry_type(EntryType::Symlink);
        link.set_size(0);
        tar.append_link(&mut link, "b/layer.tar", "../a/layer.tar")
            .unwrap();
        let manifest = json!([{ "Config": "c.json", "Layers": ["a/layer.tar", second] }]);
        for (name, content) in [
            ("a/layer.tar", content),
            ("c.json", config.as_bytes()),
            ("manifest.json", manifest.to_string().as_bytes()),
        ] {
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content).unwrap();
        }
        tar.into_inner().unwrap()
    };
    let plain = archive(image.layer(), "b/layer.tar");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut manifests = Vec::new();
    for archive in [
        plain,
        gzip.finish().unwrap(),
        archive(&gzipped, "b/layer.tar"),
        archive(image.layer(), "a/layer.tar"),
    ] {
        let bench = Bench::new().await;
        bench.push(&File::new(&archive)).await.unwrap();
        manifests.push(bench.get("manifests/latest").await.1);
    }
    manifests.dedup();
    assert_eq!(manifests.len(), 1);
}

#[tokio::test]
async fn a_layer_that_is_not_the_one_of_the_config_is_not_sent() {
    let bench = Bench::new().await;
    let mut archive = WorkerImage::new(b"a program")
        .unwrap()
        .docker_archive()
        .unwrap();
    let at = archive.windows(9).position(|at| at == b"a program");
    archive[at.unwrap()] = b'b';
    let refused = bench.refused(&File::new(&archive)).await;
    assert!(
        refused.contains("is damaged (layer.tar is not sha256:"),
        "{refused}"
    );
    assert_eq!(bench.requests(), [""; 0]);
}

#[tokio::test]
async fn a_layer_compressed_with_zstd_is_refused_by_name() {
    let bench = Bench::new().await;
    let image = WorkerImage::new(b"a program").unwrap();
    let mut archive = image.docker_archive().unwrap();
    let layer = &image.layer()[..16];
    let at = archive.windows(16).position(|at| at == layer).unwrap();
    archive[at..at + 4].copy_from_slice(&[0x28, 0xb5, 0x2f, 0xfd]);
    let refused = bench.refused(&File::new(&archive)).await;
    assert!(
        refused.contains("has a layer compressed with zstd: build it again with gzip layers"),
        "{refused}"
    );
    assert_eq!(bench.requests(), [""; 0]);
}

#[tokio::test]
async fn an_upload_that_is_lost_is_begun_again() {
    for fault in [
        Fault::Reset,
        Fault::LOST_ANSWER,
        Fault::status(500, String::new()),
        Fault::status(404, String::new()),
    ] {
        let bench = Bench::new().await;
        bench.on(Method::PUT, "blobs/uploads/*", 1, fault);
        bench.push(&File::of_worker()).await.unwrap();
        let requests = bench.requests();
        let begun = requests.iter().filter(|it| it.starts_with("POST"));
        // The one whose answer is lost has arrived.
        assert!((2..=3).contains(&begun.count()), "{requests:?}");
    }
}

#[tokio::test]
async fn an_upload_that_is_cut_off_each_time_is_given_up() {
    let bench = Bench::new().await;
    bench.on(Method::PUT, "blobs/uploads/*", Which::Every, Fault::Reset);
    let error = bench.push(&File::of_worker()).await.unwrap_err();
    let lost = matches!(error, RegistryError::Http(HttpError::Lost { .. }));
    assert!(lost, "{error}");
    let requests = bench.requests();
    let sent = requests.iter().filter(|it| it.starts_with("PUT"));
    assert_eq!(sent.count(), 4, "{requests:?}");
}

#[tokio::test]
async fn an_upload_without_progress_is_given_up() {
    let bench = Bench::new().await;
    bench.on(
        Method::PUT,
        "blobs/uploads/*",
        Which::Every,
        Fault::UNANSWERED,
    );
    let patient = bench.registry.clone();
    let registry = patient.with_patience(Duration::from_millis(20));
    let file = File::of_worker();
    let pushed = registry.push(&file.image, "picletter-app", "worker", |_| {});
    let error = pushed.await.unwrap_err().to_string();
    assert!(error.contains("no progress for 0.02 s"), "{error}");
}

#[tokio::test]
async fn refusals_are_told_with_what_to_do() {
    let words = |code: &str, message: &str| {
        json!({ "errors": [{ "code": code, "message": message }] }).to_string()
    };
    let mut told = Vec::new();
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
        told.push(bench.refused(&File::of_worker()).await);
    }
    insta::assert_snapshot!(told.join("\n"));
}

/// A registry that answers the first PUT with 429, and this `Retry-After`.
async fn limited(retry_after: &'static str) -> (String, JoinSet<()>) {
    let limits = Arc::new(AtomicUsize::new(1));
    let limit = move |request: Request, next: Next| {
        let limits = Arc::clone(&limits);
        async move {
            let is_upload = request.method() == Method::PUT;
            if is_upload && limits.swap(0, Ordering::SeqCst) > 0 {
                let status = StatusCode::TOO_MANY_REQUESTS;
                return (status, [("retry-after", retry_after)], "slow down").into_response();
            }
            next.run(request).await
        }
    };
    let registry = picletter_sandbox::registry::Registry::new(SecretString::from(TOKEN));
    serve(registry.router().layer(middleware::from_fn(limit))).await
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_unless_it_is_long() {
    let file = File::of_worker();
    for (retry_after, refused) in [
        ("0", None),
        (
            "3600",
            Some(
                "HOST answered 429, \"slow down\": wait a minute, then run the same command again",
            ),
        ),
    ] {
        let (url, _server) = limited(retry_after).await;
        let registry = client(&url, TOKEN);
        let pushed = registry.push(&file.image, "picletter-app", "worker", |_| {});
        let error = pushed.await.err().map(|error| error.to_string());
        let error = error.map(|error| error.replace(url.trim_start_matches("http://"), "HOST"));
        assert_eq!(error.as_deref(), refused);
    }
}

#[tokio::test]
async fn an_upload_goes_nowhere_but_to_the_registry() {
    let elsewhere = Bench::new().await;
    let place = format!("{}{REPOSITORY}/blobs/uploads/1", elsewhere.url);
    let begin = move || async move { (StatusCode::ACCEPTED, [("location", place)]) };
    let router = Router::new()
        .route(
            "/v2/{app}/{process}/blobs/{digest}",
            head(|| async { StatusCode::NOT_FOUND }),
        )
        .route("/v2/{app}/{process}/blobs/uploads/", post(begin));
    let (url, _server) = serve(router).await;
    let file = File::of_worker();
    let registry = client(&url, TOKEN);
    let pushed = registry.push(&file.image, "picletter-app", "worker", |_| {});
    let error = pushed.await.unwrap_err();
    assert!(matches!(error, RegistryError::NoUpload { .. }), "{error}");
    assert_eq!(elsewhere.requests(), [""; 0]);
}

#[tokio::test]
async fn another_image_than_was_pushed_is_noticed() {
    let bench = Bench::new().await;
    let other = WorkerImage::new(b"somebody else's program").unwrap().id();
    let manifest = json!({ "config": { "digest": other.as_str() } }).to_string();
    bench.on(Method::GET, "manifests/latest", 1, Fault::Body(manifest));
    insta::assert_snapshot!(bench.refused(&File::of_worker()).await);
}

#[test]
fn a_registry_is_reached_in_plain_only_on_this_machine() {
    let host = |text: &str| text.parse::<RegistryHost>().map(|host| host.to_string());
    assert_eq!(host("registry.heroku.com").unwrap(), "registry.heroku.com");
    assert_eq!(
        host("https://registry.heroku.com").unwrap(),
        "registry.heroku.com"
    );
    assert_eq!(host("http://127.0.0.1:5000").unwrap(), "127.0.0.1:5000");
    assert_eq!(host("http://localhost:5000/").unwrap(), "localhost:5000");
    assert_eq!(host("http://[::1]:5000").unwrap(), "[::1]:5000");
    for text in [
        "",
        "http://registry.heroku.com",
        "ftp://127.0.0.1",
        "registry.heroku.com/picletter",
        "_:token@registry.heroku.com",
    ] {
        let error = host(text).unwrap_err();
        let error = ConnectError::from(error).to_string();
        assert!(error.starts_with("HEROKU_REGISTRY: "), "{error}");
        assert_eq!(error.matches("HEROKU_REGISTRY").count(), 1, "{error}");
    }
}
