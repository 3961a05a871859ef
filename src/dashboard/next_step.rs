//! The next step after a run that did not succeed, by its outcome. docs/operations.md has more.

use picletter_core::config::Job;
use picletter_core::deploy::azure::{Run, RunOutcome};
use picletter_core::shell::picletter;
use picletter_worker::outcome::Outcome;

/// What to do after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextStep {
    step: String,
    /// How to read the log, where that is something else.
    log: Option<String>,
}

impl NextStep {
    fn only(step: String) -> Self {
        Self { step, log: None }
    }

    /// For a terminal.
    pub(crate) fn for_terminal(&self) -> String {
        let Self { step, log } = self;
        match log {
            None => format!("next: {step}"),
            Some(log) => {
                format!(
                    "next: {step}\n      {log}; details: \"Run outcomes\" in docs/operations.md"
                )
            }
        }
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        let Self { step, log } = self;
        match log {
            None => step.clone(),
            Some(log) => format!("{step}; {log}"),
        }
    }
}

/// What to do after a run of the job that did not succeed.
pub(crate) fn next_step(job: &Job, run: &Run) -> NextStep {
    let log = format!("logs --run {}", run.id);
    let log = format!("{} shows what its dyno wrote", picletter(&log));
    let again = job.append_to("run");
    let (deploy, again, status) = (picletter("deploy"), picletter(&again), picletter("status"));
    let step = match run.outcome() {
        _ if run.status == "Cancelled" => {
            return NextStep::only(format!(
                "{status} shows the active run; {again} starts another when it is over"
            ));
        }
        RunOutcome::Reported(Outcome::Refused) => format!(
            "export a new SG_KEY and {deploy}, or verify the sender at SendGrid and {again}"
        ),
        RunOutcome::Reported(Outcome::Config) => {
            format!("fix picletter.toml or export the secret, then {deploy}")
        }
        RunOutcome::Reported(Outcome::Usage) => {
            format!("fix `command` in picletter.toml, then {deploy}")
        }
        RunOutcome::Reported(Outcome::Unavailable | Outcome::TryLater) => {
            format!("nothing was sent: {again} does it now, or later")
        }
        RunOutcome::Reported(Outcome::Unknown) => {
            format!("look into SendGrid's activity before {again}: the mail may have been sent")
        }
        RunOutcome::Reported(Outcome::Protocol) => format!(
            "look at SENDGRID_API_URL, at a proxy, at https://status.sendgrid.com, then {again}"
        ),
        RunOutcome::NoReport => format!(
            "if it was killed for memory, take a larger dyno_size, if for time, a longer \
             time_to_live, then {deploy}"
        ),
        RunOutcome::RefusedByHeroku(Some(401)) => picletter("deploy --rotate-token").to_string(),
        // Its run shows whether Heroku wants a wider scope, and deploys one.
        RunOutcome::RefusedByHeroku(Some(403)) => {
            picletter(&job.append_to("deploy --rotate-token --run")).to_string()
        }
        RunOutcome::RefusedByHeroku(_) => format!(
            "{} shows whether app, process type and size are as they should be",
            picletter("plan")
        ),
        RunOutcome::PreviousRunStays => {
            return NextStep::only(format!(
                "{status} shows the run that is still active; after it has ended, {again} starts another"
            ));
        }
        RunOutcome::HerokuUnavailable => format!("see https://status.heroku.com, then {again}"),
        _ => return NextStep::only(log),
    };
    NextStep {
        step,
        log: Some(log),
    }
}
