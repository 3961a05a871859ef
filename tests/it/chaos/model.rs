//! Random sequences of commands, compared with a small model after each step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use picletter_core::deploy::azure::follow_run;
use picletter_core::deploy::heroku::NewApp;
use picletter_core::deploy::plan::{Change, ResourceKind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use secrecy::ExposeSecret;
use tokio::runtime::Runtime;

use super::command::{Command, File, Operator};
use super::dynos::Work;
use super::expected::{Expected, shapes};
use super::facts::{Facts, difference};
use super::sample;
use crate::support::world::QUICK;

/// Number of sequences, unless `PROPTEST_CASES` is set. `CHAOS_FACTOR` multiplies it.
const CASES: u32 = 3;

/// The maximum number of steps.
const MAX_STEPS: usize = 9;

/// An action of the operator, a dyno, or somebody else.
#[derive(Debug, Clone, Copy)]
enum Step {
    Deploy(File),
    /// With the file deployed last.
    RotateToken,
    Pause,
    Resume,
    Run,
    /// Starts a run whose dyno keeps running.
    BeginRun,
    /// Ends that dyno.
    EndRun {
        fails: bool,
    },
    /// Somebody sets a config var that is not in the file.
    SetForeignVar(u8),
    /// Somebody changes a config var that is in the file.
    ChangeVarByHand,
    /// Somebody deletes an alert.
    DeleteAlertByHand,
    /// Somebody revokes the workflow's token.
    RevokeByHand,
    Destroy,
}

/// Steps in order; a failing test prints one per line.
#[derive(Clone)]
struct Sequence(Vec<Step>);

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|step| write!(f, "\n    {step:?}"))
    }
}

fn sequences() -> impl Strategy<Value = Sequence> {
    let file = prop_oneof![
        3 => Just(File::Base),
        2 => Just(File::Changed),
        1 => Just(File::Quiet),
    ];
    let step = prop_oneof![
        6 => file.prop_map(Step::Deploy),
        2 => Just(Step::RotateToken),
        3 => Just(Step::Pause),
        3 => Just(Step::Resume),
        1 => Just(Step::Run),
        3 => Just(Step::BeginRun),
        3 => any::<bool>().prop_map(|fails| Step::EndRun { fails }),
        1 => any::<u8>().prop_map(Step::SetForeignVar),
        1 => Just(Step::ChangeVarByHand),
        1 => Just(Step::DeleteAlertByHand),
        1 => Just(Step::RevokeByHand),
        1 => Just(Step::Destroy),
    ];
    // Most effects are visible only with a workflow.
    prop::collection::vec(step, 0..MAX_STEPS).prop_map(|mut steps| {
        if !matches!(steps.first(), Some(Step::SetForeignVar(_) | Step::Pause)) {
            steps.insert(0, Step::Deploy(File::Base));
        }
        Sequence(steps)
    })
}

/// A run whose dyno is still running.
struct ActiveRun {
    workflow: String,
    run: String,
    /// The authorization whose token the run uses.
    authorization: String,
}

struct Case {
    operator: Operator,
    /// Whether the app existed before the first deployment.
    is_app_foreign: bool,
    foreign_vars: BTreeMap<String, String>,
    foreign_authorization: String,
    expected: Expected,
    /// Whether somebody has made manual changes since the last deployment.
    has_drifted: bool,
    is_token_revoked: bool,
    active_run: Option<ActiveRun>,
}

impl Case {
    async fn new(is_app_foreign: bool) -> Self {
        let operator = Operator::new(QUICK).await;
        let heroku = &operator.world.clouds.heroku;
        let mut foreign_vars = BTreeMap::new();
        if is_app_foreign {
            let app = NewApp {
                name: operator.desired(File::Base).app,
                region: None,
                team: None,
            };
            heroku.create_app(&app).await.unwrap();
            foreign_vars.insert("FOREIGN".to_owned(), "0".to_owned());
        }
        let authorization = heroku.create_authorization(&["read"], "somebody's");
        let foreign_authorization = authorization.await.unwrap().id;
        let case = Self {
            operator,
            is_app_foreign,
            foreign_vars,
            foreign_authorization,
            expected: Expected::Nothing,
            has_drifted: false,
            is_token_revoked: false,
            active_run: None,
        };
        if is_app_foreign {
            case.set_var("FOREIGN", "0").await;
        }
        case
    }

    async fn set_var(&self, name: &str, value: &str) {
        let app = self.operator.desired(File::Base).app;
        let vars = BTreeMap::from([(name.to_owned(), Some(value.into()))]);
        let heroku = &self.operator.world.clouds.heroku;
        heroku.set_config_vars(&app, &vars).await.unwrap();
    }

    fn file(&self) -> File {
        match self.expected {
            Expected::Deployed { file, .. } => file,
            Expected::Nothing => File::Base,
        }
    }

    fn is_deployed(&self) -> bool {
        self.expected != Expected::Nothing
    }

    async fn apply(&mut self, step: Step) {
        match step {
            Step::Deploy(file) => self.deploy(Command::Deploy(file)).await,
            Step::RotateToken => self.deploy(Command::Rotate(self.file())).await,
            Step::Pause => self.run(Command::Pause).await,
            Step::Resume => self.run(Command::Resume).await,
            Step::Run => {
                // The run would fail if another is active, or if the token is revoked.
                if self.active_run.is_none() && !self.is_token_revoked {
                    self.run(Command::Run).await;
                }
            }
            Step::BeginRun => self.begin_run().await,
            Step::EndRun { fails } => {
                self.end_run(if fails { Work::Fails } else { Work::Succeeds })
                    .await;
            }
            Step::SetForeignVar(value) => {
                if self.is_app_foreign || self.is_deployed() {
                    self.set_var("FOREIGN", &value.to_string()).await;
                    self.foreign_vars
                        .insert("FOREIGN".to_owned(), value.to_string());
                }
            }
            Step::ChangeVarByHand => {
                if self.is_deployed() {
                    self.set_var("RECEIVER_EMAIL", "hand@picletter.example")
                        .await;
                    self.has_drifted = true;
                }
            }
            Step::DeleteAlertByHand => self.delete_alert().await,
            Step::RevokeByHand => self.revoke().await,
            Step::Destroy => {
                self.run(Command::Destroy).await;
                self.end_dynos().await;
                if !self.is_app_foreign {
                    self.foreign_vars.clear();
                }
            }
        }
    }

    /// Runs a command, and checks that it succeeds or fails as in the model.
    async fn run(&mut self, command: Command) {
        let ended = self.operator.run(command).await;
        let next = self.expected.after(command);
        assert_eq!(ended.is_ok(), next.is_some(), "{command:?}: {ended:?}");
        self.expected = next.unwrap_or(self.expected);
        if self.expected == Expected::Nothing {
            self.has_drifted = false;
            self.is_token_revoked = false;
        }
    }

    async fn deploy(&mut self, command: Command) {
        self.run(command).await;
        self.has_drifted = false;
        self.is_token_revoked = false;
        if self.active_run.is_none() {
            let facts = self.operator.facts().await;
            let count = facts.authorizations.len();
            assert_eq!(count, 1, "authorizations after {command:?} without a run");
        }
    }

    async fn begin_run(&mut self) {
        let can_run = self.active_run.is_none() && !self.is_token_revoked;
        let is_enabled = matches!(self.expected, Expected::Deployed { paused: false, .. });
        if !can_run || !is_enabled {
            return;
        }
        let Operator { world, dynos } = &self.operator;
        dynos.set(Work::Runs);
        let facts = self.operator.facts().await;
        let run = self.operator.start_run().await.unwrap();
        while world.sandbox.heroku().alive().is_empty() {
            tokio::task::yield_now().await;
        }
        let desired = self.operator.desired(File::Base);
        self.active_run = Some(ActiveRun {
            workflow: world
                .clouds
                .workflow_id(&desired, &desired.jobs[0].workflow)
                .await
                .unwrap(),
            run,
            authorization: facts.workflow.unwrap().used.unwrap(),
        });
    }

    async fn end_run(&mut self, work: Work) {
        let Some(active_run) = self.active_run.take() else {
            return;
        };
        let Operator { world, dynos } = &self.operator;
        dynos.set(work);
        let arm = &world.clouds.arm;
        let ended = follow_run(arm, &active_run.workflow, &active_run.run, |_| ()).await;
        let succeeded = ended.unwrap().status == "Succeeded";
        assert_eq!(
            succeeded,
            work == Work::Succeeds,
            "outcome of the active run"
        );
        self.end_dynos().await;
    }

    /// Ends all dynos and waits until they are gone.
    async fn end_dynos(&mut self) {
        self.active_run = None;
        self.operator.dynos.set(Work::Succeeds);
        while !self.operator.world.sandbox.heroku().alive().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    async fn delete_alert(&mut self) {
        let desired = self.operator.desired(File::Base);
        let live = self.operator.world.live(&desired).await.unwrap();
        let arm = &self.operator.world.clouds.arm;
        if let Some(alert) = live.azure.alerts.first() {
            arm.delete(&alert.id, alert.api_version).await.unwrap();
            self.has_drifted = true;
        }
    }

    async fn revoke(&mut self) {
        let facts = self.operator.facts().await;
        let used = facts.workflow.and_then(|workflow| workflow.used);
        // Revoking the token would make the active run fail.
        if let Some(used) = used.filter(|_| self.active_run.is_none()) {
            let heroku = &self.operator.world.clouds.heroku;
            heroku.delete_authorization(&used).await.unwrap();
            self.has_drifted = true;
            self.is_token_revoked = true;
        }
    }

    /// Checks the invariants that must hold after each step.
    async fn check(&self, shapes: &BTreeMap<Expected, String>) {
        let facts = self.operator.facts().await;
        assert_eq!(
            facts.workflow.is_some(),
            self.is_deployed(),
            "existence of the workflow"
        );
        self.check_foreign().await;
        let Expected::Deployed { paused, .. } = self.expected else {
            assert!(facts.alerts.is_empty(), "alerts are left");
            assert!(facts.authorizations.is_empty(), "authorizations are left");
            if !self.is_app_foreign {
                assert_eq!(facts.shape, shapes[&Expected::Nothing]);
            }
            return;
        };
        let workflow = facts.workflow.as_ref().unwrap();
        assert_eq!(
            workflow.is_enabled, !paused,
            "whether the workflow is enabled"
        );
        facts.check_alerts();
        if !self.is_token_revoked {
            facts.check_token();
            self.check_authorizations(&facts);
        }
        if self.active_run.is_none() && !self.is_token_revoked {
            self.operator
                .check_no_run_was_unauthorized("all runs so far")
                .await;
        }
        if !self.has_drifted {
            let difference = difference(
                &without_foreign(&facts.shape),
                &without_foreign(&shapes[&self.expected]),
            );
            assert!(
                difference.is_empty(),
                "the state differs from the file:\n{difference}"
            );
            self.check_plan(&facts).await;
        }
    }

    async fn check_foreign(&self) {
        let heroku = &self.operator.world.clouds.heroku;
        let authorizations = heroku.authorizations().await.unwrap();
        let exists = authorizations
            .iter()
            .any(|one| one.id == self.foreign_authorization);
        assert!(exists, "the foreign authorization is gone");
        let app = self.operator.desired(File::Base).app;
        if !self.foreign_vars.is_empty() {
            let vars = heroku.config_vars(&app).await.unwrap();
            for (name, value) in &self.foreign_vars {
                let found = vars.get(name).map(ExposeSecret::expose_secret);
                assert_eq!(found, Some(value.as_str()), "foreign config var {name}");
            }
        }
    }

    /// Checks that the authorizations of the workflow and of an active run exist.
    fn check_authorizations(&self, facts: &Facts) {
        let used = facts.workflow.as_ref().and_then(|it| it.used.as_ref());
        assert!(used.is_some_and(|used| facts.authorizations.contains(used)));
        if let Some(active_run) = &self.active_run {
            assert!(
                facts.authorizations.contains(&active_run.authorization),
                "the token of the active run is revoked"
            );
        }
    }

    /// Checks that the plan contains nothing except a pending revocation, with a note.
    async fn check_plan(&self, facts: &Facts) {
        let desired = self.operator.desired(self.file());
        let (_, plan) = self.operator.world.plan(&desired).await.unwrap();
        let is_pending = facts.authorizations.len() > 1;
        for item in &plan.items {
            let is_token = item.resource.kind == ResourceKind::Authorization;
            if is_token && is_pending {
                assert!(
                    item.note.is_some(),
                    "a pending revocation without a note: {item:?}"
                );
            } else {
                assert_eq!(
                    item.change(),
                    Change::Keep,
                    "change planned after a deployment: {item:?}"
                );
            }
        }
    }
}

/// A shape without foreign config vars, and without the mark of an app that Picletter created.
fn without_foreign(shape: &str) -> String {
    let foreign: BTreeSet<&str> = ["FOREIGN", "PICLETTER_MADE_APP"].into();
    let is_kept = |line: &&str| {
        let var = line.strip_prefix("config var ");
        let name = var.and_then(|var| var.split('=').next());
        name.is_none_or(|name| !foreign.contains(name))
    };
    let lines: Vec<&str> = shape.lines().filter(is_kept).collect();
    lines.join("\n")
}

/// Applies each step, and checks the invariants after it.
async fn apply_all(is_app_foreign: bool, steps: &[Step], shapes: &BTreeMap<Expected, String>) {
    let mut case = Case::new(is_app_foreign).await;
    for step in steps {
        case.apply(*step).await;
        case.check(shapes).await;
    }
    case.end_run(Work::Fails).await;
    case.check(shapes).await;
}

fn check_sequences(is_app_foreign: bool) {
    static SHAPES: OnceLock<BTreeMap<Expected, String>> = OnceLock::new();
    let runtime = Runtime::new().unwrap();
    let shapes = SHAPES.get_or_init(|| runtime.block_on(Box::pin(shapes())));
    let seed = sample::seed();
    // Printed if the test fails.
    println!("CHAOS_SEED={seed}");
    let config = ProptestConfig {
        cases: sample::cases(CASES),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    };
    proptest!(config, |(sequence in sequences())| {
        runtime.block_on(Box::pin(apply_all(is_app_foreign, &sequence.0, shapes)));
    });
}

#[test]
fn any_command_sequence_matches_the_model() {
    check_sequences(false);
}

#[test]
fn any_command_sequence_preserves_a_foreign_app() {
    check_sequences(true);
}
