//! The client for the registry: reading and pushing.

mod layers;
mod pushing;

use std::fs;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::{Method, StatusCode};
use picletter_core::deploy::connect::ConnectError;
use picletter_core::deploy::http::Timings;
use picletter_core::deploy::image::Image;
use picletter_core::deploy::registry::{Registry, RegistryError, RegistryHost};
use picletter_sandbox::Sandbox;
use picletter_sandbox::faults::{Fault, Which};
use picletter_sandbox::image::WorkerImage;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::clients::http;
use picletter_test_support::loopback;

const TOKEN: &str = "HRKU-0123-token";

const REPOSITORY: &str = "/v2/picletter-app/worker";

fn client(url: &str, token: &str) -> Registry {
    let timings = Timings {
        backoff: Duration::from_millis(1),
        ..Timings::default()
    };
    Registry::new(
        http(timings),
        url.parse().unwrap(),
        &SecretString::from(token),
    )
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

    fn with_program() -> Self {
        let image = WorkerImage::new(b"a program").unwrap();
        Self::new(&image.docker_archive().unwrap())
    }
}

/// A fake registry with faults, and a client of it.
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

    /// Pushes an image; returns the reported progress.
    async fn push(&self, file: &File) -> Result<Vec<String>, RegistryError> {
        let mut progress = Vec::new();
        let on_progress = |line: &str| progress.push(line.to_owned());
        let pushing = self
            .registry
            .push(&file.image, "picletter-app", "worker", on_progress);
        pushing.await.map(|()| progress)
    }

    async fn push_error(&self, file: &File) -> String {
        let error = self.push(file).await.unwrap_err().to_string();
        let host = self.url.trim_start_matches("http://");
        error.replace(host, "HOST")
    }

    fn on(&self, method: Method, path: &str, which: impl Into<Which>, fault: Fault) {
        let faults = self.sandbox.faults();
        faults.on(method, format!("{REPOSITORY}/{path}"), which, fault);
    }

    /// The requests since the last call, with `ID` for the random name of an upload.
    fn requests(&self) -> Vec<String> {
        let record = self.sandbox.faults().record();
        self.sandbox.faults().clear();
        let requests = record.into_iter().map(|(method, path)| {
            let path = path.strip_prefix(REPOSITORY).unwrap_or(&path).to_owned();
            match path.strip_prefix("/blobs/uploads/") {
                Some(id) if !id.is_empty() => format!("{method} /blobs/uploads/ID"),
                _ => format!("{method} {path}"),
            }
        });
        requests.collect()
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
async fn finds_the_released_image_by_its_id() {
    let bench = Bench::new().await;
    let image = WorkerImage::new(b"a program").unwrap();
    let id = image.id();
    let images = bench.sandbox.registry();
    images.put_image("picletter-app", "worker", image);
    let registry = &bench.registry;
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap(), Some(id));
    let none = registry.released_image("picletter-app", "web").await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn reports_a_wrong_token_and_pages_instead_of_manifests() {
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
    let mut errors = Vec::new();
    for (url, token, app) in [
        (&bench.url, "HRKU-wrong", "picletter-app"),
        (&url, TOKEN, "bare"),
        (&url, TOKEN, "page"),
        (&url, TOKEN, "proxy"),
        (&url, TOKEN, "down"),
    ] {
        let found = client(url, token).released_image(app, "worker").await;
        let host = url.trim_start_matches("http://");
        errors.push(found.unwrap_err().to_string().replace(host, "HOST"));
    }
    insta::assert_snapshot!(errors.join("\n"));
    let other_kind = client(&url, TOKEN).released_image("list", "worker").await;
    assert_eq!(other_kind.unwrap(), None);
}

#[test]
fn allows_plain_http_only_on_loopback() {
    let host = |text: &str| text.parse::<RegistryHost>().map(|host| host.to_string());
    assert_eq!(host("registry.heroku.com").unwrap(), "registry.heroku.com");
    assert_eq!(
        host("https://registry.heroku.com").unwrap(),
        "registry.heroku.com"
    );
    assert_eq!(host("http://127.0.0.1:5000").unwrap(), "127.0.0.1:5000");
    assert_eq!(host("http://localhost:5000/").unwrap(), "localhost:5000");
    assert_eq!(host("http://[::1]:5000").unwrap(), "[::1]:5000");
    for loopback in ["localhost", "a.localhost:80", "localhost."] {
        assert!(host(&format!("http://{loopback}")).is_ok(), "{loopback}");
    }
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
