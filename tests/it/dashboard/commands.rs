//! Run, pause and resume from the dashboard.

use http::Method;
use picletter::dashboard::source::{Command, Source as _};
use picletter::dashboard::view::JobState;
use picletter_core::deploy::status::Outcome;
use picletter_sandbox::faults::{Fault, Which};

use super::live_deployment::{LiveDeployment, outcomes};

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
    faults.on(
        Method::GET,
        "/apps/*/dynos",
        Which::Every,
        Fault::UNANSWERED,
    );
    deployment.live.execute(0, Command::Pause).await.unwrap();
    // The read after the command has not failed yet.
    assert_eq!(deployment.live.board().outages, []);
}
