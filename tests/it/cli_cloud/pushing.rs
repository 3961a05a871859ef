//! `picletter push`: the exit status if it is interrupted or rejected, and what it leaves behind.

use std::fs;
use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use picletter_sandbox::faults::{Fault, Held, Which};
use picletter_sandbox::image::WorkerImage;
use rustix::process::Signal;
use serde_json::json;
use tokio::process::Child;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::support::cli::{Cli, SG_KEY, SIGNALS, WEBHOOK, send, stderr, stdout};
use crate::support::held::hold_first;

const PUSH: &str = "push --image other.tar -vv";

const UPLOAD: &str = "/v2/picletter-test/worker/blobs/uploads/*";

/// A command line with an image that is not pushed yet.
struct Bench {
    cli: Cli,
    image: WorkerImage,
}

impl Bench {
    async fn new() -> Self {
        let cli = Cli::new().await;
        let image = WorkerImage::new(b"another worker").unwrap();
        let archive = image.docker_archive().unwrap();
        fs::write(cli.folder.path().join("other.tar"), archive).unwrap();
        Self { cli, image }
    }

    /// Holds the first upload. The receiver gets a guard that releases it.
    fn hold_upload(&self) -> UnboundedReceiver<Held> {
        hold_first(self.cli.sandbox.faults(), Method::PUT, UPLOAD)
    }

    /// Runs the command until it uploads. The upload waits until the guard is dropped.
    async fn spawn_under(&self, program: &str) -> (Child, Held) {
        let mut receiver = self.hold_upload();
        let child = self.cli.spawn_under(program, PUSH);
        (child, receiver.recv().await.unwrap())
    }

    async fn push(&self) -> Output {
        self.cli.run(PUSH).await
    }

    fn assert_pushed(&self, output: &Output) {
        assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
        assert_eq!(
            stdout(output),
            format!("Pushed image {}\n", self.image.id())
        );
        self.assert_nothing_is_left();
        self.assert_no_secret_in(&stderr(output));
    }

    /// `TMPDIR` is the folder.
    fn assert_nothing_is_left(&self) {
        let left = fs::read_dir(self.cli.folder.path()).unwrap();
        let mut names: Vec<_> = left
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["bin", "other.tar", "picletter.toml", "worker.tar"]);
    }

    fn assert_no_secret_in(&self, text: &str) {
        let environment = &self.cli.environment;
        let token = &environment["HEROKU_API_KEY"];
        for secret in [
            SG_KEY,
            WEBHOOK,
            token,
            &environment["AZURE_CLIENT_SECRET"],
            &BASE64_STANDARD.encode(format!("_:{token}")),
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn push_needs_no_other_program_and_prints_no_secret() {
    let mut bench = Bench::new().await;
    let environment = &mut bench.cli.environment;
    environment.insert("PATH".to_owned(), "/nowhere".to_owned());

    let pushed = bench.push().await;

    bench.assert_pushed(&pushed);
    let trace = stderr(&pushed);
    assert!(trace.contains("> PUT http://"), "{trace}");
    assert!(trace.contains("< 201 Created in "), "{trace}");
    let again = stdout(&bench.push().await);
    assert_eq!(
        again,
        format!("Image {} is already in the registry\n", bench.image.id())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_status_of_a_rejected_push_depends_on_the_reason() {
    let words = |code: &str, message: &str| {
        json!({ "errors": [{ "code": code, "message": message }] }).to_string()
    };
    for (status, body, code, message) in [
        (401, words("UNAUTHORIZED", "no"), 77, "answered 401, \"no\""),
        (
            403,
            words("DENIED", "not yours"),
            77,
            "answered 403, \"not yours\"",
        ),
        (400, String::new(), 77, "answered 400"),
        (
            400,
            words("DIGEST_INVALID", "not it"),
            1,
            "answered 400, \"not it\"",
        ),
        (
            403,
            "<title>Blocked</title>".to_owned(),
            77,
            "with a web page (\"Blocked\")",
        ),
    ] {
        let bench = Bench::new().await;
        let faults = bench.cli.sandbox.faults();
        let fault = Fault::status(status, body);
        faults.on(Method::PUT, UPLOAD, Which::Every, fault);

        let output = bench.push().await;

        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(message), "{message}: {error}");
        bench.assert_nothing_is_left();
        bench.assert_no_secret_in(&error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_push_leaves_no_files_and_can_be_repeated() {
    for (signal, status) in [
        (Signal::INT, Some(130)),
        (Signal::TERM, Some(143)),
        (Signal::HUP, Some(129)),
        (Signal::QUIT, Some(131)),
        (Signal::KILL, None),
    ] {
        let bench = Bench::new().await;
        let (child, held) = bench.spawn_under(SIGNALS).await;

        send(signal, &child);
        let output = child.wait_with_output().await.unwrap();
        drop(held);

        assert_eq!(output.status.code(), status, "{}", stderr(&output));
        assert!(status.is_none() || stderr(&output).contains("interrupted"));
        bench.assert_nothing_is_left();
        bench.assert_pushed(&bench.push().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn push_continues_after_sighup_under_nohup() {
    let bench = Bench::new().await;
    let (child, held) = bench.spawn_under("env --ignore-signal=HUP").await;

    send(Signal::HUP, &child);
    drop(held);

    bench.assert_pushed(&child.wait_with_output().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_pushes_the_image_that_it_releases() {
    let bench = Bench::new().await;

    let output = bench.cli.run("deploy --yes --image other.tar").await;

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let plan = "plan --image other.tar --detailed-exitcode";
    let plan = bench.cli.run(plan).await;
    assert_eq!(plan.status.code(), Some(0), "{}", stdout(&plan));
}
