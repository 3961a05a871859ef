//! Overrides of a configuration that is deployed to the fakes: addresses lead to them, and what would
//! take hours takes none.

use std::iter;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::config::{Config, Job, ONE_OFF, Report, Secrets};
use crate::deploy::desired::DesiredState;
use crate::schedule::Overlap;
use picletter_oci::ImageId;
use picletter_sandbox::Sandbox;
use picletter_worker::address::Mailbox;
use picletter_worker::settings::Variables;

/// The worker's own deadline of two minutes, and one for its report.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(3);

/// How long a queued run polls for the end of the dyno before it.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// A configuration with its overrides.
pub(super) struct Overridden {
    pub(super) desired: DesiredState,
    /// What `desired` was built from.
    pub(super) config: Config,
    /// How it differs from the file, a line each.
    pub(super) notes: Vec<String>,
}

/// Overrides `config`: dynos run `image` and talk only to the fakes.
pub(super) fn override_config(mut config: Config, sandbox: &Sandbox, image: ImageId) -> Overridden {
    let mut notes = Vec::new();
    let commands = config.jobs.iter().filter(|job| !job.is_own_worker());
    let commands: Vec<String> = commands.map(|job| format!("`{}`", job.command)).collect();
    if !commands.is_empty() {
        notes.push(format!(
            "Picletter's worker runs in place of {}, in an app that is made for it; with `--days 30` \
             runs end as those of the command do",
            commands.join(", ")
        ));
    }
    let lives = config.jobs.iter().map(|job| job.time_to_live);
    let longest = lives.max().unwrap_or_default();
    if longest > LONGEST_LIFE {
        notes.push(format!(
            "a dyno lives for {LONGEST_LIFE:#} at most, and not for {longest:#}, so that the end of one \
             that hangs can be waited for"
        ));
    }
    let mut jobs = config.jobs.iter();
    let own = jobs.find(|job| job.is_own_worker());
    let process_type = own.or_else(|| config.jobs.first());
    let process_type = process_type.map(|job| job.process_type.clone());
    let process_type = process_type.filter(|process_type| process_type != ONE_OFF);
    let process_type = process_type.unwrap_or_else(|| "worker".to_owned());
    for job in &mut config.jobs {
        override_job(job, &process_type);
    }
    // The stand-ins are one account without teams, and in no place.
    config.heroku.region = None;
    config.heroku.team = None;
    config.azure.subscription = None;
    let location = config.azure.location.take();
    config.azure.location = location.or_else(|| Some("westeurope".to_owned()));

    let secrets = Secrets::read(&config, &Variables::default(), |_| {});
    let made_up = secrets
        .iter()
        .flat_map(Secrets::list)
        .filter(|secret| secret.required)
        .map(|secret| (secret.name.clone(), made_up(&secret.name)))
        .collect();
    let mut desired = DesiredState::new(
        &config,
        made_up,
        Some(sandbox.alert_webhook_url().into()),
        Some(image),
        Timestamp::now(),
    );
    config_vars(&mut desired, sandbox, &mut notes);
    desired.start_dynos_at(&sandbox.heroku_url());
    if config.jobs.iter().any(|job| job.schedule.catches_up()) {
        notes.push("no missed run is made up for".to_owned());
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

/// Has a job's dynos run the worker, for a few minutes at most.
fn override_job(job: &mut Job, process_type: &str) {
    if !job.is_own_worker() {
        "worker".clone_into(&mut job.command);
        job.report = Report::Worker;
    }
    // All have the image of one process type.
    process_type.clone_into(&mut job.process_type);
    job.time_to_live = job.time_to_live.min(LONGEST_LIFE);
    job.start_window = match job.schedule.overlap() {
        // The dyno of the run that was waited for has reported, and may not have ended.
        Overlap::Queue => job.start_window.min(LONGEST_WAIT),
        Overlap::Skip | Overlap::Replace | Overlap::Allow => SignedDuration::ZERO,
    };
}

fn config_vars(desired: &mut DesiredState, sandbox: &Sandbox, notes: &mut Vec<String>) {
    let vars = &mut desired.config_vars;
    // The file is the dyno's; the others lead away from this machine or keep the mail from being
    // seen.
    for (name, why) in [
        ("SSL_CERT_FILE", "is not read"),
        ("SENDGRID_SANDBOX", "is off, so that there is a mail to see"),
    ] {
        if vars.remove(name).is_some() {
            notes.push(format!("{name} {why}"));
        }
    }
    if vars.remove("PICTURE_URL").is_some() {
        notes.push("PICTURE_URL is not fetched: the picture is Wikimedia's".to_owned());
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
    // Those of another job have no mail.
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

/// A secret that opens nothing, of the form that the vendor's have.
fn made_up(name: &str) -> SecretString {
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
