//! Fault injection for the next run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use picletter_sandbox::faults::{Fault, Faults, Held};
use picletter_sandbox::pictures;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use picletter_core::schedule::Overlap;

/// The injected failure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Scenario {
    /// No failure.
    #[default]
    None,
    /// Every picture host answers 503.
    PictureHost,
    /// SendGrid refuses the sender.
    SendGrid,
    /// The dyno starts, does nothing, and ignores SIGTERM.
    Hang,
    /// A second run starts while the first dyno is running.
    Overlap,
}

impl Scenario {
    pub(super) const ALL: [Self; 5] = [
        Self::None,
        Self::PictureHost,
        Self::SendGrid,
        Self::Hang,
        Self::Overlap,
    ];

    /// The value in forms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PictureHost => "picture-host",
            Self::SendGrid => "sendgrid",
            Self::Hang => "hang",
            Self::Overlap => "overlap",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::None => "Nothing fails",
            Self::PictureHost => "The picture hosts are down",
            Self::SendGrid => "SendGrid refuses the mail",
            Self::Hang => "The dyno hangs",
            Self::Overlap => "The next run overlaps",
        }
    }

    /// The description of the effect. `overlap` is the policy of all jobs, if it is the same.
    pub(super) fn effect(self, overlap: Option<Overlap>) -> &'static str {
        match (self, overlap) {
            (Self::None, _) => "the run succeeds and sends a mail",
            (Self::PictureHost, _) => {
                "the run fails with unavailable, and sends an alert instead of a mail"
            }
            (Self::SendGrid, _) => {
                "the run fails with refused and SendGrid’s message, and sends an alert"
            }
            (Self::Hang, _) => {
                "the run fails with no_report and sends an alert (in simulated time, since it takes minutes)"
            }
            (Self::Overlap, Some(Overlap::Skip)) => "the second run is skipped, and starts no dyno",
            (Self::Overlap, Some(Overlap::Replace)) => {
                "the first run is replaced, and its dyno is stopped"
            }
            (Self::Overlap, Some(Overlap::Queue)) => "the second run waits for the first",
            (Self::Overlap, Some(Overlap::Allow)) => "both run at the same time",
            (Self::Overlap, None) => "each job follows its overlap policy",
        }
    }
}

/// The scenario that is in effect. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::r#try) struct Switches(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    scenario: Mutex<Scenario>,
    /// Held requests for pictures since the scenario took effect. Removing them releases them.
    held: watch::Sender<Vec<UnboundedReceiver<Held>>>,
}

impl Default for Switches {
    fn default() -> Self {
        Self(Arc::new(Shared {
            scenario: Mutex::default(),
            held: watch::Sender::default(),
        }))
    }
}

impl Switches {
    pub(super) fn set(&self, scenario: Scenario) {
        *self.scenario() = scenario;
        self.0.held.send_replace(Vec::new());
    }

    /// Waits until so many workers wait for a picture, with [`Scenario::Overlap`].
    pub(super) async fn hold(&self, workers: usize) {
        let mut held = self.0.held.subscribe();
        // The sender is held here.
        let _ = held.wait_for(|held| held.len() >= workers).await;
    }

    /// The faults of the scenario.
    pub(in crate::r#try) fn faults(&self) -> Faults {
        let switches = self.clone();
        Faults::new(move |call| {
            let scenario = switches.scenario();
            let path = call.uri.path();
            match *scenario {
                Scenario::PictureHost if pictures::is_path(path) => {
                    Some(Fault::status(503, "upstream connect error\n"))
                }
                Scenario::SendGrid if path == "/v3/mail/send" => {
                    Some(Fault::status(403, unverified_sender().to_string()))
                }
                // Prolongs the run until the next one starts.
                Scenario::Overlap if pictures::is_path(path) => {
                    let (hold, requests) = unbounded_channel();
                    switches.0.held.send_modify(|all| all.push(requests));
                    Some(Fault::HoldRequest(hold))
                }
                _ => None,
            }
        })
    }

    fn scenario(&self) -> MutexGuard<'_, Scenario> {
        let scenario = self.0.scenario.lock();
        scenario.unwrap_or_else(PoisonError::into_inner)
    }
}

/// SendGrid's refusal of a sender.
///
/// Source: <https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sender-identity>
fn unverified_sender() -> Value {
    json!({ "errors": [{
        "message": "The from address does not match a verified Sender Identity. Mail \
                    cannot be sent until this error is resolved. Visit \
                    https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ \
                    to see the Sender Identity requirements",
        "field": "from",
        "help": null,
    }]})
}
