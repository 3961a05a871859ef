//! Answers that are not the vendor's, to every request of every command, one at a time: those that
//! each request is most likely to believe. `tests/it/chaos` has all of them.

use std::sync::Arc;

use http::Method;
use picletter::deploy::azure::{Error, follow_run};
use picletter::deploy::desired::DesiredState;
use picletter::deploy::schedule_switch::Switch;
use picletter::deploy::status::Status;
use picletter_sandbox::faults::{Fault, Which};
use picletter_sandbox::image::WorkerImage;

use crate::chaos::sample;
use crate::support::sent::{self, Sent};
use crate::support::state;
use crate::support::world::{FILE, QUICK, World};

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    FirstPlan,
    Plan,
    Deploy,
    /// One that changes config vars, image and template, and removes the alerts.
    Redeploy,
    Run,
    Pause,
    Resume,
    Status,
    Destroy,
}

const HTML: &str = "<!DOCTYPE html><html><body>Welcome</body></html>";

/// A false answer to one request of a command.
#[derive(Debug, Clone)]
struct Case {
    command: Command,
    sent: Sent,
    status: u16,
    body: &'static str,
    /// Whether the request reaches the vendor all the same.
    acted_upon: bool,
}

impl Case {
    /// The answers that a request gets in place of the vendor's.
    fn all(command: Command, sent: &Sent) -> Vec<Self> {
        let is_object = ["/subscriptions", "/v2/"]
            .iter()
            .any(|start| sent.path.starts_with(start))
            || sent.path.ends_with("/config-vars");
        let empty = if is_object { "{}" } else { "[]" };
        let answers: &[(u16, &'static str, bool)] = match sent.method.as_str() {
            "GET" => &[(200, empty, false), (404, HTML, false)],
            "DELETE" => &[(200, HTML, true), (200, "", false), (404, HTML, false)],
            _ => &[(200, HTML, true), (200, "", false), (200, empty, false)],
        };
        let case = |&(status, body, acted_upon)| Self {
            command,
            sent: sent.clone(),
            status,
            body,
            acted_upon,
        };
        answers.iter().map(case).collect()
    }
}

impl Command {
    fn is_deployed_before(self) -> bool {
        !matches!(self, Self::FirstPlan | Self::Deploy)
    }

    /// What is asked for at the end; the world of `prepare` has [`FILE`].
    fn desired(self, world: &World) -> DesiredState {
        if self == Self::Redeploy {
            let without_alerts = FILE
                .replace("[alert]\nemail = \"ops@picletter.example\"\n", "")
                .replace("sources = \"wikimedia\"", "sources = \"wikimedia,picsum\"");
            let mut desired = world.desired(&without_alerts);
            let image = WorkerImage::new(b"another worker").unwrap();
            desired.image = Some(image.id());
            let registry = world.sandbox.registry();
            registry.put_image(&desired.app, &desired.process_type, image);
            return desired;
        }
        world.desired(FILE)
    }
}

/// What a command reports where it succeeds.
async fn perform(
    world: &World,
    command: Command,
    desired: &DesiredState,
) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let azure = |error: Error| text(&error);
    let arm = &world.clouds.arm;
    match command {
        Command::FirstPlan | Command::Plan => {
            let (_, plan) = world.plan(desired).await.map_err(|error| text(&error))?;
            let shown: Vec<String> = plan
                .items
                .iter()
                .map(|item| format!("{:?} {}", item.change(), item.resource.kind))
                .collect();
            Ok(shown.join("\n"))
        }
        Command::Deploy | Command::Redeploy => {
            world.deploy(desired).await.map_err(|error| text(&error))?;
            Ok(String::new())
        }
        Command::Destroy => {
            let stays = world.destroy(desired, false).await;
            stays
                .map(|stays| format!("{stays:?}"))
                .map_err(|error| text(&error))
        }
        Command::Run => {
            let id = world
                .clouds
                .workflow_id(desired, &desired.jobs[0].workflow)
                .await
                .map_err(azure)?;
            let triggers = arm.triggers(&id).await.map_err(azure)?;
            let trigger = triggers.first().ok_or("there is no trigger")?;
            let run = arm.run_trigger(&id, &trigger.name).await.map_err(azure)?;
            let ended = follow_run(arm, &id, &run, |_| ()).await.map_err(azure)?;
            Ok(ended.status)
        }
        Command::Pause | Command::Resume => {
            let switch = if command == Command::Pause {
                Switch::Pause
            } else {
                Switch::Resume
            };
            let switched = world.switch(switch, desired).await;
            switched.map_err(|error| text(&error))?;
            Ok(String::new())
        }
        Command::Status => {
            let status = Status::read(&world.clouds, desired, &[&desired.jobs[0]], 9).await;
            let status = status.map_err(|error| text(&error))?;
            Ok(format!(
                "{} {} {:?}",
                status.jobs[0].is_enabled(),
                status.jobs[0].runs.len(),
                status.dynos.map(|dynos| dynos.len())
            ))
        }
    }
}

async fn prepared(command: Command) -> World {
    let world = World::of_scripts(QUICK).await;
    let desired = world.desired(FILE);
    if command.is_deployed_before() {
        world.deploy(&desired).await.unwrap();
    }
    if command == Command::Status {
        perform(&world, Command::Run, &desired).await.unwrap();
    }
    if command == Command::Resume {
        world.switch(Switch::Pause, &desired).await.unwrap();
    }
    world.sandbox.faults().clear();
    world
}

/// What both clouds hold, and how often the workflow ran.
async fn state(world: &World, desired: &DesiredState) -> String {
    let live = world.live(desired).await.unwrap();
    let runs = match live.azure.workflow(&desired.jobs[0]) {
        Some(workflow) => world.clouds.arm.runs(&workflow.id, 50, None).await.unwrap(),
        None => Vec::new(),
    };
    format!("{}runs {}", state::of(&live), runs.len())
}

/// What a command reports, and leaves, that meets no fault.
struct Undisturbed {
    requests: Vec<Sent>,
    report: String,
    state: String,
}

async fn undisturbed(command: Command) -> Undisturbed {
    let world = Box::pin(prepared(command)).await;
    let desired = command.desired(&world);
    let report = perform(&world, command, &desired).await.unwrap();
    // Requests of the workflow itself and of its dynos are not the command's.
    let is_others = |path: &str| {
        command == Command::Run && (path.contains("/dynos") || path.starts_with("/workflows/"))
    };
    let requests = sent::of(world.sandbox.faults().record(), is_others);
    Undisturbed {
        requests,
        report,
        state: state(&world, &desired).await,
    }
}

/// What is wrong with what a command did of a false answer.
async fn wrong(case: &Case, undisturbed: &Undisturbed) -> Vec<String> {
    let Case { command, sent, .. } = case;
    let world = Box::pin(prepared(*command)).await;
    let desired = command.desired(&world);
    let body = case.body.to_owned();
    let fault = if case.acted_upon {
        Fault::Body(body)
    } else {
        Fault::status(case.status, body)
    };
    let method: Method = sent.method.parse().unwrap();
    world
        .sandbox
        .faults()
        .on(method, sent.path.clone(), Which::Nth(sent.nth), fault);
    let first = perform(&world, *command, &desired).await;
    world.sandbox.faults().clear();

    let mut wrong = Vec::new();
    let left = state(&world, &desired).await;
    if let Ok(report) = &first {
        if *report != undisturbed.report {
            wrong.push(format!("reports success as {report:?}"));
        }
        if left != undisturbed.state {
            wrong.push(format!("succeeds, and leaves\n{left}"));
        }
    }
    if *command == Command::Run {
        // A run that may have started is never repeated.
        if !left.ends_with("runs 1") && !left.ends_with("runs 0") {
            wrong.push(format!("leaves {left}"));
        }
        return wrong;
    }
    match perform(&world, *command, &desired).await {
        Ok(_) => {
            let left = state(&world, &desired).await;
            if without_releases(&left) != without_releases(&undisturbed.state) {
                wrong.push(format!("after {first:?} the second one leaves\n{left}"));
            }
        }
        Err(error) => wrong.push(format!("after {first:?} the second one fails: {error}")),
    }
    wrong
}

/// How a state came about does not count.
fn without_releases(state: &str) -> String {
    let is_release = |line: &&str| {
        let version = line
            .strip_prefix('v')
            .and_then(|rest| rest.split(' ').next());
        version.is_some_and(|version| version.parse::<u32>().is_ok())
    };
    let lines: Vec<&str> = state.lines().filter(|line| !is_release(line)).collect();
    lines.join("\n")
}

/// A third of the cases, and all of them where `CHAOS_FACTOR` is 3 or more.
async fn matrix(command: Command) {
    let undisturbed = Arc::new(Box::pin(undisturbed(command)).await);
    let requests = undisturbed.requests.iter();
    let cases = requests.flat_map(|sent| Case::all(command, sent));
    let cases: Vec<(String, Case)> = cases.map(|case| (format!("{case:?}"), case)).collect();
    assert!(!cases.is_empty());
    let third = cases.len().div_ceil(3);
    sample::run(cases, third, move |case| {
        let undisturbed = Arc::clone(&undisturbed);
        async move {
            let wrong = Box::pin(wrong(&case, &undisturbed)).await;
            assert!(wrong.is_empty(), "{}", wrong.join("; "));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_believes_no_false_answer() {
    Box::pin(matrix(Command::FirstPlan)).await;
    Box::pin(matrix(Command::Plan)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_believes_no_false_answer() {
    Box::pin(matrix(Command::Deploy)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_deploy_believes_no_false_answer() {
    Box::pin(matrix(Command::Redeploy)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn run_believes_no_false_answer() {
    Box::pin(matrix(Command::Run)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_resume_believe_no_false_answer() {
    Box::pin(matrix(Command::Pause)).await;
    Box::pin(matrix(Command::Resume)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_believes_no_false_answer() {
    Box::pin(matrix(Command::Status)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_believes_no_false_answer() {
    Box::pin(matrix(Command::Destroy)).await;
}
