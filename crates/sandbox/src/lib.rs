//! Local stand-ins for the vendors, on loopback, spoken to only over HTTP.
//!
//! - [`sendgrid`](Sandbox::sendgrid_url): takes mails as strictly as the vendor does.
//! - [`pictures`](Sandbox::wikimedia_url): answers as the picture sources do, with photographs of
//!   its own.
//! - [`heroku`]: apps whose dynos run their image, a program of this machine, or a script.
//! - [`hooks`]: who is told of failures, and that a job is alive.
//! - [`image`]: an image that holds one program.
//! - [`azure`]: subscriptions to which templates are deployed, and whose workflows run.
//! - [`in_memory`]: the same without a network, for simulations.
//! - [`logic_apps`]: where running workflows are called back.
//! - [`registry`]: what a container registry gives out.
//! - [`inbox`]: what was accepted.
//! - [`mail`]: a mail as it reaches one receiver.
//! - [`stream`]: bodies that are sent piece by piece.
//! - [`server`]: what serves them, and the troubles that a test can make.

pub mod azure;
pub mod heroku;
pub mod hooks;
mod ids;
pub mod image;
pub mod in_memory;
pub mod inbox;
pub mod logic_apps;
pub mod mail;
mod pictures;
pub mod registry;
pub mod sendgrid;
pub mod server;
pub mod stream;
mod vendor_hosts;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::ids::uuid;
use azure::{Azure, Credentials, Subscription};
use heroku::{Heroku, Images, Setup};
use hooks::{Alerts, Heartbeats};
use inbox::Inbox;
use picletter_logic_apps::Clock;
use picletter_logic_apps::HttpClient;
use picletter_worker::client::{TlsError, tls};
use registry::Registry;
use sendgrid::SendGridAccount;
use server::Troubles;
use vendor_hosts::VendorHosts;

/// The stand-ins, each on a port of its own. They end when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    inbox: Inbox,
    sendgrid: SendGridAccount,
    sendgrid_address: SocketAddr,
    pictures_address: SocketAddr,
    heroku: Heroku,
    heroku_address: SocketAddr,
    heroku_token: SecretString,
    registry: Registry,
    registry_address: SocketAddr,
    troubles: Troubles,
    alerts: Alerts,
    alerts_address: SocketAddr,
    heartbeats: Heartbeats,
    heartbeats_address: SocketAddr,
    azure: Azure,
    azure_address: SocketAddr,
    azure_credentials: Credentials,
    _servers: JoinSet<()>,
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port of loopback can be listened on.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] io::Error),
    /// The workflows' HTTP client, or the one that pulls images, could not be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// As [`Self::Tls`].
    #[error("the HTTP client of workflows cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// What is put around fakes, such as switches that make them fail.
pub struct Layers {
    /// Around the fake of SendGrid.
    pub sendgrid: Box<dyn FnOnce(Router) -> Router + Send>,
    /// Around the fakes of the picture hosts.
    pub pictures: Box<dyn FnOnce(Router) -> Router + Send>,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            sendgrid: Box::new(|router| router),
            pictures: Box::new(|router| router),
        }
    }
}

impl Sandbox {
    /// Starts all fakes on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start() -> Result<Self, StartError> {
        Self::start_within(Layers::default()).await
    }

    /// Starts all fakes on free ports of 127.0.0.1, with `layers` around them.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_within(layers: Layers) -> Result<Self, StartError> {
        let (sendgrid_listener, sendgrid_address) = listen().await?;
        let (pictures_listener, pictures_address) = listen().await?;
        let (heroku_listener, heroku_address) = listen().await?;
        let (registry_listener, registry_address) = listen().await?;
        // Heroku reads its registry from within, where no trouble is made or recorded.
        let (within_listener, within_address) = listen().await?;
        let (azure_listener, azure_address) = listen().await?;
        let (alerts_listener, alerts_address) = listen().await?;
        let (heartbeats_listener, heartbeats_address) = listen().await?;

        let heroku_token = SecretString::from(heroku::random_token(&mut fastrand::Rng::new()));
        let heroku = Heroku::new(Setup {
            clock: Clock::system(),
            token: heroku_token.clone(),
            url: format!("http://{heroku_address}"),
            seed: fastrand::u64(..),
        });
        let registry = Registry::new(heroku_token.clone());
        let within = format!("http://{within_address}");
        heroku.set_registry(Images::new(within, heroku_token.clone())?);
        let azure_credentials = Credentials::random();
        let azure = Azure::new(azure::Setup {
            clock: Clock::system(),
            url: format!("http://{azure_address}"),
            subscriptions: vec![Subscription {
                id: uuid(&mut fastrand::Rng::new()),
                name: "Sandbox".to_owned(),
            }],
            credentials: azure_credentials.clone(),
            transport: Arc::new(VendorHosts {
                client: HttpClient::new(tls(&[])?)?,
                heroku: heroku_address,
            }),
            seed: fastrand::u64(..),
            retry_after: 0,
        });
        let (inbox, sendgrid) = (Inbox::default(), SendGridAccount::default());
        let (alerts, heartbeats) = (Alerts::default(), Heartbeats::default());
        let troubles = Troubles::default();
        let serve = |listener, router| server::serve(listener, router, troubles.clone());
        let mut servers = JoinSet::new();
        servers.spawn(serve(
            sendgrid_listener,
            (layers.sendgrid)(sendgrid::router(inbox.clone(), sendgrid.clone())),
        ));
        servers.spawn(serve(
            pictures_listener,
            (layers.pictures)(pictures::router(&format!("http://{pictures_address}"))),
        ));
        servers.spawn(serve(heroku_listener, heroku.router()));
        servers.spawn(serve(registry_listener, registry.router()));
        servers.spawn(server::serve(
            within_listener,
            registry.router(),
            Troubles::default(),
        ));
        servers.spawn(serve(azure_listener, azure.router()));
        servers.spawn(serve(alerts_listener, alerts.router()));
        servers.spawn(serve(heartbeats_listener, heartbeats.router()));
        Ok(Self {
            inbox,
            sendgrid,
            sendgrid_address,
            pictures_address,
            heroku,
            heroku_address,
            heroku_token,
            registry,
            registry_address,
            troubles,
            alerts,
            alerts_address,
            heartbeats,
            heartbeats_address,
            azure,
            azure_address,
            azure_credentials,
            _servers: servers,
        })
    }

    /// The troubles of all its servers.
    pub fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    /// The mails accepted so far.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The account at the stand-in for SendGrid.
    pub fn sendgrid(&self) -> &SendGridAccount {
        &self.sendgrid
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

    /// What gives images out.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The alerts that were posted.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// A webhook that takes alerts.
    pub fn alert_webhook_url(&self) -> String {
        format!("http://{}{}", self.alerts_address, hooks::ALERTS)
    }

    /// The heartbeats that came.
    pub fn heartbeats(&self) -> &Heartbeats {
        &self.heartbeats
    }

    /// Where a job's heartbeats are pinged.
    pub fn heartbeat_url(&self) -> String {
        format!("http://{}{}", self.heartbeats_address, hooks::HEARTBEAT)
    }

    /// The variables by which the operator's commands reach these stand-ins instead of the vendors,
    /// and sign in to them.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let Credentials {
            tenant,
            client_id,
            client_secret,
            ..
        } = &self.azure_credentials;
        [
            ("HEROKU_API_URL", self.heroku_url()),
            (
                "HEROKU_API_KEY",
                self.heroku_token.expose_secret().to_owned(),
            ),
            (
                "HEROKU_REGISTRY",
                format!("http://{}", self.registry_address),
            ),
            ("AZURE_RESOURCE_MANAGER_URL", self.azure_url()),
            ("AZURE_AUTHORITY_HOST", self.authority_url()),
            ("AZURE_TENANT_ID", tenant.clone()),
            ("AZURE_CLIENT_ID", client_id.clone()),
            (
                "AZURE_CLIENT_SECRET",
                client_secret.expose_secret().to_owned(),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// What the template is deployed to.
    pub fn azure(&self) -> &Azure {
        &self.azure
    }

    /// Stands for `https://management.azure.com`.
    pub fn azure_url(&self) -> String {
        format!("http://{}", self.azure_address)
    }

    /// Stands for `https://login.microsoftonline.com`.
    pub fn authority_url(&self) -> String {
        self.azure_url()
    }

    /// Who may sign in to the stand-in for Azure; another one each time.
    pub fn azure_credentials(&self) -> &Credentials {
        &self.azure_credentials
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

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
