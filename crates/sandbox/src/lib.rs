//! Fakes of the vendors' services. Clients use them over HTTP on loopback; simulations send the
//! same requests in memory ([`in_memory`]).
//!
//! [`Sandbox`] starts all fakes, each on its own port.
//!
//! | module | contents |
//! |---|---|
//! | [`heroku`] | Platform API, releases, dynos that run an image, a local program, or a script, logs |
//! | [`registry`], [`image`] | Heroku's container registry, and a container image with a single program |
//! | [`azure`] | sign-in, Resource Manager, Logic Apps, Azure Monitor |
//! | [`sendgrid`], [`mail`], [`inbox`] | mail validation, and the accepted mails |
//! | [`pictures`] | Wikimedia, NASA, Unsplash, and Picsum, with bundled photographs |
//! | [`hooks`] | a webhook for alerts, and a heartbeat monitor |
//!
//! | module | shared by the fakes |
//! |---|---|
//! | [`faults`] | faults of single requests |
//! | [`server`] | HTTP servers |
//! | [`in_memory`] | transport that calls the fakes without a network |
//! | [`logic_apps`] | callback URLs of running workflows |
//! | [`stream`] | streamed response bodies |

pub mod azure;
pub mod faults;
pub mod heroku;
pub mod hooks;
mod ids;
pub mod image;
pub mod in_memory;
pub mod inbox;
pub mod logic_apps;
pub mod mail;
pub mod pictures;
pub mod registry;
pub mod sendgrid;
pub mod server;
pub mod stream;
mod vendor_hosts;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinSet;

use crate::ids::uuid;
use azure::{Azure, Credentials, Subscription};
use faults::Faults;
use heroku::{Heroku, Images, Setup};
use hooks::{Alerts, Heartbeats};
use inbox::Inbox;
use picletter_logic_apps::Clock;
use picletter_logic_apps::HttpClient;
use picletter_worker::client::{TlsError, tls};
use registry::Registry;
use sendgrid::SendGridAccount;
use server::{Listener, Served, serve};
use vendor_hosts::VendorHosts;

/// All fakes, running. Dropping it stops them.
#[derive(Debug)]
pub struct Sandbox {
    faults: Faults,
    inbox: Inbox,
    sendgrid: Served<SendGridAccount>,
    pictures: Served<()>,
    heroku: Served<Heroku>,
    heroku_token: SecretString,
    registry: Served<Registry>,
    alerts: Served<Alerts>,
    heartbeats: Served<Heartbeats>,
    azure: Served<Azure>,
    azure_credentials: Credentials,
    _servers: JoinSet<()>,
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Listening on a loopback port failed.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] io::Error),
    /// TLS cannot be set up for the HTTP client of workflows or of image pulls.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP client of workflows cannot be built.
    #[error("cannot set up the HTTP client of workflows: {0}")]
    Client(#[from] reqwest::Error),
}

impl Sandbox {
    /// Starts all fakes on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start() -> Result<Self, StartError> {
        Self::start_with(Faults::default()).await
    }

    /// Starts all fakes on free ports of 127.0.0.1 and applies `faults` to their requests.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_with(faults: Faults) -> Result<Self, StartError> {
        let mut servers = JoinSet::new();
        let mut start = |listener: Listener, router: Router| {
            servers.spawn(serve(listener.listener, router, faults.clone()));
        };

        let (inbox, account) = (Inbox::default(), SendGridAccount::default());
        let listener = Listener::bind().await?;
        let sendgrid = listener.serves(account.clone());
        start(listener, sendgrid::router(inbox.clone(), account));

        let listener = Listener::bind().await?;
        let pictures = listener.serves(());
        start(listener, pictures::router(&pictures.url()));

        let listener = Listener::bind().await?;
        let heroku_token = SecretString::from(heroku::random_token(&mut fastrand::Rng::new()));
        let heroku = listener.serves(Heroku::new(Setup {
            clock: Clock::system(),
            token: heroku_token.clone(),
            url: listener.url(),
            seed: fastrand::u64(..),
        }));
        start(listener, heroku.router());

        let listener = Listener::bind().await?;
        let registry = listener.serves(Registry::new(heroku_token.clone()));
        start(listener, registry.router());

        let listener = Listener::bind().await?;
        let azure_credentials = Credentials::random();
        let azure = listener.serves(Azure::new(azure::Setup {
            clock: Clock::system(),
            url: listener.url(),
            subscriptions: vec![Subscription {
                id: uuid(&mut fastrand::Rng::new()),
                name: "Sandbox".to_owned(),
            }],
            credentials: azure_credentials.clone(),
            transport: Arc::new(VendorHosts {
                client: HttpClient::new(tls(&[])?)?,
                heroku: heroku.address(),
            }),
            seed: fastrand::u64(..),
            retry_after: 0,
        }));
        start(listener, azure.router());

        let listener = Listener::bind().await?;
        let alerts = listener.serves(Alerts::default());
        start(listener, alerts.router());

        let listener = Listener::bind().await?;
        let heartbeats = listener.serves(Heartbeats::default());
        start(listener, heartbeats.router());

        // Heroku pulls images from a second address of its registry: no faults, not recorded.
        let listener = Listener::bind().await?;
        heroku.set_registry(Images::new(listener.url(), heroku_token.clone())?);
        let internal = serve(listener.listener, registry.router(), Faults::default());
        servers.spawn(internal);

        Ok(Self {
            faults,
            inbox,
            sendgrid,
            pictures,
            heroku,
            heroku_token,
            registry,
            alerts,
            heartbeats,
            azure,
            azure_credentials,
            _servers: servers,
        })
    }

    /// The faults applied to requests to all fakes, and the record of these requests.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The mails accepted so far.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The SendGrid account.
    pub fn sendgrid(&self) -> &SendGridAccount {
        &self.sendgrid
    }

    /// Replaces `https://api.sendgrid.com`.
    pub fn sendgrid_url(&self) -> String {
        self.sendgrid.url()
    }

    /// Heroku: apps and their dynos.
    pub fn heroku(&self) -> &Heroku {
        &self.heroku
    }

    /// Replaces `https://api.heroku.com`.
    pub fn heroku_url(&self) -> String {
        self.heroku.url()
    }

    /// The API token of the Heroku account, random for each sandbox.
    pub fn heroku_token(&self) -> &SecretString {
        &self.heroku_token
    }

    /// Heroku's container registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The alerts received by the webhook.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// The URL of the webhook for alerts.
    pub fn alert_webhook_url(&self) -> String {
        self.alerts.url() + hooks::ALERTS
    }

    /// The heartbeats received.
    pub fn heartbeats(&self) -> &Heartbeats {
        &self.heartbeats
    }

    /// The URL of a job's heartbeats.
    pub fn heartbeat_url(&self) -> String {
        self.heartbeats.url() + hooks::HEARTBEAT
    }

    /// Azure: deployments and running workflows.
    pub fn azure(&self) -> &Azure {
        &self.azure
    }

    /// Replaces `https://management.azure.com` and `https://login.microsoftonline.com`.
    pub fn azure_url(&self) -> String {
        self.azure.url()
    }

    /// The credentials of the service principal that can sign in to Azure, random for each sandbox.
    pub fn azure_credentials(&self) -> &Credentials {
        &self.azure_credentials
    }

    /// Replaces `https://en.wikipedia.org/api/rest_v1`.
    pub fn wikimedia_url(&self) -> String {
        self.pictures.url() + "/wikimedia/api/rest_v1"
    }

    /// Replaces `https://science.nasa.gov/wp-json/wp/v2`.
    pub fn nasa_url(&self) -> String {
        self.pictures.url() + "/nasa/wp-json/wp/v2"
    }

    /// Replaces `https://api.unsplash.com`.
    pub fn unsplash_url(&self) -> String {
        self.pictures.url() + "/unsplash"
    }

    /// Replaces `https://picsum.photos`.
    pub fn picsum_url(&self) -> String {
        self.pictures.url() + "/picsum"
    }

    /// The environment variables that make the operator's commands use these fakes: addresses and
    /// credentials.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let token = self.heroku_token.expose_secret();
        let Credentials {
            tenant,
            client_id,
            client_secret,
            ..
        } = &self.azure_credentials;
        [
            ("HEROKU_API_URL", self.heroku.url()),
            ("HEROKU_API_KEY", token.to_owned()),
            ("HEROKU_REGISTRY", self.registry.url()),
            ("AZURE_RESOURCE_MANAGER_URL", self.azure.url()),
            ("AZURE_AUTHORITY_HOST", self.azure.url()),
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
}
