//! Pushing with skopeo to the registry that Debian packages, and dynos out of images: needs `skopeo`,
//! `docker-registry`, `unshare`, and STATIC_WORKER to name a static worker.

mod dynos;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use picletter::deploy::http::{Http, Timings, Verbosity};
use picletter::deploy::image::Image;
use picletter::deploy::redact::Redactor;
use picletter::deploy::registry::Registry;
use picletter_sandbox::image::WorkerImage;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const TOKEN: &str = "HRKU-0123-token";

/// The real registry, on loopback, with its storage in a folder of its own.
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
        // What it logs later is read, so that it is never blocked.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            folder,
            address,
            _server: server,
        }
    }

    fn client(&self) -> Registry {
        let http = Http::new(
            &[],
            Timings::default(),
            Verbosity::Quiet,
            Redactor::default(),
        );
        let host = format!("http://{}", self.address).parse().unwrap();
        Registry::new(http.unwrap(), host, &SecretString::from(TOKEN))
    }

    fn image(&self, name: &str, program: &[u8]) -> Image {
        let path = self.folder.path().join(name);
        let archive = WorkerImage::new(program).unwrap().docker_archive().unwrap();
        fs::write(&path, archive).unwrap();
        Image::open(&path).unwrap()
    }
}

#[tokio::test]
async fn an_image_arrives_with_the_id_that_its_file_has() {
    let real = RealRegistry::start().await;
    let registry = real.client();
    let none = registry.released_image("picletter-app", "worker").await;
    assert_eq!(none.unwrap(), None);

    // A name with what image references have a meaning for.
    let image = real.image("a:b latest.tar", b"a program");
    let mut progress = Vec::new();
    registry
        .push(&image, "picletter-app", "worker", |line| {
            progress.push(line.to_owned());
        })
        .await
        .unwrap();
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap().as_ref(), Some(image.id()));
    assert!(
        progress.iter().any(|line| line.starts_with("Copying blob")),
        "{progress:?}"
    );

    let next = real.image("next.tar", b"the next program");
    registry
        .push(&next, "picletter-app", "worker", |_| {})
        .await
        .unwrap();
    let found = registry.released_image("picletter-app", "worker").await;
    assert_eq!(found.unwrap().as_ref(), Some(next.id()));
}

#[tokio::test]
async fn what_the_registry_gets_is_one_manifest_of_version_2_schema_2() {
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
async fn the_read_only_stand_in_can_be_pulled_from_by_skopeo() {
    let image = WorkerImage::new(b"a program").unwrap();
    let stand_in = picletter_sandbox::registry::Registry::new(SecretString::from(TOKEN));
    stand_in.hold("picletter-app", "worker", image.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = stand_in.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let pulled = folder.path().join("pulled.tar");
    let done = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--src-tls-verify=false"])
        .arg(format!("--src-creds=_:{TOKEN}"))
        .arg(format!("docker://{address}/picletter-app/worker:latest"))
        .arg(format!("docker-archive:{}", pulled.display()))
        .output()
        .await
        .expect("skopeo is not installed: apt install skopeo");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert_eq!(Image::open(&pulled).unwrap().id(), &image.id());
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
