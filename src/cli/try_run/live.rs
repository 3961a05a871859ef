//! One run, now: the template in the interpreter, and the real worker as its dyno.

use std::collections::BTreeMap;
use std::iter;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::TryError;
use super::shown::{self, Shown};
use super::watch::{ALERTS, Counting, Seen, Watch, router};
use crate::logic_app::clock::Clock;
use crate::logic_app::http_client::HttpClient;
use crate::logic_app::run::{Event, LogicApp, Options, Services, Status};
use crate::logic_app::template;
use crate::sandbox::Sandbox;
use crate::sandbox::heroku::program::Ending;
use crate::sandbox::heroku::{App, Deployment, Process};

const APP: &str = "picletter-try";

/// The worker's own deadline of two minutes, and one for its report.
const TIME_TO_LIVE: Duration = Duration::from_mins(3);

/// For how long nothing is said of a worker that has reported and not ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// How it went.
pub(super) struct Outcome {
    pub(super) sandbox: Sandbox,
    pub(super) code: ExitCode,
}

/// Runs `worker` once, and shows how.
pub(super) async fn run(worker: &Path, inbox_port: u16) -> Result<Outcome, TryError> {
    let sandbox = Sandbox::start(inbox_port).await?;
    shown::stand_ins(&sandbox, worker)?;
    let (tell, seen) = unbounded_channel();
    sandbox.heroku().deploy(Deployment {
        app: App {
            name: APP.to_owned(),
            process_types: vec!["worker".to_owned()],
            config_vars: config_vars(&sandbox),
        },
        program: Arc::new(Process::new(worker)),
        observer: Arc::new(Watch(tell.clone())),
    });

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(TryError::Listen)?;
    let address = listener.local_addr().map_err(TryError::Listen)?;
    let requests = Arc::new(AtomicU64::new(0));
    let heroku = sandbox.heroku_url();
    let services = Services {
        clock: Clock::system(),
        transport: Arc::new(Counting {
            client: HttpClient::new(&[])?,
            authority: heroku.trim_start_matches("http://").to_owned(),
            requests: Arc::clone(&requests),
        }),
        callback_base: format!("http://{address}"),
        seed: fastrand::u64(..),
        options: Options::default(),
    };
    let parameters = parameters(&sandbox, &format!("http://{address}{ALERTS}"));
    let workflow = template::workflow(
        &parameters,
        &services.options.location,
        services.clock.now(),
    )
    .map_err(template::DeployError::from)?;
    let app = LogicApp::deploy(&workflow.name, &workflow.properties, services)
        .map_err(template::DeployError::from)?;
    let mut servers = JoinSet::new();
    let callbacks = axum::serve(listener, router(app.clone(), tell));
    servers.spawn(async { callbacks.await });

    let events = app.subscribe();
    let mut shown = Shown::new(&workflow.properties["definition"]);
    let trigger = app.trigger_names().swap_remove(0);
    let run = app.run_trigger(&trigger)?;
    watch(&mut shown, events, seen).await?;
    // Where the worker ended without a report, the workflow would go on to wait for one.
    app.cancel(&run);

    let Some(dyno) = shown.ended() else {
        return Err(TryError::NoDyno(shown.problem()));
    };
    let code = match dyno.ending {
        Ending::Exited(_) if !shown.was_up() => {
            return Err(TryError::NotStarted(shown.last_line().to_owned()));
        }
        Ending::Exited(status) => status,
        Ending::Killed => 137,
        Ending::Vanished => return Err(TryError::Lost(shown.last_line().to_owned())),
    };
    let mails = sandbox.inbox().mails();
    for mail in &mails {
        shown::mail(mail)?;
    }
    shown.worker(code, mails.len())?;
    let billed = app.run(&run).map_or(0, |record| record.billed);
    shown.run(&run, billed, requests.load(Ordering::Relaxed))?;
    if code == 0 && mails.is_empty() {
        return Err(TryError::NoMail(worker.to_owned()));
    }
    if code == 0 && shown.status() != Some(Status::Succeeded) {
        return Err(TryError::RunFailed(worker.to_owned()));
    }
    Ok(Outcome {
        sandbox,
        code: u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
    })
}

/// Shows what happens until nothing more is to be expected.
async fn watch(
    shown: &mut Shown,
    mut events: Receiver<Event>,
    mut seen: UnboundedReceiver<Seen>,
) -> Result<(), TryError> {
    let mut patient = true;
    while !shown.is_over() {
        tokio::select! {
            // What an action did comes before what follows from it.
            biased;
            event = events.recv() => match event {
                Ok(event) => shown.event(&event)?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
            Some(seen) = seen.recv() => shown.seen(seen)?,
            () = sleep(PATIENCE), if patient && shown.waits_for_the_worker() => {
                patient = false;
                shown::still_running(TIME_TO_LIVE)?;
            }
        }
    }
    // What was told before the end and not seen until now.
    while let Ok(event) = events.try_recv() {
        shown.event(&event)?;
    }
    while let Ok(seen) = seen.try_recv() {
        shown.seen(seen)?;
    }
    Ok(())
}

/// The template's parameters where its defaults are not right here: nothing on this machine is tried
/// again for an hour.
fn parameters(sandbox: &Sandbox, alert_webhook: &str) -> Map<String, Value> {
    [
        ("workflows_picletter_app_name", json!(APP)),
        (
            "heroku_token",
            json!(sandbox.heroku_token().expose_secret()),
        ),
        ("heroku_api_url", json!(sandbox.heroku_url())),
        ("app", json!(APP)),
        ("time_to_live", json!(TIME_TO_LIVE.as_secs())),
        ("start_window", json!(0)),
        ("alert_webhook", json!(alert_webhook)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A dyno's config vars.
fn config_vars(sandbox: &Sandbox) -> BTreeMap<String, String> {
    [
        ("BOT_EMAIL", "Picletter <bot@picletter.example>".to_owned()),
        ("RECEIVER_EMAIL", "You <you@picletter.example>".to_owned()),
        ("SG_KEY", api_key()),
        ("PICTURE_SOURCES", "wikimedia".to_owned()),
        ("WIKIMEDIA_API_URL", sandbox.wikimedia_url()),
        ("SENDGRID_API_URL", sandbox.sendgrid_url()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A key that opens nothing, of the form that SendGrid's have.
fn api_key() -> String {
    format!("SG.{}.{}", random(22), random(43))
}

fn random(length: usize) -> String {
    iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}
