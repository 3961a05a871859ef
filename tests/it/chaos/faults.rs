//! One fault at a time, in every request of every command.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use picletter_core::deploy::http::Timings;
use picletter_sandbox::faults::{Fault, Held, Which};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::command::{Command, File, Operator};
use super::facts::difference;
use super::sample;
use crate::support::requests::{self, Sent};
use crate::support::world::QUICK;

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
enum Scenario {
    /// The connection is closed before the request is processed.
    Reset,
    /// The request is processed, and its response is lost.
    LostAnswer,
    /// No response ever arrives.
    Timeout,
    /// The command is killed after the request is processed.
    Killed,
    /// This request gets a status and body, and is not processed.
    Once(u16, &'static str),
    /// The same for this and all later requests of its route.
    From(u16, &'static str),
    /// The request is processed, and a proxy responds with this body.
    Body(&'static str),
    /// The request is processed, and half of its response arrives.
    Truncated,
    /// This and all later requests are rejected with an error that quotes part of each secret.
    Quoted(u16),
}

const JSON: &str =
    r#"{"id":"fault","message":"A fault","error":{"code":"Fault","message":"A fault"}}"#;
const HTML: &str = "<!DOCTYPE html><html><body><h1>A proxy's page</h1></body></html>";

/// Error statuses that any request can get.
const STATUSES: [u16; 9] = [401, 403, 404, 409, 422, 429, 500, 502, 503];

/// Bodies of successful responses that no vendor sends.
const BODIES: [&str; 5] = [HTML, "", "{}", "[]", "null"];

fn all_scenarios() -> Vec<Scenario> {
    let mut scenarios = vec![
        Scenario::Reset,
        Scenario::LostAnswer,
        Scenario::Timeout,
        Scenario::Killed,
        Scenario::Truncated,
        Scenario::Once(404, JSON),
        Scenario::Once(404, HTML),
        Scenario::Once(409, JSON),
        Scenario::Once(202, ""),
        Scenario::Once(204, ""),
        Scenario::Quoted(422),
        Scenario::Quoted(500),
    ];
    for status in STATUSES {
        scenarios.extend([Scenario::From(status, JSON), Scenario::From(status, HTML)]);
    }
    for body in BODIES {
        scenarios.extend([Scenario::Once(200, body), Scenario::Body(body)]);
    }
    scenarios
}

/// Commands, each with those that run before it.
const COMMANDS: [(&[Command], Command); 9] = [
    (&[], Command::Deploy(File::Base)),
    (&[Command::Deploy(File::Base)], Command::Deploy(File::Quiet)),
    (&[Command::Deploy(File::Base)], Command::Rotate(File::Base)),
    (&[Command::Deploy(File::Base)], Command::Plan(File::Changed)),
    (&[Command::Deploy(File::Base)], Command::Status),
    (&[Command::Deploy(File::Base)], Command::Run),
    (&[Command::Deploy(File::Base)], Command::Pause),
    (
        &[Command::Deploy(File::Base), Command::Pause],
        Command::Resume,
    ),
    (&[Command::Deploy(File::Base)], Command::Destroy),
];

/// A command without faults: its output, and the state it leaves.
struct Baseline {
    before: &'static [Command],
    command: Command,
    output: String,
    shape: String,
}

async fn baseline(before: &'static [Command], command: Command) -> (Baseline, Vec<Sent>) {
    let operator = Operator::after(before, QUICK).await;
    let output = operator.run(command).await.unwrap();
    // Requests of the workflow itself and of its dynos.
    let is_sent_by_others =
        |path: &str| command == Command::Run && (path.contains("/dynos") || is_callback(path));
    let sent = requests::sent(operator.world.sandbox.faults().record(), is_sent_by_others);
    let shape = operator.facts().await.shape;
    let baseline = Baseline {
        before,
        command,
        output,
        shape,
    };
    (baseline, sent)
}

fn is_callback(path: &str) -> bool {
    path.starts_with("/workflows/")
}

/// Whether a command may end with this status after this fault.
fn is_expected_status(scenario: Scenario, status: u8) -> bool {
    match scenario {
        Scenario::Reset | Scenario::LostAnswer | Scenario::Timeout => {
            [69, 74, 75].contains(&status)
        }
        Scenario::From(401 | 403, _) => status == 77,
        Scenario::From(409 | 429 | 500.., _) | Scenario::Once(409, _) => [74, 75].contains(&status),
        _ => true,
    }
}

/// Whether a client cannot distinguish the response from one of the vendor.
fn is_plausible(sent: &Sent, scenario: Scenario) -> bool {
    let (Scenario::Once(200, body) | Scenario::Body(body)) = scenario else {
        return is_missing(scenario);
    };
    let is_list = ["/authorizations", "/formation", "/releases", "/dynos"]
        .iter()
        .any(|list| sent.path.ends_with(list));
    body == "[]" && is_list || body == "{}" && sent.path.ends_with("/config-vars")
}

/// Whether the vendor itself reports that something does not exist.
fn is_missing(scenario: Scenario) -> bool {
    matches!(
        scenario,
        Scenario::Once(404, JSON) | Scenario::From(404, JSON)
    )
}

/// A rejection that quotes most of each secret that a command receives.
fn quoted(operator: &Operator) -> String {
    let secrets = operator.known_secrets().into_iter();
    let parts = secrets.map(|secret| secret[..secret.len() - 2].to_owned());
    let message = parts.collect::<Vec<_>>().join(" ");
    serde_json::json!({
        "id": "quoted",
        "message": message,
        "error": { "code": "Quoted", "message": message },
    })
    .to_string()
}

/// The fault of a scenario, and the requests that it affects.
fn fault(
    scenario: Scenario,
    sent: &Sent,
    operator: &Operator,
    sender: &UnboundedSender<Held>,
) -> (Which, Fault) {
    let nth = Which::Nth(sent.nth);
    match scenario {
        Scenario::Reset => (nth, Fault::Reset),
        Scenario::LostAnswer => (nth, Fault::LOST_ANSWER),
        Scenario::Timeout => (nth, Fault::UNANSWERED),
        Scenario::Killed => (nth, Fault::HoldAnswer(sender.clone())),
        Scenario::Once(status, body) => (nth, Fault::status(status, body.to_owned())),
        Scenario::From(status, body) => {
            let fault = Fault::status(status, body.to_owned());
            (Which::From(sent.nth), fault)
        }
        Scenario::Body(body) => (nth, Fault::Body(body.to_owned())),
        Scenario::Truncated => (nth, Fault::Truncated),
        Scenario::Quoted(status) => {
            let fault = Fault::status(status, quoted(operator));
            (Which::From(sent.nth), fault)
        }
    }
}

/// Injects a fault into a command, and then runs the same command without it.
async fn inject(baseline: Arc<Baseline>, sent: Sent, scenario: Scenario) {
    let Baseline {
        before,
        command,
        output,
        shape,
    } = &*baseline;
    let command = *command;
    let mut operator = Operator::after(before, QUICK).await;
    if matches!(scenario, Scenario::Timeout) {
        operator.reconnect(Timings {
            answer: Duration::from_secs(3),
            ..QUICK
        });
    }
    let runs = operator.runs().await;
    let faults = operator.world.sandbox.faults();
    faults.clear();
    let (sender, mut receiver) = unbounded_channel();
    let (which, fault) = fault(scenario, &sent, &operator, &sender);
    let method: Method = sent.method.parse().unwrap();
    faults.on(method, sent.path.clone(), which, fault);
    let ended = tokio::select! {
        ended = operator.run(command) => Some(ended),
        _guard = receiver.recv() => None,
    };
    operator.world.sandbox.faults().clear();

    let facts = operator.facts().await;
    let outcome = match &ended {
        None => "killed".to_owned(),
        Some(Ok(_)) => "succeeded".to_owned(),
        Some(Err(failure)) => format!("{failure:?}"),
    };
    match &ended {
        Some(Ok(printed)) => {
            if !is_plausible(&sent, scenario) {
                let difference = difference(printed, output);
                assert!(
                    difference.is_empty(),
                    "succeeded with other output:\n{difference}"
                );
            }
            let difference = difference(&facts.shape, shape);
            assert!(
                difference.is_empty(),
                "succeeded in another state:\n{difference}"
            );
            facts.check_token();
        }
        Some(Err(failure)) => assert!(
            is_expected_status(scenario, failure.status),
            "unexpected status: {failure:?}"
        ),
        None => {}
    }
    if command == Command::Run {
        let begun = operator.runs().await - runs;
        assert!(begun <= 1, "{begun} runs were started: {outcome}");
        if ended.is_some_and(|ended| ended.is_ok()) {
            assert_eq!(begun, 1, "the command reported a run");
        }
        return;
    }
    if command != Command::Destroy {
        facts.check_token();
    }

    operator.reconnect(QUICK);
    if let Err(again) = operator.run(command).await {
        panic!("{outcome}; again without the fault: {again:?}");
    }
    let facts = operator.facts().await;
    let difference = difference(&facts.shape, shape);
    assert!(
        difference.is_empty(),
        "{outcome}; after the same command without the fault:\n{difference}"
    );
    facts.check_token();
    // The authorization of an interrupted deployment may remain: another deployment may need it.
    let most = usize::from(facts.workflow.is_some()) * 2;
    let authorizations = facts.authorizations.len();
    assert!(
        authorizations <= most,
        "{outcome}; {authorizations} authorizations are left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_the_exit_status_is_correct_and_a_retry_converges() {
    let mut cases = Vec::new();
    for (before, command) in COMMANDS {
        let (baseline, sent) = Box::pin(baseline(before, command)).await;
        let baseline = Arc::new(baseline);
        for sent in sent {
            for scenario in all_scenarios() {
                let Sent { method, path, nth } = &sent;
                let name = format!("{command:?} {method} {path} #{nth} {scenario:?}");
                cases.push((name, (Arc::clone(&baseline), sent.clone(), scenario)));
            }
        }
    }
    let case = |(baseline, sent, scenario)| inject(baseline, sent, scenario);
    sample::run(cases, 10, case).await;
}
