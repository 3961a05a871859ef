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

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use picletter_sandbox::Sandbox;
use picletter_sandbox::faults::Faults;
use picletter_sandbox::server::serve;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

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
    /// Another program listens on the port.
    PortInUse {
        /// The requested port.
        port: u16,
    },
    /// The port cannot be listened on.
    Listen {
        /// The requested port; 0 means any free one.
        port: u16,
        /// The system's error.
        source: io::Error,
    },
    /// The fakes did not start.
    Sandbox(#[from] picletter_sandbox::StartError),
}

impl Diagnose for StartError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::PortInUse { port } => Diagnostic::new(
                format!("port {port} is in use"),
                "choose another with --port (0 selects a free port)",
            ),
            Self::Listen { port, source } => Diagnostic::new(
                format!("cannot listen on port {port}: {source}"),
                "choose another with --port",
            ),
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
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse { port: page_port },
            _ => StartError::Listen {
                port: page_port,
                source,
            },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, page_port))
            .await
            .map_err(refused)?;
        let page_address = listener.local_addr().map_err(refused)?;
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
