//! What skopeo is given, and what is left of it.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use picletter_sandbox::image::WorkerImage;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::process::Child;

use crate::support::person::{Person, SG_KEY, SIGNALS, WEBHOOK, send, stderr, stdout};

/// In place of skopeo: notes what it is given, says that it has begun, and ends with the status that
/// it is told.
const SKOPEO: &str = r#"#!/bin/sh
cd -P . && pwd > "$HOME/skopeo.folder"
stat -c '%a %n' . auth.json > "$HOME/skopeo.modes"
cat auth.json > "$HOME/skopeo.auth"
cat /proc/$$/cmdline > "$HOME/skopeo.arguments"
cat /proc/$$/environ > "$HOME/skopeo.environ"
echo begun > "$HOME/begun"
read status < "$HOME/status"
test "$status" = 0 || echo 'time="now" level=fatal msg="writing manifest: denied"' >&2
exit "$status"
"#;

const PUSH: &str = "push --image other.tar -vv";

/// A person whose PATH has that program first, and an image that is not pushed yet.
struct Bench {
    person: Person,
    image: WorkerImage,
    begun: pipe::Receiver,
    status: pipe::Sender,
}

impl Bench {
    async fn new() -> Self {
        let mut person = Person::new().await;
        let folder = person.folder.path().to_owned();
        let programs = folder.join("programs");
        fs::create_dir(&programs).unwrap();
        let skopeo = programs.join("skopeo");
        fs::write(&skopeo, SKOPEO).unwrap();
        fs::set_permissions(&skopeo, fs::Permissions::from_mode(0o700)).unwrap();
        let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap());
        person.environment.insert("PATH".to_owned(), path);
        let image = WorkerImage::new(b"another worker").unwrap();
        fs::write(folder.join("other.tar"), image.docker_archive().unwrap()).unwrap();
        let fifo = |name: &str| -> PathBuf {
            let fifo = folder.join(name);
            let made = std::process::Command::new("mkfifo").arg(&fifo).status();
            assert!(made.unwrap().success());
            fifo
        };
        // Open for both, so that neither side waits for the other to open it.
        let mut both = pipe::OpenOptions::new();
        both.read_write(true);
        Self {
            begun: both.open_receiver(fifo("begun")).unwrap(),
            status: both.open_sender(fifo("status")).unwrap(),
            image,
            person,
        }
    }

    /// Types the command, up to where skopeo has begun.
    async fn begins(&mut self) -> Child {
        let child = self.person.begins_under(SIGNALS, PUSH);
        self.has_begun(child).await
    }

    async fn has_begun(&mut self, child: Child) -> Child {
        let mut lines = BufReader::new(&mut self.begun).lines();
        let line = lines.next_line().await.unwrap();
        assert_eq!(line.as_deref(), Some("begun"));
        child
    }

    async fn ends(&mut self, child: Child, status: &[u8]) -> Output {
        self.status.write_all(status).await.unwrap();
        child.wait_with_output().await.unwrap()
    }

    fn noted(&self, name: &str) -> String {
        let path = self.person.folder.path().join(format!("skopeo.{name}"));
        fs::read_to_string(path).unwrap()
    }

    fn credentials(&self) -> String {
        BASE64_STANDARD.encode(format!("_:{}", self.person.environment["HEROKU_API_KEY"]))
    }

    fn assert_nothing_is_left(&self) {
        let folder = self.noted("folder");
        let folder = Path::new(folder.trim_end());
        assert!(folder.starts_with(self.person.folder.path().canonicalize().unwrap()));
        assert!(!folder.exists(), "{}", folder.display());
        let left = fs::read_dir(self.person.folder.path()).unwrap();
        let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: Vec<String> = names
            .filter(|name| name.starts_with("picletter-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    fn assert_no_secret_in(&self, text: &str) {
        let environment = &self.person.environment;
        for secret in [
            SG_KEY,
            WEBHOOK,
            &environment["HEROKU_API_KEY"],
            &environment["AZURE_CLIENT_SECRET"],
            &self.credentials(),
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_is_given_no_secret_but_by_a_file_that_only_it_can_read_and_that_is_gone_then() {
    let mut bench = Bench::new().await;
    let child = bench.begins().await;

    assert_eq!(bench.noted("modes"), "700 .\n600 auth.json\n");
    assert!(bench.noted("auth").contains(&bench.credentials()));
    let arguments = bench.noted("arguments").replace('\0', " ");
    assert!(arguments.contains("--authfile auth.json"), "{arguments}");
    bench.assert_no_secret_in(&arguments);
    let environ = bench.noted("environ");
    bench.assert_no_secret_in(&environ);
    let mut names: Vec<&str> = environ
        .split_terminator('\0')
        .filter_map(|variable| Some(variable.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "PATH", "TMPDIR"]);

    let registry = bench.person.sandbox.registry();
    registry.hold("picletter-test", "worker", bench.image.clone());
    let output = bench.ends(child, b"0\n").await;

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), format!("{} is pushed\n", bench.image.id()));
    bench.assert_nothing_is_left();
    bench.assert_no_secret_in(&stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_skopeo_fails_its_words_are_told_and_its_credentials_are_gone() {
    let mut bench = Bench::new().await;
    let child = bench.begins().await;

    let output = bench.ends(child, b"1\n").await;

    assert_eq!(output.status.code(), Some(77), "{}", stderr(&output));
    assert!(stderr(&output).contains("writing manifest: denied"));
    bench.assert_nothing_is_left();
    bench.assert_no_secret_in(&stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_push_is_interrupted_skopeos_credentials_are_gone() {
    for (signal, status) in [
        (Signal::INT, 130),
        (Signal::TERM, 143),
        (Signal::HUP, 129),
        (Signal::QUIT, 131),
    ] {
        let mut bench = Bench::new().await;
        let child = bench.begins().await;

        send(signal, &child);
        let output = child.wait_with_output().await.unwrap();

        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        assert!(stderr(&output).contains("interrupted"));
        bench.assert_nothing_is_left();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_nohup_a_push_goes_on_after_sighup() {
    let mut bench = Bench::new().await;
    let child = bench.person.begins_under("env --ignore-signal=HUP", PUSH);
    let child = bench.has_begun(child).await;

    send(Signal::HUP, &child);
    let registry = bench.person.sandbox.registry();
    registry.hold("picletter-test", "worker", bench.image.clone());
    let output = bench.ends(child, b"0\n").await;

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_without_skopeo_changes_nothing_and_exits_69() {
    let mut person = Person::new().await;
    let image = WorkerImage::new(b"another worker").unwrap();
    let archive = image.docker_archive().unwrap();
    fs::write(person.folder.path().join("other.tar"), archive).unwrap();
    person
        .environment
        .insert("PATH".to_owned(), "/nowhere".to_owned());

    let output = person.types("deploy --yes --image other.tar").await;

    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(told.contains("apt install skopeo"), "{told}");
    assert!(person.changes().is_empty(), "{:?}", person.changes());

    // An image that the registry has is not pushed.
    let output = person.types("deploy --yes --image worker.tar").await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
