//! Dynos that succeed at once, or run until a test releases them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use picletter::logic_app::http_client::HttpClient;
use picletter::sandbox::heroku::program::{Life, Program, Run, Start};
use picletter::sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use tokio::sync::watch;

/// The program of all dynos of a world. Clones share the switch.
#[derive(Clone)]
pub(crate) struct Dynos {
    simulated: Arc<Simulated>,
    held: watch::Sender<bool>,
}

impl Dynos {
    pub(crate) fn new() -> Self {
        let transport = Arc::new(HttpClient::new(&[]).unwrap());
        let simulated = Simulated::new(transport, |_| Script {
            boot: Duration::ZERO,
            work: Duration::ZERO,
            end: End::Sent,
            on_sigterm: OnSigterm::Die,
        });
        Self {
            simulated: Arc::new(simulated),
            held: watch::Sender::new(false),
        }
    }

    /// Keeps dynos running that have not ended, or lets them end.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }
}

impl fmt::Debug for Dynos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynos")
    }
}

impl Program for Dynos {
    fn run(&self, start: Start, life: Life) -> Run {
        let mut held = self.held.subscribe();
        let stopped = life.clone();
        let simulated = self.simulated.run(start, life);
        Box::pin(async move {
            tokio::select! {
                _ = held.wait_for(|held| !held) => {}
                () = stopped.sigterm() => {}
            }
            simulated.await
        })
    }
}
