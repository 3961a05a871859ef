//! The whole system in simulated time, without a network: the template, its triggers and runs, and an app
//! with scripted dynos.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use picletter_core::config::ONE_OFF;
use picletter_core::template::{self, DeployError};
use picletter_logic_apps::Clock;
use picletter_logic_apps::history::ActionRecord;
use picletter_logic_apps::{EarlyCallback, LogicApp, Options, Services, Status, ticks};
use picletter_sandbox::faults::{Faults, FaultyTransport};
use picletter_sandbox::heroku::program::{Program, Start};
use picletter_sandbox::heroku::simulated::{End, Script, Simulated};
use picletter_sandbox::heroku::{App, Deployment, Heroku, Observer, Setup};
use picletter_sandbox::in_memory::InMemory;
use picletter_sandbox::logic_apps;
use picletter_worker::outcome::Outcome;

const HEROKU: &str = "api.heroku.com";
const AZURE: &str = "logic.azure.example";
const HOOKS: &str = "hooks.example";

/// The script of a dyno, by the index of its job.
pub type ScriptOfDyno = Box<dyn Fn(usize, &Start) -> Script + Send + Sync>;

/// The setup of a simulation.
pub struct Plan {
    /// The jobs of one Heroku app, at least one: the template's parameters without its secrets; see
    /// [`parameters`](picletter_core::template::parameters).
    pub jobs: Vec<Map<String, Value>>,
    /// The script of each dyno.
    pub script: ScriptOfDyno,
    /// Faults of the workflows' requests to Heroku.
    pub faults: Faults,
    /// Receives the events of dynos.
    pub observer: Arc<dyn Observer>,
    /// How to handle a report that arrives before the response to the start of its dyno.
    pub early_callback: EarlyCallback,
    /// See [`Options::eager_arguments`].
    pub eager_arguments: bool,
    /// Number of ended runs in the history of each workflow.
    pub kept: usize,
    /// Seed of the ids.
    pub seed: u64,
}

/// A running simulation. Requires a runtime with a paused clock.
pub struct Simulation {
    clock: Clock,
    heroku: Heroku,
    apps: Vec<LogicApp>,
    alerts: Alerts,
    hosts: InMemory,
}

/// The received alerts, oldest first: time and text.
#[derive(Debug, Clone, Default)]
struct Alerts(Arc<Mutex<Vec<(Timestamp, String)>>>);

/// The fake secrets of every simulation. Tests search for them in output.
pub const SECRETS: [&str; 2] = [
    "HRKU-simulated-token-00000000",
    "https://hooks.example/services/simulated-webhook",
];

impl Simulation {
    /// Deploys the template for each job at `start`, and enables the triggers.
    ///
    /// # Errors
    /// The parameters are invalid.
    pub fn start(plan: Plan, start: Timestamp) -> Result<Self, DeployError> {
        let clock = Clock::simulated(start);
        let hosts = InMemory::default();
        let [token, webhook] = SECRETS;
        let heroku = Heroku::new(Setup {
            clock,
            token: SecretString::from(token),
            url: format!("https://{HEROKU}"),
            seed: plan.seed,
        });
        let alerts = Alerts::default();
        hosts.mount(HEROKU, heroku.router());
        hosts.mount(HOOKS, alerts.router(clock));

        let transport = FaultyTransport::new(hosts.clone(), clock, plan.faults);
        let transport = Arc::new(transport);
        let mut hosted = HostedApp::default();
        let mut apps = Vec::new();
        for (n, mut parameters) in (0..).zip(plan.jobs) {
            hosted.add(&parameters);
            parameters.insert("heroku_token".to_owned(), json!(token));
            parameters.insert("alert_webhook".to_owned(), json!(webhook));
            let host = format!("{n}.{AZURE}");
            let services = Services {
                clock,
                transport: transport.clone(),
                callback_base: format!("https://{host}"),
                seed: plan.seed.wrapping_add(n),
                options: Options {
                    early_callback: plan.early_callback,
                    eager_arguments: plan.eager_arguments,
                    kept: plan.kept,
                    ..Options::default()
                },
            };
            let app = template::deploy(&parameters, services)?;
            hosts.mount(host, logic_apps::router(app.clone()));
            apps.push(app);
        }
        let (script, all) = (plan.script, apps.clone());
        let script = move |start: &Start| script(job_for_dyno(&all, start), start);
        let program = Arc::new(Simulated::new(Arc::new(hosts.clone()), script));
        hosted.deploy(&heroku, program, plan.observer);
        apps.iter().for_each(LogicApp::start);
        Ok(Self {
            clock,
            heroku,
            apps,
            alerts,
            hosts,
        })
    }

    /// Advances time to `end`, disables the triggers, and waits for the active runs.
    pub async fn run_until(&self, end: Timestamp) {
        self.clock.sleep_until(end).await;
        self.apps.iter().for_each(LogicApp::disable);
        for app in &self.apps {
            app.idle().await;
        }
    }

    /// The simulated clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The workflows, in the order of the jobs.
    pub fn apps(&self) -> &[LogicApp] {
        &self.apps
    }

    /// The fake of Heroku.
    pub fn heroku(&self) -> &Heroku {
        &self.heroku
    }

    /// The alerts since the last call, oldest first: time and text.
    pub fn drain_alerts(&self) -> Vec<(Timestamp, String)> {
        std::mem::take(&mut *self.alerts.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // Breaks reference cycles.
        self.hosts.clear();
        self.apps.iter().for_each(LogicApp::stop);
    }
}

/// The Heroku app that the jobs share.
#[derive(Default)]
struct HostedApp {
    name: String,
    /// The process types that have an image.
    process_types: Vec<String>,
    dyno_size: String,
}

impl HostedApp {
    /// Adds what the dynos of a job need.
    fn add(&mut self, parameters: &Map<String, Value>) {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let has_image = match text("process_type").unwrap_or("worker") {
            ONE_OFF => "web",
            process_type => process_type,
        };
        if !self.process_types.iter().any(|it| it == has_image) {
            self.process_types.push(has_image.to_owned());
        }
        if self.name.is_empty() {
            text("app").unwrap_or_default().clone_into(&mut self.name);
            let size = text("dyno_size").unwrap_or_default();
            size.clone_into(&mut self.dyno_size);
        }
    }

    fn deploy(self, heroku: &Heroku, program: Arc<dyn Program>, observer: Arc<dyn Observer>) {
        heroku.deploy(Deployment {
            app: App {
                name: self.name.clone(),
                process_types: self.process_types,
                config_vars: BTreeMap::new(),
            },
            program,
            observer,
        });
        // Like a deployment.
        heroku.set_dyno_size(&self.name, &self.dyno_size);
    }
}

/// The index of the job whose run started a dyno; 0 for any other dyno.
fn job_for_dyno(apps: &[LogicApp], start: &Start) -> usize {
    let run = start.dyno.run_id.as_deref();
    let is_its = |app: &LogicApp| run.is_some_and(|run| app.run(run).is_some());
    match apps {
        [_] => 0,
        apps => apps.iter().position(is_its).unwrap_or_default(),
    }
}

impl Alerts {
    fn router(&self, clock: Clock) -> Router {
        Router::new()
            .route("/services/simulated-webhook", post(take_alert))
            .with_state((self.clone(), clock))
    }
}

async fn take_alert(State((alerts, clock)): State<(Alerts, Clock)>, body: String) {
    let message: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = message["text"].as_str().unwrap_or(&body).to_owned();
    let mut taken = alerts.0.lock().unwrap_or_else(PoisonError::into_inner);
    taken.push((clock.now(), text));
}

/// The end of a dyno whose worker reports `outcome` with the reason `detail`.
pub fn failed(outcome: Outcome, detail: &str) -> End {
    End::Failed {
        outcome: outcome.name(),
        exit_code: outcome.exit_code(),
        detail: detail.to_owned(),
    }
}

/// A run as text: every repetition of every action that was not skipped, by start time.
pub fn run_trace(app: &LogicApp, run: &str) -> String {
    let mut lines = Vec::new();
    for action in app.actions(run).unwrap_or_default() {
        let repetitions = app.repetitions(run, &action.name).unwrap_or_default();
        lines.extend(
            repetitions
                .into_iter()
                .filter(|one| one.status != Status::Skipped),
        );
    }
    // Actions that started at the same time stay in the definition's order.
    lines.sort_by_key(|one| one.started);
    let mut trace = String::new();
    if let Some(record) = app.run(run) {
        let _ = writeln!(
            trace,
            "run {run} for {}: {}",
            record.scheduled,
            record.status.name()
        );
        if let Some(problem) = &record.problem {
            let _ = writeln!(trace, "  {}: {}", problem.code, problem.message);
        }
    }
    for ActionRecord {
        name,
        status,
        code,
        started,
        ended,
        ..
    } in lines
    {
        let time = |time: Option<Timestamp>| time.map(ticks::to_text).unwrap_or_default();
        let (from, to) = (time(started), time(ended));
        let _ = writeln!(trace, "  {from} to {to}  {name}: {status} {code}");
    }
    trace
}
