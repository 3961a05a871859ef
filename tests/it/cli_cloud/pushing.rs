//! `picletter push`, interrupted and refused: its status, and what is left of it.

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

/// A person with an image that is not pushed yet.
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

    /// The first upload waits; the receiver gets what it waits for.
    fn holds_upload(&self) -> UnboundedReceiver<Held> {
        hold_first(self.cli.sandbox.faults(), Method::PUT, UPLOAD)
    }

    /// Types the command, up to where it uploads. The upload waits until the second is dropped.
    async fn spawn_under(&self, program: &str) -> (Child, Held) {
        let mut told = self.holds_upload();
        let child = self.cli.spawn_under(program, PUSH);
        (child, told.recv().await.unwrap())
    }

    async fn pushes(&self) -> Output {
        self.cli.run(PUSH).await
    }

    fn assert_pushed(&self, output: &Output) {
        assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
        assert_eq!(stdout(output), format!("{} is pushed\n", self.image.id()));
        self.assert_nothing_is_left();
        self.assert_no_secret_in(&stderr(output));
    }

    /// `TMPDIR` is the person's folder.
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

    let pushed = bench.pushes().await;

    bench.assert_pushed(&pushed);
    let told = stderr(&pushed);
    assert!(told.contains("> PUT http://"), "{told}");
    assert!(told.contains("< 201 Created in "), "{told}");
    let again = stdout(&bench.pushes().await);
    assert_eq!(again, format!("{} is there already\n", bench.image.id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_push_ends_with_the_status_of_its_reason() {
    let words = |code: &str, message: &str| {
        json!({ "errors": [{ "code": code, "message": message }] }).to_string()
    };
    for (status, body, code, said) in [
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
            "with a page (\"Blocked\")",
        ),
    ] {
        let bench = Bench::new().await;
        let faults = bench.cli.sandbox.faults();
        let fault = Fault::status(status, body);
        faults.on(Method::PUT, UPLOAD, Which::Every, fault);

        let output = bench.pushes().await;

        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(said), "{said}: {told}");
        bench.assert_nothing_is_left();
        bench.assert_no_secret_in(&told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_interrupted_or_killed_leaves_nothing_and_the_next_completes() {
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
        bench.assert_pushed(&bench.pushes().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_nohup_a_push_goes_on_after_sighup() {
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
