//! Recorded responses of SendGrid, read by the worker and the CLI's client.

use std::time::Duration;

use bytes::Bytes;
use picletter_core::deploy::sendgrid::{SendGridApi, SendGridError};
use picletter_worker::budget::{Budget, Stop};
use picletter_worker::http::Http;
use picletter_worker::payload::Pieces;
use picletter_worker::sendgrid::{SendError, SendGrid};
use picletter_worker::settings::{self, Variables};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::recordings::Read;
use crate::recordings::classes::Receiver;
use crate::recordings::recording::Recording;
use crate::recordings::refusals::Refused;
use crate::recordings::replay::Replay;
use crate::support::clients::{HASTY, http};

const KEY: &str = "SG.someKeyId_0123.some-secret_of-a-key";

/// Too short for a second attempt.
const DEADLINE: Duration = Duration::from_millis(400);

/// A server that replays recordings, and clients of it.
pub(crate) struct Vendor {
    replay: Replay,
    api: SendGridApi,
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let replay = Replay::start().await;
        let api = SendGridApi::new(http(HASTY), replay.url.clone(), &SecretString::from(KEY));
        Self { replay, api }
    }

    /// Passes a response to the client and returns what it reads.
    pub(crate) async fn read(&self, answer: &Recording, receiver: Receiver) -> Read {
        self.replay.clear();
        self.replay.on("POST", "/v3/mail/send", answer);
        self.replay.on("GET", "", answer);
        let read = match receiver {
            Receiver::MailSend => return self.send().await,
            Receiver::Senders => self.api.verified_senders().await.map(|all| all.len()),
            Receiver::Domains => self.api.authenticated_domains().await.map(|all| all.len()),
            other => panic!("{other:?} does not receive from SendGrid"),
        };
        let read = read.map(Value::from);
        read.map_err(|error| {
            let kind = match &error {
                SendGridError::Refused { .. } => "refused",
                _ => "another",
            };
            Refused::new(kind, &error)
        })
    }

    /// Sends a mail like the worker.
    async fn send(&self) -> Read {
        let vars = [
            ("BOT_EMAIL", "bot@picletter.example"),
            ("RECEIVER_EMAIL", "you@picletter.example"),
            ("SG_KEY", KEY),
            ("SENDGRID_API_URL", self.replay.url.as_str()),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reading = settings::read(&Variables::from_iter(vars), None);
        let settings = reading.settings.expect("settings");
        let budget = Budget::start(DEADLINE);
        let http = Http::new(&reading.net, budget.stall_timeout).unwrap();
        let mail = Pieces([Bytes::from_static(b"{}"), Bytes::new(), Bytes::new()]);
        let (_signals, stop) = Stop::channel();
        let sent = SendGrid::new(&http, &settings.api, false)
            .send(&mail, &budget, &stop, &reading.log)
            .await;
        match sent {
            Ok(accepted) => Ok(json!({"message_id": accepted.message_id})),
            Err(error) => {
                let kind = match &error {
                    SendError::Refused { .. } => "refused",
                    SendError::TryLater(_) => "try later",
                    _ => "another",
                };
                Err(Refused::from_worker(kind, &error))
            }
        }
    }
}

/// What the worker should read, based on the recording itself.
pub(crate) fn expected(recording: &Recording) -> Value {
    let id = recording.headers.get("x-message-id").expect("a message id");
    json!({"message_id": id.to_str().unwrap()})
}
