//! Pushing to the registry that Debian packages, and dynos from images. Requires `docker-registry`,
//! `unshare`, and a static worker named by STATIC_WORKER.

mod dynos;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use picletter_core::deploy::http::Timings;
use picletter_core::deploy::image::Image;
use picletter_core::deploy::registry::Registry;
use picletter_oci::media_type;
use picletter_sandbox::Sandbox;
use picletter_sandbox::image::WorkerImage;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::support::clients::http;
use picletter_test_support::loopback;

const TOKEN: &str = "HRKU-0123-token";

/// The real registry, on loopback, with storage in its own folder.
struct RealRegistry {
    folder: TempDir,
    address: String,
    _server: Child,
}

impl RealRegistry {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let config = folder.path().join("config.yml");
        let storage = folder.path().join("storage");
        let text = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n",
            storage.display()
        );
        fs::write(&config, text).unwrap();
        let mut server = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("docker-registry is not installed: apt install docker-registry");
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("listening on") {
                break;
            }
        }
        // The log is read to its end, so that the registry never blocks.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            folder,
            address,
            _server: server,
        }
    }

    fn client(&self) -> Registry {
        let http = http(Timings::default());
        let host = format!("http://{}", self.address).parse().unwrap();
        Registry::new(http, host, &SecretString::from(TOKEN))
    }

    fn image(&self, name: &str, program: &[u8]) -> Image {
        let path = self.folder.path().join(name);
        let archive = WorkerImage::new(program).unwrap().docker_archive().unwrap();
        fs::write(&path, archive).unwrap();
        Image::open(&path).unwrap()
    }
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn a_pushed_image_has_the_id_of_its_file() {
    let real = RealRegistry::start().await;
    let registry = real.client();
    let none = registry.released_image("picletter-app", "worker").await;
    assert_eq!(none.unwrap(), None);

    let image = real.image("image.tar", b"a program");
    let mut progress = Vec::new();
    registry
        .push(&image, "picletter-app", "worker", |line| {
            progress.push(line.to_owned());
        })
        .await
        .unwrap();
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap().as_ref(), Some(image.id()));
    assert_eq!(progress, ["layer 1 of 1: 0.1 MB"]);

    let next = real.image("next.tar", b"the next program");
    registry
        .push(&next, "picletter-app", "worker", |_| {})
        .await
        .unwrap();
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap().as_ref(), Some(next.id()));
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn pushes_one_manifest_of_version_2_schema_2() {
    let real = RealRegistry::start().await;
    let image = real.image("image.tar", b"a program");
    real.client()
        .push(&image, "picletter-app", "worker", |_| {})
        .await
        .unwrap();
    let repositories = real.folder.path().join("storage/docker/registry/v2");
    let manifests: Vec<String> = blobs(&repositories)
        .into_iter()
        .filter(|text| text.contains("schemaVersion"))
        .collect();
    assert_eq!(manifests.len(), 1, "{manifests:#?}");
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    assert!(manifests[0].contains(kind), "{}", manifests[0]);
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn does_not_send_blobs_that_the_registry_has() {
    let real = RealRegistry::start().await;
    let registry = real.client();
    let image = real.image("image.tar", b"a program");
    for progress in [
        "layer 1 of 1: 0.1 MB",
        "layer 1 of 1: already in the registry",
    ] {
        let mut lines = Vec::new();
        let pushed = registry.push(&image, "picletter-app", "worker", |line| {
            lines.push(line.to_owned());
        });
        pushed.await.unwrap();
        assert_eq!(lines, [progress]);
    }
}

/// The fake registry responds like the real one.
#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn fake_registry_stores_the_same_manifest_as_the_real_one() {
    let real = RealRegistry::start().await;
    let sandbox = Sandbox::start().await.unwrap();
    let image = real.image("image.tar", b"a program");
    let fake = sandbox.environment()["HEROKU_REGISTRY"].clone();
    let mut manifests = Vec::new();
    for url in [fake, format!("http://{}", real.address)] {
        let http = http(Timings::default());
        let host = url.parse().unwrap();
        let registry = Registry::new(http, host, sandbox.heroku_token());
        let pushed = registry.push(&image, "picletter-app", "worker", |_| {});
        pushed.await.unwrap();
        let answer = loopback::client()
            .get(format!("{url}/v2/picletter-app/worker/manifests/latest"))
            .basic_auth("_", Some(sandbox.heroku_token().expose_secret()))
            .header("accept", media_type::MANIFEST)
            .send()
            .await
            .unwrap();
        let digest = answer.headers()["docker-content-digest"].clone();
        manifests.push((digest, answer.text().await.unwrap()));
    }
    assert_eq!(manifests[0], manifests[1]);
}

/// All blobs that are text.
fn blobs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                blobs(&path)
            } else {
                fs::read_to_string(&path).into_iter().collect()
            }
        })
        .collect()
}
