//! Dynos that end immediately, or run until a test ends them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use picletter::r#try::simulation::failed;
use picletter_logic_apps::HttpClient;
use picletter_sandbox::heroku::program::{DynoHandle, Program, Run, Start};
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_worker::outcome::Outcome;
use tokio::sync::watch;

/// Behavior of the dynos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Succeeds,
    Fails,
    /// Runs until the value changes.
    Runs,
}

/// The program of all dynos of a world. Clones share the setting.
#[derive(Clone)]
pub(crate) struct Dynos {
    simulated: Arc<Simulated>,
    work: watch::Sender<Work>,
}

impl Dynos {
    pub(crate) fn new() -> Self {
        let transport = Arc::new(HttpClient::new(picletter_test_support::loopback::tls()).unwrap());
        let work = watch::Sender::new(Work::Succeeds);
        let script = {
            let work = work.clone();
            move |_: &Start| Script {
                boot: Duration::ZERO,
                work: Duration::ZERO,
                end: match *work.borrow() {
                    Work::Fails => failed(Outcome::Refused, "set by the test"),
                    Work::Succeeds | Work::Runs => End::Sent,
                },
                on_sigterm: OnSigterm::Die,
            }
        };
        Self {
            simulated: Arc::new(Simulated::new(transport, script)),
            work,
        }
    }

    /// Changes the behavior of running and future dynos.
    pub(crate) fn set(&self, work: Work) {
        self.work.send_replace(work);
    }
}

impl fmt::Debug for Dynos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynos")
    }
}

impl Program for Dynos {
    fn run(&self, start: Start, handle: DynoHandle) -> Run {
        let mut work = self.work.subscribe();
        let simulated = Arc::clone(&self.simulated);
        Box::pin(async move {
            tokio::select! {
                _ = work.wait_for(|work| *work != Work::Runs) => {}
                () = handle.sigterm() => {}
            }
            simulated.run(start, handle).await
        })
    }
}
