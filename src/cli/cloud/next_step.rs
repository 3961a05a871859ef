//! The next step after a run that did not succeed, by its outcome. docs/operations.md has more.

use crate::cli::job_names::with_job;
use crate::config::Job;
use crate::deploy::azure::{Run, RunOutcome};
use crate::shell::picletter;
use picletter_worker::outcome::Outcome;

/// What to do now.
pub(super) fn after(job: &Job, run: &Run) -> String {
    let log = format!("logs --run {}", run.id);
    let log = format!("{} shows what its dyno wrote", picletter(&log));
    let again = with_job("run", job);
    let (deploy, again, status) = (picletter("deploy"), picletter(&again), picletter("status"));
    let step = match run.outcome() {
        _ if run.status == "Cancelled" => {
            return format!(
                "next: {status} shows the active run; {again} starts another when it is over"
            );
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
            picletter(&with_job("deploy --rotate-token --run", job)).to_string()
        }
        RunOutcome::RefusedByHeroku(_) => format!(
            "{} shows whether app, process type and size are as they should be",
            picletter("plan")
        ),
        RunOutcome::PreviousRunStays => {
            return format!(
                "next: {status} shows the run that stays; {again} starts one when it is over"
            );
        }
        RunOutcome::HerokuUnavailable => format!("see https://status.heroku.com, then {again}"),
        _ => return format!("next: {log}"),
    };
    format!("next: {step}\n      {log}; docs/operations.md says more of each outcome")
}
