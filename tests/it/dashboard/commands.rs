//! Run, pause and resume from the dashboard.

use http::Method;
use picletter::dashboard::source::{Command, Source as _};
use picletter::dashboard::view::JobState;
use picletter_core::deploy::status::Outcome;
use picletter_sandbox::faults::{Fault, Which};

use super::live_deployment::{LiveDeployment, RUNS, outcomes, rate_limited};
use crate::support::world::SG_KEY;

#[tokio::test]
async fn a_pause_holds_through_a_deployment_until_resume() {
    let deployment = LiveDeployment::new().await;
    let (live, world) = (&deployment.live, &deployment.world);
    deployment.run(0).await;
    let states = || {
        live.board()
            .jobs
            .iter()
            .map(|view| view.state)
            .collect::<Vec<_>>()
    };

    let said = live.execute(0, Command::Pause).await.unwrap();
    assert!(said.contains("paused"), "{said}");
    let one_paused = [JobState::Paused, JobState::OnSchedule];
    assert_eq!(states(), one_paused);
    let board = live.board();
    let rules = &board.jobs[0].alerts;
    let disabled = rules.iter().filter(|rule| rule.enabled == Some(false));
    assert_eq!(disabled.count(), 2, "{rules:?}");
    assert!(board.jobs[0].next.is_empty());
    assert!(live.execute(0, Command::Run).await.is_err());
    deployment.run(1).await;

    world
        .deploy_rotating(&deployment.desired, true)
        .await
        .unwrap();
    deployment.read().await;
    assert_eq!(states(), one_paused);

    let said = live.execute(0, Command::Resume).await.unwrap();
    assert!(said.contains("are enabled"), "{said}");
    assert_eq!(states(), [JobState::OnSchedule; 2]);
    deployment.run(0).await;
    let board = deployment.read().await;
    assert_eq!(outcomes(&board, 0), [Outcome::Succeeded; 2]);
    assert_eq!(outcomes(&board, 1), [Outcome::Succeeded]);
}

#[tokio::test]
async fn commands_are_refused_as_those_of_the_command_line_are() {
    let deployment = LiveDeployment::new().await;
    let desired = &deployment.desired;
    deployment.world.destroy(desired, false).await.unwrap();
    for command in [Command::Run, Command::Pause, Command::Resume] {
        let refused = deployment.live.execute(0, command).await.unwrap_err();
        assert_eq!(
            refused.summary,
            "the workflow picletter-daily does not exist"
        );
        assert!(refused.help.unwrap().contains("picletter deploy"));
    }
}

#[tokio::test]
async fn a_command_ends_while_a_vendor_does_not_respond() {
    let deployment = LiveDeployment::new().await;
    deployment.read().await;
    let faults = deployment.world.sandbox.faults();
    faults.on(Method::GET, RUNS, Which::Every, Fault::UNANSWERED);
    deployment.live.execute(0, Command::Pause).await.unwrap();
    // The read after the command has not failed yet.
    assert_eq!(deployment.live.board().outages, []);
}

#[tokio::test]
async fn a_command_reads_only_its_job_anew() {
    let deployment = LiveDeployment::new().await;
    deployment.read().await;
    deployment.world.sandbox.faults().clear();
    deployment.live.execute(0, Command::Run).await.unwrap();
    let requests = deployment.requests();
    let is_read = |runs| requests.iter().any(|path| path.ends_with(runs));
    assert!(is_read("/picletter-daily/runs"), "{requests:?}");
    assert!(!is_read("/picletter-weekly/runs"), "{requests:?}");
}

#[tokio::test]
async fn results_of_commands_have_no_secret() {
    let deployment = LiveDeployment::new().await;
    let echo = Fault::status(403, format!(r#"{{"id":"made_up","message":"{SG_KEY}"}}"#));
    let faults = deployment.world.sandbox.faults();
    faults.on(
        Method::GET,
        "/oauth/authorizations",
        Which::Every,
        echo.clone(),
    );
    let said = deployment.live.execute(0, Command::Pause).await.unwrap();
    assert!(said.contains("[secret]"), "{said}");
    assert!(!said.contains(SG_KEY), "{said}");
    let route = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/enable";
    faults.on(Method::POST, route, Which::Every, echo);
    let refused = deployment.live.execute(0, Command::Resume).await;
    let refused = refused.unwrap_err().summary;
    assert!(!refused.contains(SG_KEY), "{refused}");
}

#[tokio::test]
async fn a_vendor_that_limits_a_command_is_left_alone() {
    let deployment = LiveDeployment::new().await;
    deployment.read().await;
    let faults = deployment.world.sandbox.faults();
    faults.clear();
    let route =
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/triggers/*/run";
    faults.on(Method::POST, route, Which::Every, rate_limited("{}"));
    let refused = deployment.live.execute(0, Command::Run).await.unwrap_err();
    assert!(refused.summary.contains("429"), "{refused:?}");
    let requests = deployment.requests();
    let after = requests.iter().position(|path| path.ends_with("/run"));
    assert_eq!(requests[after.unwrap() + 1..], [] as [&str; 0]);
    let board = deployment.live.board();
    assert_eq!(board.outages[0].vendor, "Azure");
    assert_eq!(board.jobs[0].state, JobState::OnSchedule);
}

#[tokio::test]
async fn a_command_leaves_a_rate_limited_vendor_alone() {
    let deployment = LiveDeployment::new().await;
    deployment.read().await;
    let faults = deployment.world.sandbox.faults();
    for route in [RUNS, "/apps/*/dynos"] {
        faults.on(Method::GET, route, Which::Every, rate_limited("{}"));
    }
    let outages = deployment.read().await.outages;
    assert_eq!(outages.len(), 2, "{outages:?}");
    faults.clear();
    deployment.live.execute(0, Command::Pause).await.unwrap();
    let requests = deployment.requests();
    let reads = requests
        .iter()
        .filter(|path| path.ends_with("/runs") || path.ends_with("/dynos"));
    assert_eq!(reads.count(), 0, "{requests:?}");
    let board = deployment.live.board();
    assert_eq!(board.outages, outages);
    assert_eq!(board.jobs[0].state, JobState::Paused);
}
