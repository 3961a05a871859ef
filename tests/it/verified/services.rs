//! The services that scenarios use, and the name of the app and the resource group.

use std::sync::Arc;

use std::collections::BTreeMap;
use std::time::Duration;

use picletter_core::deploy::clouds::Clouds;
use picletter_core::deploy::connect::connect;
use picletter_core::deploy::http::{Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use picletter_sandbox::Sandbox;
use reqwest::Client;
use secrecy::SecretString;

/// The services of a scenario.
pub(crate) struct Services {
    pub(crate) clouds: Clouds,
    /// For requests that Picletter's own clients do not send.
    pub(crate) client: Client,
    pub(crate) heroku_url: String,
    pub(crate) heroku_token: SecretString,
    /// ID of Azure's subscription; by default, the only one of the account.
    pub(crate) subscription: Option<String>,
    /// The worker's config vars, with a verified sender and a key.
    pub(crate) worker: BTreeMap<String, String>,
    /// Unique name of the app and of the resource group.
    pub(crate) name: String,
    /// The interval of polls of a dyno or a run.
    pub(crate) poll: Duration,
    /// The time limit of a scenario.
    pub(crate) limit: Duration,
    pub(crate) is_live: bool,
}

impl Services {
    /// The fakes. They end when the sandbox is dropped.
    pub(crate) async fn fake() -> (Arc<Self>, Sandbox) {
        let sandbox = Sandbox::start().await.unwrap();
        let environment = sandbox.environment();
        let lookup = |name: &str| environment.get(name).cloned();
        let timings = Timings {
            backoff: Duration::from_millis(1),
            poll: Duration::from_millis(5),
            ..Timings::default()
        };
        let worker = [
            ("SENDGRID_API_URL", sandbox.sendgrid_url()),
            ("WIKIMEDIA_API_URL", sandbox.wikimedia_url()),
            (
                "SG_KEY",
                format!("SG.{}.{}", "a".repeat(22), "b".repeat(43)),
            ),
            ("BOT_EMAIL", "bot@picletter.example".to_owned()),
        ];
        let services = Self {
            clouds: connect(&lookup, timings, Verbosity::Quiet, &Redactor::default()).unwrap(),
            client: client(),
            heroku_url: sandbox.heroku_url(),
            heroku_token: sandbox.heroku_token().clone(),
            subscription: None,
            worker: worker.map(|(name, value)| (name.to_owned(), value)).into(),
            name: random_name(),
            poll: timings.poll,
            limit: Duration::from_mins(1),
            is_live: false,
        };
        (Arc::new(services), sandbox)
    }

    pub(crate) async fn subscription(&self) -> Result<String, String> {
        let found = self
            .clouds
            .arm
            .subscription_id(self.subscription.as_deref());
        found.await.map_err(|error| error.to_string())
    }
}

pub(crate) fn random_name() -> String {
    format!("picletter-verify-{:08x}", fastrand::u32(..))
}

/// A client that trusts the public certificate authorities.
pub(crate) fn client() -> Client {
    let tls = picletter_worker::client::tls(&[]).unwrap();
    picletter_worker::client::client(tls, reqwest::ClientBuilder::no_proxy).unwrap()
}
