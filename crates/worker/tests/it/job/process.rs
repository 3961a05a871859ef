//! The worker as a process whose environment contains only its config vars.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::job::program::Program;
use crate::job::server::{PICTURE, Server};
use crate::job::wire::BOUND;

pub(crate) const KEY: &str = "SG.someKeyId_0123.some-secret_of-a-key";
pub(crate) const RECEIVER: &str = "reader@ymail.example";

/// Builder for a worker process.
pub(crate) struct Worker {
    program: Program,
    args: Vec<String>,
    vars: BTreeMap<String, String>,
}

impl Worker {
    /// A worker with all required variables. `server` is the host of `PICTURE_URL` and all vendors.
    pub(crate) fn for_server(server: &Server) -> Self {
        let vars = [
            ("BOT_EMAIL", "Picletter <bot@picletter.example>".to_owned()),
            ("RECEIVER_EMAIL", RECEIVER.to_owned()),
            ("SG_KEY", KEY.to_owned()),
            ("PICTURE_URL", server.url(PICTURE)),
            ("SENDGRID_API_URL", server.url("")),
            ("UNSPLASH_API_URL", server.url("/unsplash")),
            ("WIKIMEDIA_API_URL", server.url("/wikimedia")),
            ("NASA_API_URL", server.url("/nasa")),
            ("PICSUM_URL", server.url("/picsum")),
            (
                "SSL_CERT_FILE",
                server.authority_file().path_in_root().display().to_string(),
            ),
            ("RUN_DEADLINE", "60s".to_owned()),
        ];
        Self {
            program: Program::named("worker"),
            args: Vec::new(),
            vars: vars
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }

    pub(crate) fn var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.vars.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.vars.remove(name);
        self
    }

    pub(crate) fn without_any(mut self) -> Self {
        self.vars.clear();
        self
    }

    /// Starts the worker through a link with another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.program = Program::named(name);
        self
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(ToString::to_string).collect();
        self
    }

    /// The config vars, for tests of the library.
    pub(crate) fn into_vars(self) -> BTreeMap<String, String> {
        self.vars
    }

    pub(crate) fn run(self) -> Ended {
        self.start().ended()
    }

    pub(crate) fn start(self) -> Running {
        let mut child = self
            .program
            .command()
            .args(&self.args)
            .env_clear()
            .envs(&self.vars)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, log) = mpsc::channel();
        let mut stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            let mut log = String::new();
            let _ = stdout.read_to_string(&mut log);
            sender.send(log)
        });
        Running { child, log }
    }
}

/// A running worker. Dropping it kills the process.
pub(crate) struct Running {
    child: Child,
    log: mpsc::Receiver<String>,
}

impl Running {
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    pub(crate) fn ended(mut self) -> Ended {
        let log = self
            .log
            .recv_timeout(BOUND)
            .expect("the worker did not exit");
        Ended {
            code: self.child.wait().unwrap().code(),
            log,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The exit code and the log of a worker.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

impl Ended {
    pub(crate) fn last_line(&self) -> &str {
        self.log.lines().last().unwrap_or_default()
    }

    /// Checks the exit code and the outcome in the last line of the log.
    #[track_caller]
    pub(crate) fn expect(&self, outcome: &str, code: i32) -> &Self {
        let expected = format!("outcome={outcome} exit_code={code} ");
        assert!(
            self.last_line().starts_with(&expected),
            "{expected}: {}",
            self.log
        );
        assert_eq!(self.code, Some(code), "{}", self.log);
        self
    }

    /// Checks that the last line contains the reason.
    #[track_caller]
    pub(crate) fn because(&self, reason: &str) -> &Self {
        assert!(self.last_line().contains(reason), "{reason}: {}", self.log);
        self
    }

    #[track_caller]
    pub(crate) fn logged(&self, text: &str) -> &Self {
        assert!(self.log.contains(text), "{text}: {}", self.log);
        self
    }

    #[track_caller]
    pub(crate) fn never_logged(&self, text: &str) -> &Self {
        assert!(!self.log.contains(text), "{text}: {}", self.log);
        self
    }
}
