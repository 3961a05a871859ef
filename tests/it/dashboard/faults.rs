//! While reads fail, the dashboard keeps the data and shows its age. It recovers by itself.

use std::time::Duration;

use http::Method;
use picletter::dashboard::source::Source as _;
use picletter::dashboard::view::{Board, JobState, Outage, RunLog};
use picletter_core::deploy::status::Outcome;
use picletter_sandbox::faults::{Fault, Which};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::live_deployment::{JOBS, LiveDeployment, RUNS, live, outcomes, rate_limited};
use crate::support::clock::ManualClock;

const WORKFLOWS: &str = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows";
const DYNOS: &str = "/apps/*/dynos";
const TOKEN: &str = "/*/oauth2/v2.0/token";

/// A deployment with one run, which was read.
async fn with_a_run() -> LiveDeployment {
    let deployment = LiveDeployment::new().await;
    deployment.run(0).await;
    deployment.read().await;
    deployment
}

impl LiveDeployment {
    fn fail(&self, method: Method, route: &str, fault: Fault) {
        let faults = self.world.sandbox.faults();
        faults.on(method, route, Which::Every, fault);
    }

    /// The board shows the run and one outage. Once the fault is over, the outage is too.
    async fn keeps_and_recovers(&self) -> Outage {
        let board = self.read().await;
        assert_eq!(outcomes(&board, 0), [Outcome::Succeeded]);
        assert_eq!(board.jobs[0].state, JobState::OnSchedule);
        let outage = only(&board);
        assert!(outage.since.is_some());
        assert_ne!(outage.help, "");
        self.world.sandbox.faults().clear();
        let board = self.read().await;
        assert_eq!(board.outages, []);
        outage
    }
}

fn only(board: &Board) -> Outage {
    let [outage] = board.outages.as_slice() else {
        panic!("{:?}", board.outages)
    };
    outage.clone()
}

#[tokio::test]
async fn while_heroku_is_down_runs_are_still_read() {
    let deployment = with_a_run().await;
    // The workflow needs Heroku, so the run ends first.
    deployment.run(1).await;
    deployment.fail(Method::GET, DYNOS, Fault::status(503, "{}"));
    let board = deployment.read().await;
    assert_eq!(only(&board).vendor, "Heroku");
    assert_eq!(outcomes(&board, 1), [Outcome::Succeeded]);
    let outage = deployment.keeps_and_recovers().await;
    assert_eq!(outage.since, only(&board).since);
}

#[tokio::test]
async fn while_azure_is_down_its_runs_stay() {
    let deployment = with_a_run().await;
    deployment.fail(Method::GET, WORKFLOWS, Fault::status(500, "{}"));
    let outage = deployment.keeps_and_recovers().await;
    assert_eq!(outage.vendor, "Azure");
}

#[tokio::test]
async fn before_azure_is_read_no_job_is_reported_as_not_deployed() {
    let deployment = LiveDeployment::new().await;
    deployment.fail(Method::GET, WORKFLOWS, Fault::status(500, "{}"));
    let board = deployment.read().await;
    assert_eq!(only(&board).vendor, "Azure");
    assert_eq!(board.jobs[0].state, JobState::NotRead);
}

#[tokio::test]
async fn while_histories_cannot_be_read_states_still_are() {
    let deployment = with_a_run().await;
    deployment.fail(Method::GET, RUNS, Fault::status(502, "<html>"));
    let outage = deployment.keeps_and_recovers().await;
    assert_eq!(outage.vendor, "Azure");
}

#[tokio::test]
async fn a_run_that_cannot_be_read_again_stays_and_is_marked_as_outdated() {
    let deployment = with_a_run().await;
    let id = deployment.live.board().jobs[0].history.runs[0].id.clone();
    let read = async || deployment.live.run(0, &id).await.unwrap().unwrap();
    let before = read().await;
    assert_eq!(before.outdated, None);
    deployment.fail(
        Method::GET,
        &format!("{RUNS}/*/actions"),
        Fault::status(403, "{}"),
    );
    let clock = ManualClock::pause();
    clock.advance(Duration::from_secs(12)).await;
    let kept = read().await;
    assert_eq!(kept.actions, before.actions);
    let outdated = kept.outdated.unwrap();
    let summary = &outdated.diagnostic.summary;
    assert!(summary.contains("status 403"), "{summary}");
    deployment.world.sandbox.faults().clear();
    clock.advance(Duration::from_secs(12)).await;
    assert_eq!(read().await.outdated, None);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_again_stays() {
    let deployment = with_a_run().await;
    let id = deployment.live.board().jobs[0].history.runs[0].id.clone();
    let read = async || deployment.live.run(0, &id).await.unwrap().unwrap();
    let before = read().await;
    assert!(before.log.lines().is_some());
    let sessions = "/apps/*/log-sessions";
    deployment.fail(Method::POST, sessions, Fault::status(403, "{}"));
    let clock = ManualClock::pause();
    for _ in 0..2 {
        clock.advance(Duration::from_secs(12)).await;
        let kept = read().await;
        assert_eq!(kept.log.lines(), before.log.lines());
        assert_eq!(kept.outdated, None);
        let RunLog::Outdated { outdated, .. } = kept.log else {
            panic!("{:?}", kept.log)
        };
        let summary = &outdated.diagnostic.summary;
        assert!(summary.contains("403"), "{summary}");
    }
    deployment.world.sandbox.faults().clear();
    clock.advance(Duration::from_secs(12)).await;
    assert_eq!(read().await.log, before.log);
}

#[tokio::test]
async fn a_rate_limit_keeps_what_was_read() {
    let deployment = with_a_run().await;
    deployment.fail(Method::GET, RUNS, rate_limited("{}"));
    let outage = deployment.keeps_and_recovers().await;
    assert!(outage.summary.contains("429"), "{outage:?}");
}

impl LiveDeployment {
    /// Tokens end soon from now on, so that each read signs in again.
    fn shorten_tokens(&self) {
        let tokens = self.world.sandbox.azure().tokens();
        let short = json!({
            "token_type": "Bearer",
            "expires_in": 60,
            "access_token": tokens[0].expose_secret(),
        });
        self.fail(Method::POST, TOKEN, Fault::status(200, short.to_string()));
    }
}

#[tokio::test]
async fn an_expired_sign_in_comes_with_help() {
    let mut deployment = with_a_run().await;
    deployment.shorten_tokens();
    deployment.live = live(&deployment.world, &JOBS);
    assert_eq!(deployment.read().await.outages, []);
    deployment.world.sandbox.faults().clear();
    let refused = json!({
        "error": "invalid_grant",
        "error_description": "AADSTS700082: The refresh token has expired.",
    });
    deployment.fail(Method::POST, TOKEN, Fault::status(400, refused.to_string()));
    let outage = deployment.keeps_and_recovers().await;
    assert_eq!(outage.vendor, "Azure");
    assert!(outage.summary.contains("could not sign in"), "{outage:?}");
    assert!(outage.help.contains("az login"), "{outage:?}");
}

#[tokio::test]
async fn a_token_is_renewed_while_the_page_stays_open() {
    let deployment = with_a_run().await;
    deployment.shorten_tokens();
    let live = live(&deployment.world, &JOBS);
    for _ in 0..2 {
        live.refresh().await;
        assert_eq!(live.board().outages, []);
    }
    let requests = deployment.requests();
    let signed_in = requests.iter().filter(|path| path.ends_with("/token"));
    assert!(signed_in.count() > 1, "{requests:?}");
}

#[tokio::test]
async fn runs_of_a_deleted_workflow_stay_until_it_is_deployed_again() {
    let deployment = with_a_run().await;
    let (world, desired) = (&deployment.world, &deployment.desired);
    let id = deployment.live.board().jobs[0].history.runs[0].id.clone();
    let before = deployment.live.run(0, &id).await.unwrap().unwrap();
    assert_ne!(before.actions, []);
    world.destroy(desired, true).await.unwrap();
    let board = deployment.read().await;
    assert_eq!(board.outages, []);
    let view = &board.jobs[0];
    assert_eq!(view.state, JobState::NotDeployed);
    assert_eq!(outcomes(&board, 0), [Outcome::Succeeded]);
    let [drift] = view.drift.sentences.as_slice() else {
        panic!("{:?}", view.drift)
    };
    assert!(
        drift.starts_with("The workflow picletter-daily was deleted."),
        "{drift}"
    );
    let clock = ManualClock::pause();
    clock.advance(Duration::from_secs(12)).await;
    let detail = deployment.live.run(0, &id).await.unwrap().unwrap();
    drop(clock);
    assert_eq!(detail.run.id, id);
    assert_eq!(detail.actions, before.actions);
    let outdated = detail.outdated.unwrap();
    let summary = &outdated.diagnostic.summary;
    assert!(summary.contains("404"), "{summary}");

    world.deploy(desired).await.unwrap();
    let board = deployment.read().await;
    assert_eq!(board.jobs[0].state, JobState::OnSchedule);
    assert_eq!(board.jobs[0].drift.sentences, [] as [&str; 0]);
}
