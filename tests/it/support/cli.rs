//! The command line as an operator uses it: a folder, an environment, and both clouds.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::{Output, Stdio};
use std::sync::Arc;

use http::Method;
use http::header::AUTHORIZATION;
use picletter_core::config::Config;
use picletter_core::deploy::clouds::Clouds;
use picletter_core::deploy::connect::connect;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::http::{Call, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::Process;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tempfile::TempDir;

use super::clients::http;
pub(crate) use super::command::{stderr, stdout};
use super::terminal::Terminal;
pub(crate) use super::world::{SG_KEY, WEBHOOK};
use super::{daily, world};
use tokio::process::{Child, Command};

/// Resets signals to their defaults. Tests may run where signals are ignored, such as under
/// `nohup`.
pub(crate) const SIGNALS: &str = "env --default-signal=HUP,INT,QUIT,TERM";

/// A folder with `picletter.toml` and `worker.tar`, an environment, and fakes of both clouds.
pub(crate) struct Cli {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Cli {
    pub(crate) async fn new() -> Self {
        let worker = Process::new(picletter_test_support::worker());
        let (sandbox, image) = world::sandbox(Arc::new(worker)).await;
        sandbox.sendgrid().set_keys_read_senders(true);
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("worker.tar");
        fs::write(&archive, image.docker_archive().unwrap()).unwrap();
        let mut environment = sandbox.environment();
        environment.insert("SG_KEY".to_owned(), SG_KEY.to_owned());
        environment.insert("ALERT_WEBHOOK".to_owned(), WEBHOOK.to_owned());
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).unwrap();
        let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap());
        environment.insert("PATH".to_owned(), path);
        let home = folder.path().to_str().unwrap().to_owned();
        environment.insert("TMPDIR".to_owned(), home.clone());
        environment.insert("HOME".to_owned(), home);
        let cli = Self {
            sandbox,
            folder,
            environment,
        };
        cli.write("Picletter <bot@picletter.example>");
        cli
    }

    /// Writes `picletter.toml` with this sender.
    pub(crate) fn write(&self, sender: &str) {
        let file = daily::file(sender, &self.sandbox);
        fs::write(self.folder.path().join("picletter.toml"), file).unwrap();
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, line: &str) -> Output {
        self.spawn(line).wait_with_output().await.unwrap()
    }

    /// Starts a command without waiting for its end.
    pub(crate) fn spawn(&self, line: &str) -> Child {
        self.spawn_command(Command::new(env!("CARGO_BIN_EXE_picletter")), line)
    }

    /// Starts a command through a wrapper that executes it, such as `nohup`.
    pub(crate) fn spawn_under(&self, program: &str, line: &str) -> Child {
        let mut words = program.split_whitespace();
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(env!("CARGO_BIN_EXE_picletter"));
        self.spawn_command(command, line)
    }

    fn spawn_command(&self, mut command: Command, line: &str) -> Child {
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().unwrap()
    }

    /// Runs a command in a terminal of this width and returns what it displays. Standard error goes
    /// into the file `stderr`.
    pub(crate) async fn run_in_terminal(&self, line: &str, columns: u16) -> String {
        let program = env!("CARGO_BIN_EXE_picletter");
        let command = format!("stty cols {columns} rows 50; exec 2>stderr; {program} {line}");
        // `script` is part of util-linux, which Debian always has.
        let output = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        stdout(&output).replace("\r\n", "\n")
    }

    /// Runs a command in a terminal and types each answer once its question appears. Returns the
    /// output, including the terminal's control sequences.
    pub(crate) async fn run_with_answers(&self, line: &str, answers: &[(&str, &str)]) -> String {
        let mut terminal = self.open_terminal(&format!("exec $PICLETTER {line}"));
        for (question, answer) in answers {
            terminal.wait_for(question).await;
            terminal.press(answer).await;
        }
        terminal.end().await
    }

    /// Runs a line of shell in a terminal. `$PICLETTER` is the program, with default signals.
    pub(crate) fn open_terminal(&self, line: &str) -> Terminal {
        let program = env!("CARGO_BIN_EXE_picletter");
        let mut command = Command::new("script");
        command
            .args(["-qec", &format!("stty cols 400 rows 50; {line}")])
            .arg("/dev/null")
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .env("TERM", "xterm")
            .env("PICLETTER", format!("{SIGNALS} {program}"));
        Terminal::open(command)
    }

    /// Clients of both clouds, to inspect their state.
    pub(crate) fn clouds(&self) -> Clouds {
        let lookup = |name: &str| self.environment.get(name).cloned();
        let quiet = Verbosity::Quiet;
        connect(&lookup, Timings::default(), quiet, &Redactor::default()).unwrap()
    }

    /// The desired state of the file, without secrets and without an image.
    pub(crate) fn desired(&self) -> DesiredState {
        let config = Config::load(&self.folder.path().join("picletter.toml")).unwrap();
        DesiredState::new(&config, BTreeMap::new(), None, None, jiff::Timestamp::now())
    }

    /// Sends a request to Azure without the client under test.
    pub(crate) async fn azure_request(
        &self,
        method: Method,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Value {
        let sandbox = &self.sandbox;
        let url = format!("{}{path}?api-version={version}", sandbox.azure_url());
        let http = http(Timings::default());
        let mut refusals = String::new();
        for token in sandbox.azure().tokens() {
            let mut call = Call::new(method.clone(), url.parse().unwrap());
            call.body = body.cloned();
            let bearer = format!("Bearer {}", token.expose_secret());
            call.headers.insert(AUTHORIZATION, bearer.parse().unwrap());
            let answer = http.send(call).await.unwrap();
            if answer.status.is_success() {
                return serde_json::from_slice(&answer.body).unwrap();
            }
            refusals += &String::from_utf8_lossy(&answer.body);
        }
        panic!("{method} {path}: {refusals}")
    }

    /// Replaces links to the inputs and outputs of runs and actions with their contents.
    pub(crate) async fn follow_links(&self, answer: &mut Value) {
        let http = http(Timings::default());
        let mut pending = vec![answer];
        while let Some(value) = pending.pop() {
            match value {
                Value::Array(items) => pending.extend(items),
                Value::Object(fields) => {
                    for (link, name) in [("inputsLink", "inputs"), ("outputsLink", "outputs")] {
                        let Some(link) = fields.remove(link) else {
                            continue;
                        };
                        let uri = link["uri"].as_str().unwrap().parse().unwrap();
                        let content = http.send(Call::new(Method::GET, uri)).await.unwrap();
                        assert!(content.status.is_success(), "{content:?}");
                        let content = serde_json::from_slice(&content.body).unwrap();
                        fields.insert(name.to_owned(), content);
                    }
                    pending.extend(fields.values_mut());
                }
                _ => {}
            }
        }
    }

    /// The requests so far, other than reads and requests for tokens.
    pub(crate) fn changes(&self) -> Vec<(Method, String)> {
        let mut changes = self.sandbox.faults().record();
        changes.retain(|(method, path)| method != "GET" && !path.ends_with("/token"));
        changes
    }

    /// Deploys, without starting a run.
    pub(crate) async fn deployed() -> Self {
        let cli = Self::new().await;
        let output = cli.run("deploy --yes --image worker.tar").await;
        assert!(output.status.success(), "{output:?}");
        cli
    }
}

/// Sends a signal to a running process.
pub(crate) fn send(signal: Signal, child: &Child) {
    let id = child.id().map(i32::try_from).unwrap().unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}
