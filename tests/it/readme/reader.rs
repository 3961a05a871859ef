//! A person who types what a document says, with stand-ins for both clouds.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use picletter_logic_apps::HttpClient;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{App, Deployment, NoObserver};

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

/// Where `ci/static-worker` leaves what it builds.
const STATIC: &str = "target/static/x86_64-unknown-linux-gnu/release/worker";

/// What a person does by hand after a line that begins like this.
const BY_HAND: [(&str, &str); 1] = [(
    "cp picletter.toml moved.toml",
    "sed -i 's/picletter-test/picletter-moved/; s/\"pictures\"/\"moved\"/; s/\"daily\"/\"moved\"/' moved.toml",
)];

pub(crate) struct Reader {
    pub(crate) cli: Cli,
    /// What goes in the place of `NAME=…`.
    values: BTreeMap<String, String>,
}

impl Reader {
    /// One with what comes with a clone.
    pub(crate) async fn in_a_clone() -> Self {
        let reader = Self::with(Cli::new().await);
        let example = include_str!("../../../src/cli/init/example.toml");
        reader.writes("picletter.toml", example, 0o644);
        reader
    }

    /// One who has deployed `picletter-test`, and who has `worker.tar`.
    pub(crate) async fn of_a_deployment() -> Self {
        Self::with(Cli::deployed().await)
    }

    fn with(mut cli: Cli) -> Self {
        let mut values = cli.environment.clone();
        values.insert("SG_KEY".to_owned(), SG_KEY.to_owned());
        values.insert("ALERT_WEBHOOK".to_owned(), WEBHOOK.to_owned());
        let folder = cli.folder.path().to_owned();
        for (name, path) in [
            ("BUILT", built()),
            ("REPOSITORY", repository().to_owned()),
            ("STAND_INS", folder.join("stand-ins.sh")),
            ("STATE", folder.join("state.sh")),
            ("STATIC", PathBuf::from(STATIC)),
            ("WORKER", PathBuf::from(picletter_test_support::worker())),
        ] {
            let path = path.to_str().unwrap().to_owned();
            cli.environment.insert(name.to_owned(), path);
        }
        let reader = Self { cli, values };
        for (path, text) in SHIMS {
            reader.writes(path, text, 0o755);
        }
        let sandbox = &reader.cli.sandbox;
        let stand_ins = [
            ("NASA_API_URL", sandbox.nasa_url()),
            ("PICSUM_URL", sandbox.picsum_url()),
            ("SENDGRID_API_URL", sandbox.sendgrid_url()),
            ("WIKIMEDIA_API_URL", sandbox.wikimedia_url()),
        ]
        .map(|(name, url)| format!("export {name}='{url}'\n"));
        reader.writes("stand-ins.sh", &stand_ins.concat(), 0o644);
        reader.writes("state.sh", "", 0o644);
        reader.somebody_has_a_shop();
        for sender in ["bot@example.com", "me@example.com"] {
            sandbox.sendgrid().verify_sender(sender);
        }
        reader
    }

    /// The app `my-shop`, on one of Heroku's own stacks: its dynos have a shell.
    fn somebody_has_a_shop(&self) {
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

    pub(crate) fn writes(&self, path: &str, text: &str, mode: u32) {
        let path = self.cli.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// From now on nothing is known but what the document has one type.
    pub(crate) fn forgets(&mut self, names: &[&str]) {
        for name in names {
            self.cli.environment.remove(*name);
        }
    }

    /// Types the lines, one after another; gives what they print, or what is wrong. What they export
    /// is there for the next ones.
    pub(crate) async fn run(&self, document: &Document, lines: &Passage) -> Result<String, String> {
        let text = self
            .filled_in(&lines.text)
            .map_err(|(index, what)| document.mistake(lines.line + index, what))?;
        // The first line is ours.
        let script = format!(
            "trap 'echo $LINENO >failed' ERR; . \"$STATE\"\n{text}\nexport -p >\"$STATE\"\n"
        );
        self.writes("typed.sh", &script, 0o644);
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
        let typed = lines.text.lines().nth(index).unwrap_or_default();
        let what = format!(
            "`{typed}` ends with {:?}\n{}{}",
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr)
        );
        Err(document.mistake(lines.line + index, what))
    }

    /// The lines with values in the place of `…`, and what is done by hand; else which of them has
    /// a name without a value.
    fn filled_in(&self, lines: &str) -> Result<String, (usize, String)> {
        let mut filled = String::new();
        for (index, line) in lines.lines().enumerate() {
            let by_hand = BY_HAND.iter().find(|(begins, _)| line.starts_with(begins));
            if let Some((typed, done)) = by_hand {
                filled.extend([typed, " && ", done, "\n"]);
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

/// The folder of the programs that are built. Cargo builds the examples only where all targets are
/// asked for.
fn built() -> PathBuf {
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
