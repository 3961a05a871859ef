//! Two concurrent commands: one request of the first is held while the second runs from start to
//! end.

use http::Method;
use picletter_sandbox::faults::{Fault, Which};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

use super::command::{Command, Failure, File, Operator};
use super::expected::{Expected, shapes};
use super::facts::difference;
use super::sample;
use crate::support::requests::{self, Sent};
use crate::support::world::QUICK;

/// When a request is held.
#[derive(Debug, Clone, Copy)]
enum Moment {
    BeforeProcessing,
    BeforeResponse,
}

/// The initial states, and the commands that run in each.
const STARTS: [(Expected, &[Command]); 3] = [
    (
        Expected::Nothing,
        &[
            Command::Deploy(File::Base),
            Command::Deploy(File::Changed),
            Command::Destroy,
        ],
    ),
    (
        Expected::Deployed {
            file: File::Base,
            paused: false,
        },
        &[
            Command::Deploy(File::Changed),
            Command::Deploy(File::Quiet),
            Command::Rotate(File::Base),
            Command::Run,
            Command::Pause,
            Command::Destroy,
        ],
    ),
    (
        Expected::Deployed {
            file: File::Base,
            paused: true,
        },
        &[
            Command::Deploy(File::Changed),
            Command::Rotate(File::Base),
            Command::Resume,
            Command::Destroy,
        ],
    ),
];

#[derive(Clone)]
struct Race {
    start: Expected,
    held: Command,
    other: Command,
    sent: Sent,
    moment: Moment,
    shapes: Arc<BTreeMap<Expected, String>>,
}

/// The requests of an undisturbed command, including those of the run it starts.
async fn requests(start: Expected, command: Command) -> Vec<Sent> {
    let operator = Operator::after(&start.commands(), QUICK).await;
    operator.run_ok(command).await;
    let sent = requests::sent(operator.world.sandbox.faults().record(), |_| false);
    // Sign-in is the same for all commands.
    let sent = sent.into_iter();
    sent.filter(|sent| !sent.path.ends_with("/token")).collect()
}

/// Whether a command may fail with this status. It may if it must fail in the initial state or
/// after the other command, or with 75 because of the other. Of two runs, one is skipped.
fn may_fail(start: Expected, command: Command, other: Command, failure: &Failure) -> bool {
    let fails_first = start.after(command).is_none();
    let after_other = start.after(other).and_then(|state| state.after(command));
    let is_skipped = command == Command::Run && other == Command::Run;
    fails_first || after_other.is_none() || is_skipped || failure.status == 75
}

async fn run_race(race: Race) {
    let Race {
        start,
        held,
        other,
        sent,
        moment,
        shapes,
    } = race;
    let operator = Operator::after(&start.commands(), QUICK).await;
    let (sender, mut receiver) = unbounded_channel();
    let fault = match moment {
        Moment::BeforeProcessing => Fault::HoldRequest(sender),
        Moment::BeforeResponse => Fault::HoldAnswer(sender),
    };
    let method: Method = sent.method.parse().unwrap();
    let faults = operator.world.sandbox.faults();
    faults.on(method, sent.path, Which::Nth(sent.nth), fault);
    let overtaken = async {
        let ended = operator.run(held).await;
        // If the command did not send the request this time, the other one runs afterwards.
        operator.world.sandbox.faults().clear();
        ended
    };
    let overtaking = async {
        let guard = receiver.recv().await;
        let ended = operator.run(other).await;
        drop(guard);
        ended
    };
    let (first, second) = tokio::join!(overtaken, overtaking);

    let facts = operator.facts().await;
    let outcome = format!("{held:?} {first:?}, {other:?} {second:?}");
    for (command, other, ended) in [(held, other, &first), (other, held, &second)] {
        if let Err(failure) = ended {
            assert!(may_fail(start, command, other, failure), "{outcome}");
        }
    }
    let workflow = facts.workflow.as_ref();
    assert!(
        workflow.is_none_or(|workflow| workflow.used.is_some()),
        "{outcome}: the workflow uses a revoked token"
    );
    if first.is_ok() && second.is_ok() {
        facts.check_token();
        facts.check_alerts();
        let orders = [[held, other], [other, held]];
        let ends = orders.iter().filter_map(|order| {
            let end = order
                .iter()
                .try_fold(start, |state, command| state.after(*command))?;
            Some(end)
        });
        let ends: Vec<Expected> = ends.collect();
        let differences: Vec<String> = ends
            .iter()
            .map(|end| format!("{end:?}\n{}", difference(&facts.shape, &shapes[end])))
            .collect();
        assert!(
            ends.iter().any(|end| shapes[end] == facts.shape),
            "{outcome}: neither order explains the state:\n{}",
            differences.join("\n")
        );
        if facts.workflow.is_none() {
            let left = facts.authorizations.len();
            assert_eq!(
                left, 0,
                "{outcome}: an authorization is left without a workflow"
            );
        }
    }
    if ![held, other].contains(&Command::Destroy) {
        operator.check_no_run_was_unauthorized(&outcome).await;
    }

    // The next deployment and removal must work in any case.
    operator.run_ok(Command::Deploy(File::Base)).await;
    let facts = operator.facts().await;
    let paused = facts.workflow.as_ref().is_some_and(|it| !it.is_enabled);
    let file = File::Base;
    let difference = difference(&facts.shape, &shapes[&Expected::Deployed { file, paused }]);
    assert!(
        difference.is_empty(),
        "{outcome}: after the next deployment:\n{difference}"
    );
    facts.check_token();
    facts.check_alerts();
    operator.run_ok(Command::Destroy).await;
    let facts = operator.facts().await;
    assert_eq!(
        facts.shape,
        shapes[&Expected::Nothing],
        "{outcome}: after the next removal"
    );
    assert!(
        facts.authorizations.is_empty(),
        "{outcome}: after the next removal"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_commands_act_in_sequence_or_one_fails_with_75() {
    let shapes = Arc::new(Box::pin(shapes()).await);
    let mut cases = Vec::new();
    for (start, commands) in STARTS {
        for held in commands {
            for sent in Box::pin(requests(start, *held)).await {
                for (other, moment) in commands.iter().flat_map(|other| {
                    [Moment::BeforeProcessing, Moment::BeforeResponse].map(|moment| (other, moment))
                }) {
                    let Sent { method, path, nth } = &sent;
                    let name =
                        format!("{start:?} {held:?} {method} {path} #{nth} {moment:?} {other:?}");
                    let race = Race {
                        start,
                        held: *held,
                        other: *other,
                        sent: sent.clone(),
                        moment,
                        shapes: Arc::clone(&shapes),
                    };
                    cases.push((name, race));
                }
            }
        }
    }
    sample::run(cases, 5, run_race).await;
}
