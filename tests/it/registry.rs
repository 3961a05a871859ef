//! The client for the registry: what it reads there, and how it has skopeo push.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::StatusCode;
use picletter::deploy::connect::ConnectError;
use picletter::deploy::http::{Http, Timings, Verbosity};
use picletter::deploy::image::Image;
use picletter::deploy::redact::Redactor;
use picletter::deploy::registry::{Registry, RegistryError, RegistryHost};
use picletter_sandbox::image::WorkerImage;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const TOKEN: &str = "HRKU-0123-token";
/// `_` and the token, as HTTP and skopeo have them.
const CREDENTIALS: &str = "XzpIUktVLTAxMjMtdG9rZW4=";

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

/// A stand-in that holds an image, the image's file, and a program that acts as skopeo.
struct Bench {
    folder: TempDir,
    url: String,
    image: Image,
    _server: JoinSet<()>,
}

impl Bench {
    async fn with_held(held: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.tar");
        let image = WorkerImage::new(b"a program").unwrap();
        fs::write(&path, image.docker_archive().unwrap()).unwrap();
        let registry = picletter_sandbox::registry::Registry::new(SecretString::from(TOKEN));
        registry.hold("picletter-app", "worker", WorkerImage::new(held).unwrap());
        let (url, server) = serve(registry.router()).await;
        Self {
            image: Image::open(&path).unwrap(),
            folder,
            url,
            _server: server,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A client whose skopeo is this script, which knows the test's folder as `FOLDER`.
    fn registry(&self, script: &str) -> Registry {
        let folder = self.folder.path().display();
        let program = self.path("skopeo");
        fs::write(
            &program,
            format!("#!/bin/sh\nFOLDER='{folder}'\n{script}\n"),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        client(&self.url, TOKEN).with_skopeo(program.to_str().unwrap())
    }

    async fn push(&self, script: &str) -> Result<Vec<String>, String> {
        let mut progress = Vec::new();
        let on_progress = |line: &str| progress.push(line.to_owned());
        let registry = self.registry(script);
        let pushed = registry.push(&self.image, "picletter-app", "worker", on_progress);
        let told = pushed.await.map_err(|error| error.to_string());
        let host = self.url.trim_start_matches("http://");
        told.map(|()| progress)
            .map_err(|told| told.replace(host, "HOST"))
    }

    fn written(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

#[tokio::test]
async fn the_image_that_was_pushed_last_is_found_by_its_id() {
    let bench = Bench::with_held(b"a program").await;
    let registry = client(&bench.url, TOKEN);
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap().as_ref(), Some(bench.image.id()));
    let none = registry.released_image("picletter-app", "web").await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_token_and_a_page_instead_of_a_manifest_are_told() {
    let bench = Bench::with_held(b"a program").await;
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
async fn skopeo_gets_its_credentials_in_a_private_file_and_nothing_else_of_ours() {
    let bench = Bench::with_held(b"a program").await;
    let progress = bench
        .push(concat!(
            "echo \"$*\" >$FOLDER/arguments\n",
            "cat /proc/$$/environ | tr '\\0' '\\n' | cut -d= -f1 | sort >$FOLDER/environment\n",
            "cat auth.json >$FOLDER/auth\n",
            "stat -c %a auth.json . >$FOLDER/modes\n",
            "pwd >$FOLDER/place\n",
            "cmp image.tar $FOLDER/image.tar || exit 1\n",
            "echo Copying blob; echo Writing manifest",
        ))
        .await
        .unwrap();
    assert_eq!(progress, ["Copying blob", "Writing manifest"]);

    let host = bench.url.trim_start_matches("http://");
    let arguments = bench.written("arguments").replace(host, "HOST");
    insta::assert_snapshot!(arguments.trim());
    let auth = format!(r#"{{"auths":{{"{host}":{{"auth":"{CREDENTIALS}"}}}}}}"#);
    assert_eq!(bench.written("auth"), auth);
    assert_eq!(bench.written("modes"), "600\n700\n");
    let environment = bench.written("environment");
    let allowed = ["PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    for name in environment.lines() {
        let proxy = name.to_lowercase().ends_with("_proxy");
        assert!(proxy || allowed.contains(&name), "{name}");
    }
    let place = bench.written("place");
    assert!(!PathBuf::from(place.trim()).exists(), "{place} is left");
}

#[tokio::test]
async fn a_push_that_is_given_up_leaves_no_credentials_and_no_process() {
    let bench = Bench::with_held(b"a program").await;
    let registry = bench.registry("sleep 1000 & pwd; echo $!; wait");
    let mut lines = Vec::new();
    let (told, mut line) = tokio::sync::mpsc::unbounded_channel();
    {
        let push = registry.push(&bench.image, "picletter-app", "worker", |line| {
            told.send(line.to_owned()).unwrap();
        });
        tokio::pin!(push);
        while lines.len() < 2 {
            tokio::select! {
                ended = &mut push => panic!("{ended:?}"),
                line = line.recv() => lines.push(line.unwrap()),
            }
        }
        assert!(PathBuf::from(&lines[0]).join("auth.json").exists());
    }
    assert!(!PathBuf::from(&lines[0]).exists(), "{lines:?}");
    let status = format!("/proc/{}/stat", lines[1]);
    // Killed, and perhaps not reaped yet.
    while let Ok(status) = fs::read_to_string(&status) {
        if status.contains(") Z ") {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_push_without_progress_is_given_up() {
    let bench = Bench::with_held(b"a program").await;
    let registry = bench.registry("pwd > $FOLDER/place; echo Copying blob; exec sleep 1000");
    let registry = registry.with_patience(Duration::from_secs(1));
    let mut progress = Vec::new();
    let pushed = registry.push(&bench.image, "picletter-app", "worker", |line| {
        progress.push(line.to_owned());
    });
    let error = pushed.await.unwrap_err();
    assert!(matches!(error, RegistryError::Stalled { .. }), "{error}");
    assert!(!error.to_string().contains(CREDENTIALS));
    // A machine that is slow to start it has not got that far.
    if let Some(line) = progress.first() {
        assert_eq!(line, "Copying blob");
        let place = bench.written("place");
        assert!(!PathBuf::from(place.trim()).exists(), "{place} is left");
    }
}

#[tokio::test]
async fn why_skopeo_failed_is_told_in_its_own_words_without_secrets() {
    let bench = Bench::with_held(b"a program").await;
    let mut told = Vec::new();
    for script in [
        r#"echo first >&2; echo 'time="x" level=fatal msg="trying to reuse blob: unauthorized: \"no\""' >&2; exit 1"#,
        "echo 'writing blob: connection refused for HRKU-0123-token' >&2; exit 1",
        "exit 3",
        "kill -9 $$",
    ] {
        told.push(bench.push(script).await.unwrap_err());
    }
    let registry = client(&bench.url, TOKEN).with_skopeo("skopeo-that-is-not-there");
    let missing = registry
        .push(&bench.image, "picletter-app", "worker", |_| {})
        .await;
    told.push(missing.unwrap_err().to_string());
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn another_image_than_was_pushed_is_noticed() {
    let bench = Bench::with_held(b"somebody else's program").await;
    insta::assert_snapshot!(bench.push("exit 0").await.unwrap_err());
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
