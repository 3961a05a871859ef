//! The whole system on this machine: local fakes with a page, and simulations. Does not parse options or
//! print.
//!
//! - [`page`]: the page in the browser.
//! - `run`: a deployment to the fakes, and a run of each job; `followed`: events and results of a run;
//!   `overrides`: changes to the file's configuration.
//! - [`simulation`]: the template, its runs, and scripted dynos in simulated time.
//! - `days`: simulated days with random failures.

pub(crate) mod days;
mod error;
pub(crate) mod followed;
mod overrides;
pub mod page;
pub(crate) mod run;
pub mod simulation;
mod watch;

use std::net::SocketAddr;

use picletter_sandbox::Sandbox;
use picletter_sandbox::faults::Faults;
use picletter_sandbox::server::serve;
use tokio::task::JoinSet;

use crate::listen::{ListenError, listen};
pub(crate) use error::TrialError;
use page::{Page, ShownJobs};
use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

/// The fakes and the page. Dropping it stops them.
#[derive(Debug)]
pub struct Trial {
    sandbox: Sandbox,
    page: Page,
    page_address: SocketAddr,
    _server: JoinSet<()>,
}

/// Why a trial did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The page's port.
    Listen(#[from] ListenError),
    /// The fakes did not start.
    Sandbox(#[from] picletter_sandbox::StartError),
}

impl Diagnose for StartError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Listen(error) => error.diagnostic(),
            Self::Sandbox(error) => Diagnostic::plain(error),
        }
    }
}

display_as_diagnostic!(StartError);

impl Trial {
    /// Starts the fakes on free ports of 127.0.0.1, and the page on `page_port` (0: any free port).
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(page_port: u16) -> Result<Self, StartError> {
        let (listener, page_address) = listen(page_port).await?;
        let switches = page::Switches::default();
        let sandbox = Sandbox::start_with(switches.faults()).await?;
        let page = Page::new(&sandbox, switches);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, page.router(), Faults::default()));
        Ok(Self {
            sandbox,
            page,
            page_address,
            _server: server,
        })
    }

    /// The fakes.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The page in the browser.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Shows jobs on the page, which can start runs of them.
    pub fn show(&self, jobs: ShownJobs) {
        self.page.show(jobs);
    }

    /// URL of the page.
    pub fn page_url(&self) -> String {
        format!("http://{}", self.page_address)
    }
}
