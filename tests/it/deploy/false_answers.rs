//! Responses that do not come from the vendor, one at a time, in every request of every command.
//! Each request gets those that it might most easily accept. `tests/it/chaos` has all of them.

use std::sync::Arc;

use http::Method;
use picletter_core::deploy::azure::{Error, follow_run};
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::deploy::status::Status;
use picletter_sandbox::faults::{Fault, Which};
use picletter_sandbox::image::WorkerImage;

use crate::chaos::sample;
use crate::support::requests::{self, Sent};
use crate::support::state;
use crate::support::world::{FILE, QUICK, World};

/// A command of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    FirstPlan,
    Plan,
    Deploy,
    /// Changes config vars, image, and template, and removes the alerts.
    Redeploy,
    Run,
    Pause,
    Resume,
    Status,
    Destroy,
}

const HTML: &str = "<!DOCTYPE html><html><body>Welcome</body></html>";

/// A false response to one request of a command.
#[derive(Debug, Clone)]
struct Case {
    command: Command,
    sent: Sent,
    status: u16,
    body: &'static str,
    /// Whether the vendor processes the request anyway.
    is_processed: bool,
}

impl Case {
    /// The false responses for a request.
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
        let case = |&(status, body, is_processed)| Self {
            command,
            sent: sent.clone(),
            status,
            body,
            is_processed,
        };
        answers.iter().map(case).collect()
    }
}

impl Command {
    fn is_deployed_before(self) -> bool {
        !matches!(self, Self::FirstPlan | Self::Deploy)
    }

    /// The desired state of the command; the world of `prepared` has [`FILE`].
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

/// Runs a command and returns its report if it succeeds.
async fn execute(
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
            let lines: Vec<String> = plan
                .items
                .iter()
                .map(|item| format!("{:?} {}", item.change(), item.resource.kind))
                .collect();
            Ok(lines.join("\n"))
        }
        Command::Deploy | Command::Redeploy => {
            world.deploy(desired).await.map_err(|error| text(&error))?;
            Ok(String::new())
        }
        Command::Destroy => {
            let kept = world.destroy(desired, false).await;
            kept.map(|kept| format!("{kept:?}"))
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
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(FILE);
    if command.is_deployed_before() {
        world.deploy(&desired).await.unwrap();
    }
    if command == Command::Status {
        execute(&world, Command::Run, &desired).await.unwrap();
    }
    if command == Command::Resume {
        world.switch(Switch::Pause, &desired).await.unwrap();
    }
    world.sandbox.faults().clear();
    world
}

/// The state of both clouds, and the number of runs.
async fn state(world: &World, desired: &DesiredState) -> String {
    let live = world.live(desired).await.unwrap();
    let runs = match live.azure.workflow(&desired.jobs[0]) {
        Some(workflow) => world.clouds.arm.runs(&workflow.id, 50, None).await.unwrap(),
        None => Vec::new(),
    };
    format!("{}runs {}", state::summary(&live), runs.len())
}

/// The report of an undisturbed command, and the state it leaves.
struct Baseline {
    requests: Vec<Sent>,
    report: String,
    state: String,
}

async fn baseline(command: Command) -> Baseline {
    let world = Box::pin(prepared(command)).await;
    let desired = command.desired(&world);
    let report = execute(&world, command, &desired).await.unwrap();
    // Requests of the workflow itself and of its dynos are not the command's.
    let is_sent_by_others = |path: &str| {
        command == Command::Run && (path.contains("/dynos") || path.starts_with("/workflows/"))
    };
    let requests = requests::sent(world.sandbox.faults().record(), is_sent_by_others);
    Baseline {
        requests,
        report,
        state: state(&world, &desired).await,
    }
}

/// Returns what a command did wrong after a false response.
async fn problems(case: &Case, baseline: &Baseline) -> Vec<String> {
    let Case { command, sent, .. } = case;
    let world = Box::pin(prepared(*command)).await;
    let desired = command.desired(&world);
    let body = case.body.to_owned();
    let fault = if case.is_processed {
        Fault::Body(body)
    } else {
        Fault::status(case.status, body)
    };
    let method: Method = sent.method.parse().unwrap();
    world
        .sandbox
        .faults()
        .on(method, sent.path.clone(), Which::Nth(sent.nth), fault);
    let first = execute(&world, *command, &desired).await;
    world.sandbox.faults().clear();

    let mut problems = Vec::new();
    let left = state(&world, &desired).await;
    if let Ok(report) = &first {
        if *report != baseline.report {
            problems.push(format!("succeeded with the report {report:?}"));
        }
        if left != baseline.state {
            problems.push(format!("succeeded in the state\n{left}"));
        }
    }
    if *command == Command::Run {
        // A run that may have started must not be repeated.
        if !left.ends_with("runs 1") && !left.ends_with("runs 0") {
            problems.push(format!("left {left}"));
        }
        return problems;
    }
    match execute(&world, *command, &desired).await {
        Ok(_) => {
            let left = state(&world, &desired).await;
            if without_releases(&left) != without_releases(&baseline.state) {
                problems.push(format!("after {first:?}, the second attempt left\n{left}"));
            }
        }
        Err(error) => problems.push(format!(
            "after {first:?}, the second attempt failed: {error}"
        )),
    }
    problems
}

/// A state without its history of releases.
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

/// Runs a sixth of the cases; all of them if `CHAOS_FACTOR` is 6 or more.
async fn matrix(command: Command) {
    let baseline = Arc::new(Box::pin(baseline(command)).await);
    let requests = baseline.requests.iter();
    let cases = requests.flat_map(|sent| Case::all(command, sent));
    let cases: Vec<(String, Case)> = cases.map(|case| (format!("{case:?}"), case)).collect();
    assert!(!cases.is_empty());
    let sixth = cases.len().div_ceil(6);
    sample::run(cases, sixth, move |case| {
        let baseline = Arc::clone(&baseline);
        async move {
            let problems = Box::pin(problems(&case, &baseline)).await;
            assert!(problems.is_empty(), "{}", problems.join("; "));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_is_not_misled_by_false_answers() {
    Box::pin(matrix(Command::FirstPlan)).await;
    Box::pin(matrix(Command::Plan)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_is_not_misled_by_false_answers() {
    Box::pin(matrix(Command::Deploy)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_deploy_is_not_misled_by_false_answers() {
    Box::pin(matrix(Command::Redeploy)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn run_is_not_misled_by_false_answers() {
    Box::pin(matrix(Command::Run)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_resume_are_not_misled_by_false_answers() {
    Box::pin(matrix(Command::Pause)).await;
    Box::pin(matrix(Command::Resume)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_is_not_misled_by_false_answers() {
    Box::pin(matrix(Command::Status)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_is_not_misled_by_false_answers() {
    Box::pin(matrix(Command::Destroy)).await;
}
