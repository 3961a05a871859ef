//! Adapts a configuration to the fakes: URLs point to them, and long timeouts are shortened.

use std::iter;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use picletter_core::config::{Config, Job, ONE_OFF, Report, Secrets};
use picletter_core::deploy::desired::DesiredState;
use picletter_core::schedule::Overlap;
use picletter_oci::ImageId;
use picletter_sandbox::Sandbox;
use picletter_worker::address::Mailbox;
use picletter_worker::settings::Variables;

/// The worker's deadline of two minutes, plus one minute for its report.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(3);

/// Maximum time that a queued run waits for the previous dyno.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// A configuration with its overrides.
pub(super) struct Overridden {
    pub(super) desired: DesiredState,
    /// The adapted configuration.
    pub(super) config: Config,
    /// The differences from the file, one line each.
    pub(super) notes: Vec<String>,
}

/// Overrides `config`: dynos run `image` and talk only to the fakes.
pub(super) fn override_config(mut config: Config, sandbox: &Sandbox, image: ImageId) -> Overridden {
    let mut notes = Vec::new();
    let commands = config
        .jobs
        .iter()
        .filter(|job| !job.runs_picletter_worker());
    let commands: Vec<String> = commands.map(|job| format!("`{}`", job.command)).collect();
    if !commands.is_empty() {
        notes.push(format!(
            "Picletter's worker runs instead of {}; `--days 30` simulates runs of the command itself",
            commands.join(", ")
        ));
    }
    let limits = config.jobs.iter().map(|job| job.time_to_live);
    let longest = limits.max().unwrap_or_default();
    if longest > LONGEST_LIFE {
        notes.push(format!(
            "the time to live of dynos is {LONGEST_LIFE:#} instead of {longest:#}, to keep tests of \
             hanging dynos short"
        ));
    }
    let mut jobs = config.jobs.iter();
    let worker_job = jobs.find(|job| job.runs_picletter_worker());
    let process_type = worker_job.or_else(|| config.jobs.first());
    let process_type = process_type.map(|job| job.process_type.clone());
    let process_type = process_type.filter(|process_type| process_type != ONE_OFF);
    let process_type = process_type.unwrap_or_else(|| "worker".to_owned());
    for job in &mut config.jobs {
        override_job(job, &process_type);
    }
    // The fakes have a single account, without teams and regions.
    config.heroku.region = None;
    config.heroku.team = None;
    config.azure.subscription = None;
    let location = config.azure.location.take();
    config.azure.location = location.or_else(|| Some("westeurope".to_owned()));

    let secrets = Secrets::read(&config, &Variables::default(), |_| {});
    let generated_secrets = secrets
        .iter()
        .flat_map(Secrets::list)
        .filter(|secret| secret.required)
        .map(|secret| (secret.name.clone(), generated(&secret.name)))
        .collect();
    let mut desired = DesiredState::new(
        &config,
        generated_secrets,
        Some(sandbox.alert_webhook_url().into()),
        Some(image),
        Timestamp::now(),
    );
    config_vars(&mut desired, sandbox, &mut notes);
    desired.start_dynos_at(&sandbox.heroku_url());
    if config.jobs.iter().any(|job| job.schedule.catches_up()) {
        notes.push("missed runs are skipped".to_owned());
    }
    for job in &mut desired.jobs {
        let triggers = job.parameters.get_mut("triggers");
        let triggers = triggers.and_then(|triggers| triggers.as_object_mut());
        for (_, trigger) in triggers.into_iter().flatten() {
            trigger["type"] = json!("Recurrence");
        }
    }
    Overridden {
        desired,
        config,
        notes,
    }
}

/// Makes a job's dynos run the worker, for a few minutes at most.
fn override_job(job: &mut Job, process_type: &str) {
    if !job.runs_picletter_worker() {
        "worker".clone_into(&mut job.command);
        job.report = Report::Worker;
    }
    // There is one image, of one process type.
    process_type.clone_into(&mut job.process_type);
    job.time_to_live = job.time_to_live.min(LONGEST_LIFE);
    job.start_window = match job.schedule.overlap() {
        // The previous dyno has reported, but may still be running.
        Overlap::Queue => job.start_window.min(LONGEST_WAIT),
        Overlap::Skip | Overlap::Replace | Overlap::Allow => SignedDuration::ZERO,
    };
}

fn config_vars(desired: &mut DesiredState, sandbox: &Sandbox, notes: &mut Vec<String>) {
    let vars = &mut desired.config_vars;
    // The certificate file is a path in the dyno. Without a mail, there would be nothing to show.
    for (name, why) in [
        ("SSL_CERT_FILE", "is ignored"),
        ("SENDGRID_SANDBOX", "is off, so that a mail is sent"),
    ] {
        if vars.remove(name).is_some() {
            notes.push(format!("{name} {why}"));
        }
    }
    if vars.remove("PICTURE_URL").is_some() {
        notes.push(
            "PICTURE_URL is not fetched: pictures come from the fake of Wikimedia".to_owned(),
        );
        vars.insert("PICTURE_SOURCES".to_owned(), "wikimedia".into());
    }
    for (name, url) in [
        ("HEARTBEAT_URL", sandbox.heartbeat_url()),
        ("NASA_API_URL", sandbox.nasa_url()),
        ("PICSUM_URL", sandbox.picsum_url()),
        ("SENDGRID_API_URL", sandbox.sendgrid_url()),
        ("UNSPLASH_API_URL", sandbox.unsplash_url()),
        ("WIKIMEDIA_API_URL", sandbox.wikimedia_url()),
    ] {
        vars.insert(name.to_owned(), url.into());
    }
    // Jobs with other commands have no addresses.
    for (name, address) in [
        ("BOT_EMAIL", "Picletter <bot@example.com>"),
        ("RECEIVER_EMAIL", "you@example.com"),
    ] {
        vars.entry(name.to_owned())
            .or_insert_with(|| address.into());
    }
    let sender = vars.get("BOT_EMAIL");
    if let Some(sender) = sender.and_then(|sender| Mailbox::parse(sender.expose_secret()).ok()) {
        sandbox.sendgrid().verify_sender(&sender.email);
    }
}

/// A random secret in the vendor's format.
fn generated(name: &str) -> SecretString {
    SecretString::from(match name {
        "SG_KEY" => format!("SG.{}.{}", random(22), random(43)),
        _ => random(43),
    })
}

fn random(length: usize) -> String {
    iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}
