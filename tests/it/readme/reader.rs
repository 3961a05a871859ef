//! Runs the commands in a document as an operator would, against fakes of both clouds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use picletter_logic_apps::HttpClient;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{App, Deployment, NoObserver};
use picletter_test_support::write_script;

use super::document::{Document, Passage, repository};
use crate::support::cli::{Cli, SG_KEY, WEBHOOK};

const SHIMS: [(&str, &str); 6] = [
    ("bin/az", include_str!("shims/az")),
    ("bin/cargo", include_str!("shims/cargo")),
    ("bin/heroku", include_str!("shims/heroku")),
    ("bin/nix", include_str!("shims/nix")),
    ("bin/picletter", include_str!("shims/picletter")),
    ("ci/static-worker", include_str!("shims/static-worker")),
];

/// Path of the worker that `ci/static-worker` builds.
const STATIC: &str = "target/static/x86_64-unknown-linux-gnu/release/worker";

/// Manual edits after a line that starts with this.
const MANUAL_EDITS: [(&str, &str); 1] = [(
    "cp picletter.toml moved.toml",
    "sed -i 's/picletter-test/picletter-moved/; s/\"pictures\"/\"moved\"/; s/\"daily\"/\"moved\"/' moved.toml",
)];

/// A shell in a folder that stands for the repository.
pub(crate) struct Reader {
    pub(crate) cli: Cli,
    /// Values for placeholders of the form `NAME=…`.
    values: BTreeMap<String, String>,
}

impl Reader {
    /// In a fresh clone of the repository.
    pub(crate) async fn in_clone() -> Self {
        let reader = Self::with(Cli::new().await);
        let example = include_str!("../../../src/cli/init/example.toml");
        reader.write("picletter.toml", example);
        reader
    }

    /// After a deployment of `picletter-test`, with `worker.tar`.
    pub(crate) async fn after_deployment() -> Self {
        Self::with(Cli::deployed().await)
    }

    fn with(mut cli: Cli) -> Self {
        let mut values = cli.environment.clone();
        values.insert("SG_KEY".to_owned(), SG_KEY.to_owned());
        values.insert("ALERT_WEBHOOK".to_owned(), WEBHOOK.to_owned());
        let folder = cli.folder.path().to_owned();
        for (name, path) in [
            ("BUILT", programs()),
            ("REPOSITORY", repository().to_owned()),
            ("FAKES", folder.join("fakes.sh")),
            ("STATE", folder.join("state.sh")),
            ("STATIC", PathBuf::from(STATIC)),
            ("WORKER", PathBuf::from(picletter_test_support::worker())),
        ] {
            let path = path.to_str().unwrap().to_owned();
            cli.environment.insert(name.to_owned(), path);
        }
        let reader = Self { cli, values };
        for (path, text) in SHIMS {
            let path = reader.cli.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_script(&path, text);
        }
        let sandbox = &reader.cli.sandbox;
        let fakes = [
            ("NASA_API_URL", sandbox.nasa_url()),
            ("PICSUM_URL", sandbox.picsum_url()),
            ("SENDGRID_API_URL", sandbox.sendgrid_url()),
            ("WIKIMEDIA_API_URL", sandbox.wikimedia_url()),
        ]
        .map(|(name, url)| format!("export {name}='{url}'\n"));
        reader.write("fakes.sh", &fakes.concat());
        reader.write("state.sh", "");
        reader.create_shop_app();
        for sender in ["bot@example.com", "me@example.com"] {
            sandbox.sendgrid().verify_sender(sender);
        }
        reader
    }

    /// Creates the app `my-shop`, on one of Heroku's own stacks, whose dynos have a shell.
    fn create_shop_app(&self) {
        let transport = Arc::new(HttpClient::new(picletter_test_support::loopback::tls()).unwrap());
        let program = Simulated::new(transport, |_| Script {
            boot: Duration::ZERO,
            work: Duration::ZERO,
            end: End::Sent,
            on_sigterm: OnSigterm::Report,
        });
        self.cli.sandbox.heroku().deploy(Deployment {
            app: App {
                name: "my-shop".to_owned(),
                process_types: vec!["web".to_owned(), "worker".to_owned()],
                config_vars: BTreeMap::new(),
            },
            program: Arc::new(program),
            observer: Arc::new(NoObserver),
        });
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.cli.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Removes variables that the operator sets according to the document.
    pub(crate) fn unset(&mut self, names: &[&str]) {
        for name in names {
            self.cli.environment.remove(*name);
        }
    }

    /// Runs the lines in sequence; returns their output. Exported variables are kept for later
    /// calls.
    pub(crate) async fn run(&self, document: &Document, lines: &Passage) -> Result<String, String> {
        let text = self
            .fill_in(&lines.text)
            .map_err(|(index, what)| document.error_at(lines.line + index, what))?;
        // The first line of the script is not from the document.
        let script = format!(
            "trap 'echo $LINENO >failed' ERR; . \"$STATE\"\n{text}\nexport -p >\"$STATE\"\n"
        );
        self.write("typed.sh", &script);
        let output = tokio::process::Command::new("bash")
            .args(["-eEuo", "pipefail", "typed.sh"])
            .current_dir(self.cli.folder.path())
            .env_clear()
            .envs(&self.cli.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let failed = fs::read_to_string(self.cli.folder.path().join("failed"));
        let index = failed
            .ok()
            .and_then(|line| line.trim().parse::<usize>().ok());
        let index = index.map_or(0, |line| line.saturating_sub(2));
        let command = lines.text.lines().nth(index).unwrap_or_default();
        let what = format!(
            "`{command}` ends with {:?}\n{}{}",
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr)
        );
        Err(document.error_at(lines.line + index, what))
    }

    /// Replaces `…` with values and adds manual edits. If a name has no value, returns the index of
    /// the line.
    fn fill_in(&self, lines: &str) -> Result<String, (usize, String)> {
        let mut filled = String::new();
        for (index, line) in lines.lines().enumerate() {
            let edit = MANUAL_EDITS
                .iter()
                .find(|(begins, _)| line.starts_with(begins));
            if let Some((command, done)) = edit {
                filled.extend([command, " && ", done, "\n"]);
                continue;
            }
            let mut rest = line;
            while let Some((before, after)) = rest.split_once("=…") {
                let name = before.rsplit(' ').next().unwrap_or_default();
                let value = self.values.get(name);
                let value =
                    value.ok_or_else(|| (index, format!("no value for `{name}` is known here")))?;
                filled.extend([before, "='", value, "'"]);
                rest = after;
            }
            filled += rest;
            filled.push('\n');
        }
        Ok(filled)
    }
}

/// The folder of the compiled programs. Compiles the example `image` if necessary, because Cargo
/// compiles examples only with all targets.
fn programs() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_picletter"))
        .parent()
        .unwrap()
        .to_owned();
    if !folder.join("examples/image").is_file() {
        let status = std::process::Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "image", "--target-dir"])
            .arg(folder.parent().unwrap())
            .args(folder.ends_with("release").then_some("--release"))
            .current_dir(repository())
            .status();
        assert!(status.unwrap().success(), "the example `image`");
    }
    folder
}
