//! The real program, killed after one of its requests and then run again.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::Stdio;
use std::sync::Arc;

use http::Method;
use picletter_sandbox::faults::{Fault, Which};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::sync::mpsc::unbounded_channel;

use super::command::{Command, File, Operator};
use super::expected::{Expected, shapes};
use super::facts::difference;
use super::sample;
use crate::support::requests::{self, Sent};
use crate::support::world::{QUICK, SG_KEY, WEBHOOK};

/// The commands before, a command line, and the equivalent command of the model.
type CommandLine = (&'static [Command], &'static str, Command);

const DEPLOY: &str = "deploy --yes --image worker.tar";

const LINES: [CommandLine; 7] = [
    (&[], DEPLOY, Command::Deploy(File::Base)),
    (
        &[Command::Deploy(File::Changed)],
        DEPLOY,
        Command::Deploy(File::Base),
    ),
    (
        &[Command::Deploy(File::Base)],
        "deploy --yes --rotate-token --image worker.tar",
        Command::Rotate(File::Base),
    ),
    (&[Command::Deploy(File::Base)], "run", Command::Run),
    (&[Command::Deploy(File::Base)], "pause", Command::Pause),
    (
        &[Command::Deploy(File::Base), Command::Pause],
        "resume",
        Command::Resume,
    ),
    (
        &[Command::Deploy(File::Base)],
        "destroy --yes",
        Command::Destroy,
    ),
];

/// A terminal in a folder with a `picletter.toml`.
struct Terminal {
    operator: Operator,
    folder: TempDir,
}

impl Terminal {
    async fn after(commands: &[Command]) -> Self {
        let operator = Operator::after(commands, QUICK).await;
        let folder = tempfile::tempdir().unwrap();
        let sandbox = &operator.world.sandbox;
        let file = format!(
            "{}\n[config]\nWIKIMEDIA_API_URL = \"{}\"\nSENDGRID_API_URL = \"{}\"\n",
            File::Base.text(),
            sandbox.wikimedia_url(),
            sandbox.sendgrid_url()
        );
        fs::write(folder.path().join("picletter.toml"), file).unwrap();
        let image = operator.world.image.docker_archive().unwrap();
        fs::write(folder.path().join("worker.tar"), image).unwrap();
        Self { operator, folder }
    }

    fn spawn(&self, line: &str) -> Child {
        let mut environment: BTreeMap<String, String> = self.operator.world.sandbox.environment();
        let folder = self.folder.path().to_str().unwrap();
        let path = env::var("PATH").unwrap();
        environment.extend(
            [
                ("SG_KEY", SG_KEY),
                ("ALERT_WEBHOOK", WEBHOOK),
                ("PATH", &path),
                ("HOME", folder),
                ("TMPDIR", folder),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        tokio::process::Command::new(env!("CARGO_BIN_EXE_picletter"))
            .args(line.split_whitespace())
            .current_dir(folder)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Waits for the end of a process; returns whether it succeeded, and all its output.
    async fn end(&self, child: Child) -> (bool, String) {
        let output = child.wait_with_output().await.unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        self.operator.check_no_secret(&printed);
        (output.status.success(), printed)
    }

    async fn run_ok(&self, line: &str) {
        let (succeeded, printed) = self.end(self.spawn(line)).await;
        assert!(succeeded, "{line}: {printed}");
    }
}

/// The requests of an undisturbed command, without those of a run and its dyno.
async fn requests((before, line, _): CommandLine) -> Vec<Sent> {
    let terminal = Terminal::after(before).await;
    terminal.run_ok(line).await;
    let is_sent_by_others =
        |path: &str| path.ends_with("/dynos") || path.starts_with("/workflows/");
    requests::sent(
        terminal.operator.world.sandbox.faults().record(),
        is_sent_by_others,
    )
}

async fn kill_and_rerun(case: CommandLine, sent: Sent, shapes: Arc<BTreeMap<Expected, String>>) {
    let (before, line, command) = case;
    let terminal = Terminal::after(before).await;
    let operator = &terminal.operator;
    let (sender, mut receiver) = unbounded_channel();
    let method: Method = sent.method.parse().unwrap();
    let faults = operator.world.sandbox.faults();
    faults.on(
        method,
        sent.path,
        Which::Nth(sent.nth),
        Fault::HoldAnswer(sender),
    );
    let mut child = terminal.spawn(line);
    tokio::select! {
        held = receiver.recv() => {
            child.start_kill().unwrap();
            terminal.end(child).await;
            drop(held);
        }
        // This time, the command did not send the request.
        ended = child.wait() => assert!(ended.unwrap().success()),
    }
    faults.clear();

    let facts = operator.facts().await;
    if command == Command::Run {
        let begun = operator.runs().await;
        assert!(begun <= 1, "{begun} runs");
    } else {
        if command != Command::Destroy {
            facts.check_token();
        }
        terminal.run_ok(line).await;
    }
    let facts = operator.facts().await;
    let case = before.iter().chain([&command]);
    let expected = case.fold(Expected::Nothing, |state, command| {
        state.after(*command).unwrap()
    });
    let difference = difference(&facts.shape, &shapes[&expected]);
    assert!(
        difference.is_empty(),
        "after a second {line}:\n{difference}"
    );
    facts.check_token();
    facts.check_alerts();
}

#[tokio::test(flavor = "multi_thread")]
async fn rerunning_a_killed_command_completes_it() {
    let shapes = Arc::new(Box::pin(shapes()).await);
    let mut cases = Vec::new();
    for case in LINES {
        for sent in Box::pin(requests(case)).await {
            let (before, line, _) = case;
            let Sent { method, path, nth } = &sent;
            let name = format!("{before:?} {line}, killed after {method} {path} #{nth}");
            cases.push((name, (case, sent)));
        }
    }
    let case = |(case, sent)| kill_and_rerun(case, sent, Arc::clone(&shapes));
    sample::run(cases, 2, case).await;
}
