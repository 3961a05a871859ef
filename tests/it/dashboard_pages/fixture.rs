//! Four jobs with 90 days of history at a fixed time, as a source of the dashboard.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use picletter::dashboard::board::{JobReading, RunsRead, board};
use picletter::dashboard::page::{Options, router};
use picletter::dashboard::source::{Command, Source};
use picletter::dashboard::view::{
    ActionView, AlertRule, AttemptView, Board, DynoView, JobState, Outage, Outdated, RunDetail,
    RunLog, RunView,
};
use picletter_core::config::{Config, Job};
use picletter_core::deploy::drift::Drift;
use picletter_core::deploy::status::Outcome;
use picletter_core::diagnostic::Diagnostic;
use picletter_logic_apps::history::Content;
use picletter_sandbox::faults::Faults;
use picletter_sandbox::server::serve;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

const FILE: &str = r#"
[heroku]
app = "my-shop"

[jobs.reports]
command = "bin/rails reports:send"
every = "day"
at = "03:00"
on = "weekdays"
time_zone = "Europe/Berlin"

[jobs.cleanup]
command = "bin/cleanup --older-than 30d"
cron = "*/15 * * * *"
time_to_live = "10 minutes"
time_zone = "Europe/Berlin"

[jobs.newsletter]
command = "bin/newsletter"
every = "week"
on = "mon"
at = "08:30"
time_zone = "Europe/Berlin"

[jobs.invoices]
command = "bin/invoices"
every = "month"
on = ["1"]
at = "06:00"
time_zone = "Europe/Berlin"
"#;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The current time of the fixture: a Tuesday.
pub(crate) const NOW: &str = "2026-11-24T10:20:00Z";

/// A source with fixed data. Clones share it.
#[derive(Clone)]
pub(crate) struct Fixture(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

struct State {
    jobs: Vec<JobReading>,
    outages: Vec<Outage>,
    file_change: Option<Diagnostic>,
    /// The summary and help with which commands fail.
    refusal: Option<Diagnostic>,
    /// Receives each command, if the test holds commands.
    commands: Option<UnboundedSender<HeldCommand>>,
    /// Why no log can be read.
    log_failure: Option<Diagnostic>,
    /// Whether the log was read before it failed.
    was_log_read: bool,
}

/// A command of a job, which ends when the test drops this value.
pub(crate) struct HeldCommand {
    pub(crate) job: usize,
    pub(crate) command: Command,
    _release: oneshot::Sender<()>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let config = Config::parse(Path::new("picletter.toml"), FILE).unwrap();
        let jobs = config.jobs.into_iter().map(reading);
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                jobs: jobs.collect(),
                outages: Vec::new(),
                file_change: None,
                refusal: None,
                commands: None,
                log_failure: None,
                was_log_read: false,
            }),
            changes: watch::Sender::default(),
        }))
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Vec<JobReading>, &mut Vec<Outage>)) {
        let mut state = self.0.state.lock().unwrap();
        let State { jobs, outages, .. } = &mut *state;
        change(jobs, outages);
        drop(state);
        self.0.changes.send_modify(|changes| *changes += 1);
    }

    /// Azure cannot be read since ten minutes ago.
    pub(crate) fn lose_azure(&self) {
        self.change(|_, outages| {
            outages.push(Outage {
                vendor: "Azure",
                since: Some(now() - SignedDuration::from_mins(10)),
                summary: "Azure answered 503 Service Unavailable".to_owned(),
                help: "check https://azure.status.microsoft, then run the command again".to_owned(),
                is_temporary: true,
                retry_at: now() + SignedDuration::from_secs(40),
            });
        });
    }

    /// The configuration file has an error.
    pub(crate) fn break_file(&self) {
        let change = Diagnostic::new("picletter.toml:2:1: `ap` & more", "fix the file");
        self.0.state.lock().unwrap().file_change = Some(change);
    }

    /// Runs and their logs cannot be read from now on.
    pub(crate) fn lose_log(&self) {
        let failure = Diagnostic::new("Heroku answered 403", "run `heroku login`");
        self.0.state.lock().unwrap().log_failure = Some(failure);
    }

    /// Logs were read, but cannot be read again.
    pub(crate) fn lose_read_log(&self) {
        self.lose_log();
        self.0.state.lock().unwrap().was_log_read = true;
    }

    /// Commands fail from now on.
    pub(crate) fn refuse(&self) {
        let refusal = Diagnostic::new("the signed-in identity lacks a role", "run `az login`");
        self.0.state.lock().unwrap().refusal = Some(refusal);
    }

    /// From now on, each command waits until the test drops the received value.
    pub(crate) fn hold_commands(&self) -> UnboundedReceiver<HeldCommand> {
        let (sender, receiver) = unbounded_channel();
        self.0.state.lock().unwrap().commands = Some(sender);
        receiver
    }
}

impl Source for Fixture {
    fn board(&self) -> Board {
        let state = self.0.state.lock().unwrap();
        let dyno = DynoView {
            name: "run.4211".to_owned(),
            size: "Basic".to_owned(),
            state: "up".to_owned(),
            start: now() - SignedDuration::from_mins(5),
            end: None,
            run: None,
        };
        let outages = state.outages.clone();
        Board {
            file_change: state.file_change.clone(),
            ..board("my-shop", now(), state.jobs.clone(), vec![dyno], outages)
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    async fn run(&self, job: usize, id: &str) -> Result<Option<RunDetail>, Diagnostic> {
        let board = self.board();
        let mut runs = board.jobs[job].history.runs.iter();
        let run = runs.find(|run| *run.id == *id);
        let (log_failure, was_log_read) = {
            let state = self.0.state.lock().unwrap();
            (state.log_failure.clone(), state.was_log_read)
        };
        Ok(run.map(|run| {
            let mut detail = detail(job, run);
            if let Some(failure) = log_failure {
                let outdated = Outdated {
                    since: now() - SignedDuration::from_mins(3),
                    diagnostic: failure.clone(),
                };
                detail.log = match detail.log {
                    RunLog::Lines(lines) if was_log_read => RunLog::Outdated {
                        lines,
                        outdated: outdated.clone(),
                    },
                    _ => RunLog::Unreadable(failure),
                };
                detail.outdated = Some(outdated);
            }
            detail
        }))
    }

    async fn execute(&self, job: usize, command: Command) -> Result<String, Diagnostic> {
        let commands = self.0.state.lock().unwrap().commands.clone();
        if let Some(commands) = commands {
            let (release, released) = oneshot::channel();
            let held = HeldCommand {
                job,
                command,
                _release: release,
            };
            commands.send(held).ok().unwrap();
            released.await.unwrap_err();
        }
        if let Some(refusal) = self.0.state.lock().unwrap().refusal.clone() {
            return Err(refusal);
        }
        self.change(|jobs, _| match command {
            Command::Pause => jobs[job].state = JobState::Paused,
            Command::Resume => jobs[job].state = JobState::OnSchedule,
            Command::Run => {
                let runs = &mut jobs[job].runs.as_mut().unwrap().runs;
                let start = now() - SignedDuration::from_secs(1);
                runs.push(run(start, SignedDuration::ZERO, Outcome::Running, ""));
            }
        });
        Ok(match command {
            Command::Pause => "The job is paused.",
            Command::Resume => "The job runs on schedule again.",
            Command::Run => "The run has started.",
        }
        .to_owned())
    }
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn reading(job: Job) -> JobReading {
    let first = now() - SignedDuration::from_hours(90 * 24);
    let due = job.schedule.occurrences(first).map(|due| due.at);
    let due = due.take_while(|at| *at < now());
    let seed = job.label().len() as u64;
    let mut rng = fastrand::Rng::with_seed(seed);
    let base: f64 = match job.label() {
        "reports" => 190.0,
        "cleanup" => 21.0,
        _ => 44.0,
    };
    let runs = due.map(|at| {
        let took = base * (0.7 + 0.6 * rng.f64());
        let took = SignedDuration::from_secs_f64(took);
        let outcome = match rng.u8(..) {
            0 if job.label() == "cleanup" => Outcome::Failed,
            0..10 if job.label() == "reports" => Outcome::Failed,
            40..44 if job.label() == "cleanup" => Outcome::Skipped,
            _ if job.label() == "newsletter" && at > now() - WEEK => Outcome::Failed,
            _ => Outcome::Succeeded,
        };
        let reason = match job.label() {
            "reports" => "PG::ConnectionBad: connection to server failed: timeout",
            "cleanup" => "S3: 503 Slow Down",
            _ => "the sender address is not verified",
        };
        run(at, took, outcome, reason)
    });
    let runs: Vec<Arc<RunView>> = runs.collect();
    let rule = |reports: &str, enabled| AlertRule {
        reports: reports.to_owned(),
        enabled,
    };
    JobReading {
        state: match job.label() {
            "invoices" => JobState::Paused,
            _ => JobState::OnSchedule,
        },
        drift: match job.label() {
            "newsletter" => Drift {
                sentences: vec!["The workflow’s `time_to_live` is 600, not 1800.".to_owned()],
                ..Drift::default()
            },
            _ => Drift::default(),
        },
        alerts: vec![
            rule("a run fails, by mail", Some(job.label() != "invoices")),
            rule("no run succeeds for 24 hours, by mail", None),
        ],
        created: None,
        runs: Some(RunsRead {
            runs,
            all_since: None,
        }),
        job: Arc::new(job),
    }
}

/// A run whose id follows from its start.
fn run(start: Timestamp, took: SignedDuration, outcome: Outcome, reason: &str) -> Arc<RunView> {
    let failed = outcome == Outcome::Failed;
    let id = u64::MAX - start.as_second().unsigned_abs();
    Arc::new(RunView {
        id: format!("0858{id}CU57").into(),
        trigger: Some("Recurrence".into()),
        start,
        end: (outcome != Outcome::Running).then(|| start + took),
        outcome,
        code: failed.then(|| "exit status 3".into()),
        message: failed.then(|| reason.into()),
        log: if failed {
            Arc::new(["2026-11-24T02:00:09.1+00:00 app[run.9]: connecting".to_owned()])
        } else {
            Arc::new([])
        },
    })
}

fn detail(job: usize, run: &Arc<RunView>) -> RunDetail {
    let at = |seconds| Some(run.start + SignedDuration::from_secs(seconds));
    let succeeded = run.outcome == Outcome::Succeeded;
    let action = |name: &str, status: &str, start, end, inputs, outputs| ActionView {
        name: name.into(),
        status: status.to_owned(),
        code: Some("OK".to_owned()),
        start,
        end,
        inputs,
        outputs,
        error: None,
        repetitions: None,
        attempts: Vec::new(),
    };
    let value = |value| Content::Value(Arc::new(value));
    let list = action(
        "List_dynos",
        "Succeeded",
        at(0),
        at(1),
        Content::Redacted,
        value(json!({ "statusCode": 200, "body": [] })),
    );
    let start = action(
        "Run",
        "Succeeded",
        at(1),
        at(8),
        Content::Redacted,
        value(json!({ "body": { "outcome": "exit status 3" } })),
    );
    let mut alert = action(
        "Post_alert",
        if succeeded { "Skipped" } else { "Succeeded" },
        at(9),
        at(10),
        Content::Redacted,
        Content::None,
    );
    if !succeeded {
        alert.attempts = vec![AttemptView {
            start: at(9),
            end: at(10),
            code: Some("ServiceUnavailable".to_owned()),
        }];
    }
    let kept = run.start > now() - WEEK;
    RunDetail {
        job,
        run: Arc::clone(run),
        actions: vec![list, start, alert],
        dynos: vec![DynoView {
            name: "run.9".to_owned(),
            size: "Basic".to_owned(),
            state: if succeeded {
                "exit status 0"
            } else {
                "exit status 3"
            }
            .to_owned(),
            start: run.start + SignedDuration::from_secs(2),
            end: at(7),
            run: Some(run.id.clone()),
        }],
        log: if kept {
            RunLog::Lines(vec![
                "2026-11-24T02:00:09.1+00:00 app[run.9]: <b>connecting</b> & waiting".to_owned(),
            ])
        } else {
            RunLog::NoLines
        },
        advice: (!succeeded)
            .then(|| "`picletter logs --run ID` shows what the dyno wrote".to_owned()),
        outdated: None,
    }
}

/// The pages of a fixture on a port of this machine, until this is dropped.
pub(crate) struct Served {
    /// Without a slash at its end.
    pub(crate) url: String,
    _server: JoinSet<()>,
}

impl Served {
    pub(crate) async fn start(fixture: &Fixture, read_only: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pages = router(fixture.clone(), Options::dashboard(read_only));
        let mut server = JoinSet::new();
        server.spawn(serve(listener, pages, Faults::default()));
        Self {
            url,
            _server: server,
        }
    }
}
