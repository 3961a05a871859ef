//! Local stand-ins for the vendors, on loopback, spoken to only over HTTP.
//!
//! - [`sendgrid`](Sandbox::sendgrid_url): takes mails as strictly as the vendor does.
//! - [`pictures`](Sandbox::wikimedia_url): answers as the picture sources do, with photographs of
//!   its own.
//! - [`heroku`]: an app whose dynos run a program of this machine, or a script.
//! - [`in_memory`]: the same without a network, for simulations.
//! - [`logic_apps`]: where running workflows are called back.
//! - [`simulation`]: the whole system on simulated time.
//! - [`inbox`]: what was accepted, and the page that shows it.
//! - [`mail`]: a mail as it reaches one receiver.

pub mod heroku;
pub mod in_memory;
pub mod inbox;
pub mod logic_apps;
pub mod mail;
mod pictures;
mod sendgrid;
pub mod simulation;

use std::io;
use std::iter;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::logic_app::clock::Clock;
use heroku::{Heroku, Setup};
use inbox::Inbox;

/// The stand-ins, each on a port of its own. They end when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    inbox: Inbox,
    inbox_address: SocketAddr,
    sendgrid_address: SocketAddr,
    pictures_address: SocketAddr,
    heroku: Heroku,
    heroku_address: SocketAddr,
    heroku_token: SecretString,
    _servers: JoinSet<()>,
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens on the port that was asked for.
    #[error(
        "port {port} of this machine is in use: choose another with --port, or --port 0 for any free one"
    )]
    PortInUse {
        /// The port asked for.
        port: u16,
    },
    /// The port may not be listened on.
    #[error("cannot listen on port {port} of this machine ({source}): choose another with --port")]
    Listen {
        /// The port asked for; 0 stands for any free one.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
}

impl Sandbox {
    /// Starts all stand-ins on 127.0.0.1; the inbox page on `inbox_port` (0: any free port), the
    /// others on free ports.
    pub async fn start(inbox_port: u16) -> Result<Self, StartError> {
        let (inbox_listener, inbox_address) = listen(inbox_port).await?;
        let (sendgrid_listener, sendgrid_address) = listen(0).await?;
        let (pictures_listener, pictures_address) = listen(0).await?;
        let (heroku_listener, heroku_address) = listen(0).await?;

        let heroku_token = SecretString::from(heroku_token());
        let heroku = Heroku::new(Setup {
            clock: Clock::system(),
            token: heroku_token.clone(),
            url: format!("http://{heroku_address}"),
            seed: fastrand::u64(..),
        });
        let inbox = Inbox::default();
        let mut servers = JoinSet::new();
        servers.spawn(serve(inbox_listener, inbox.router()));
        servers.spawn(serve(sendgrid_listener, sendgrid::router(inbox.clone())));
        servers.spawn(serve(
            pictures_listener,
            pictures::router(&format!("http://{pictures_address}")),
        ));
        servers.spawn(serve(heroku_listener, heroku.router()));
        Ok(Self {
            inbox,
            inbox_address,
            sendgrid_address,
            pictures_address,
            heroku,
            heroku_address,
            heroku_token,
            _servers: servers,
        })
    }

    /// The mails accepted so far.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Address of the inbox page.
    pub fn inbox_url(&self) -> String {
        format!("http://{}", self.inbox_address)
    }

    /// Stands for `https://api.sendgrid.com`.
    pub fn sendgrid_url(&self) -> String {
        format!("http://{}", self.sendgrid_address)
    }

    /// What runs the app's dynos, once an app is deployed to it.
    pub fn heroku(&self) -> &Heroku {
        &self.heroku
    }

    /// Stands for `https://api.heroku.com`.
    pub fn heroku_url(&self) -> String {
        format!("http://{}", self.heroku_address)
    }

    /// The API token that the stand-in for Heroku takes; another one each time.
    pub fn heroku_token(&self) -> &SecretString {
        &self.heroku_token
    }

    /// Stands for `https://en.wikipedia.org/api/rest_v1`.
    pub fn wikimedia_url(&self) -> String {
        format!("http://{}/wikimedia/api/rest_v1", self.pictures_address)
    }

    /// Stands for `https://science.nasa.gov/wp-json/wp/v2`.
    pub fn nasa_url(&self) -> String {
        format!("http://{}/nasa/wp-json/wp/v2", self.pictures_address)
    }

    /// Stands for `https://api.unsplash.com`.
    pub fn unsplash_url(&self) -> String {
        format!("http://{}/unsplash", self.pictures_address)
    }

    /// Stands for `https://picsum.photos`.
    pub fn picsum_url(&self) -> String {
        format!("http://{}/picsum", self.pictures_address)
    }
}

/// A token that opens nothing else, of the form that the vendor's have.
fn heroku_token() -> String {
    let random = iter::repeat_with(fastrand::alphanumeric).take(60);
    "HRKU-".chars().chain(random).collect()
}

async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { port },
        _ => StartError::Listen { port, source },
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

async fn serve(listener: TcpListener, router: Router) {
    // Never returns: axum goes on after failed connections.
    let _ = axum::serve(listener, router).await;
}
