//! Trouble with every request that `deploy`, `run` and `destroy` send, one at a time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use picletter::deploy::azure::follow_run;
use picletter::deploy::clouds::StepError;
use picletter::deploy::http::Timings;
use picletter::deploy::wanted::Wanted;
use picletter::logic_app::http_client::HttpClient;
use picletter::sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter::sandbox::server::{Trouble, Which};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use super::sent::{self, Sent};
use super::state;
use super::world::{FILE, QUICK, World};

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Command {
    Deploy,
    Run,
    Destroy,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Refused,
    Status(u16),
    TimedOut,
    AnswerLost,
    Killed,
}

const FAULTS: [Fault; 11] = [
    Fault::Refused,
    Fault::Status(401),
    Fault::Status(403),
    Fault::Status(404),
    Fault::Status(409),
    Fault::Status(422),
    Fault::Status(429),
    Fault::Status(500),
    Fault::TimedOut,
    Fault::AnswerLost,
    Fault::Killed,
];

impl World {
    /// One whose dynos do nothing and say that it went well.
    pub(crate) async fn of_scripts(timings: Timings) -> Self {
        let transport = Arc::new(HttpClient::new(&[]).unwrap());
        let script = Script {
            boot: Duration::ZERO,
            work: Duration::ZERO,
            end: End::Sent,
            on_sigterm: OnSigterm::Die,
        };
        let program = Simulated::new(transport, move |_| script.clone());
        Self::with(Arc::new(program), timings).await
    }

    async fn prepare(&self, command: Command, wanted: &Wanted) {
        if command != Command::Deploy {
            self.deploy(wanted).await.unwrap();
        }
        self.sandbox.troubles().clear();
    }

    async fn perform(&self, command: Command, wanted: &Wanted) -> Result<(), String> {
        let told = |error: StepError| error.to_string();
        match command {
            Command::Deploy => self.deploy(wanted).await.map(drop).map_err(told),
            Command::Destroy => self.destroy(wanted, false).await.map(drop).map_err(told),
            Command::Run => self.run(wanted).await.map_err(|error| error.to_string()),
        }
    }

    async fn run(&self, wanted: &Wanted) -> Result<(), picletter::deploy::azure::Error> {
        let arm = &self.clouds.arm;
        let id = wanted.workflow_id(&self.clouds).await?;
        let Some(trigger) = arm.triggers(&id).await?.pop() else {
            return Ok(());
        };
        let run = arm.run_trigger(&id, &trigger.name).await?;
        follow_run(arm, &id, &run, |_| ()).await.map(drop)
    }

    async fn state(&self, wanted: &Wanted) -> String {
        state::of(&self.live(wanted).await.unwrap())
    }

    async fn runs(&self, wanted: &Wanted) -> usize {
        let id = wanted.workflow_id(&self.clouds).await.unwrap();
        self.clouds.arm.runs(&id, 50, None).await.unwrap().len()
    }
}

/// The requests of a good pass.
async fn requests_of(command: Command) -> Vec<Sent> {
    let world = World::of_scripts(QUICK).await;
    let wanted = world.wanted(FILE);
    world.prepare(command, &wanted).await;
    world.perform(command, &wanted).await.unwrap();
    // Those of the workflow itself, and of its dynos.
    let is_others = |path: &str| {
        command == Command::Run && (path.contains("/dynos") || path.starts_with("/workflows/"))
    };
    let mut sent = sent::of(world.sandbox.troubles().record(), is_others);
    // What is read again at the end of a removal is read as it was at the beginning.
    sent.retain(|sent| command != Command::Destroy || sent.method != "GET" || sent.nth == 1);
    sent
}

/// What was said when `fault` happened to `sent`; what must hold afterwards is checked.
async fn suffered(command: Command, sent: Sent, fault: Fault, undisturbed: Arc<String>) -> String {
    let timings = if fault == Fault::TimedOut {
        Timings {
            answer: Duration::from_secs(3),
            ..QUICK
        }
    } else {
        QUICK
    };
    let world = World::of_scripts(timings).await;
    let wanted = world.wanted(FILE);
    world.prepare(command, &wanted).await;
    let runs = if command == Command::Run {
        world.runs(&wanted).await
    } else {
        0
    };
    world.sandbox.troubles().clear();

    let method: Method = sent.method.parse().unwrap();
    let words = r#"{"id":"made_trouble","message":"Made trouble","error":{"code":"MadeTrouble","message":"Made trouble"}}"#;
    let (tell, mut told) = unbounded_channel();
    let (which, trouble) = match fault {
        Fault::Refused => (Which::Nth(sent.nth), Trouble::Reset),
        Fault::Status(status) => (Which::Every, Trouble::Status(status, words.to_owned())),
        Fault::TimedOut => (Which::Nth(sent.nth), Trouble::Hold),
        Fault::AnswerLost => (Which::Nth(sent.nth), Trouble::LostAnswer),
        Fault::Killed => (Which::Nth(sent.nth), Trouble::Told(tell.clone())),
    };
    world
        .sandbox
        .troubles()
        .on(method, sent.path.clone(), which, trouble);
    let said = tokio::select! {
        ended = world.perform(command, &wanted) => match ended {
            Ok(()) => "done all the same".to_owned(),
            Err(error) => error,
        },
        _acted = told.recv() => "killed".to_owned(),
    };
    world.sandbox.troubles().clear();

    let row = format!(
        "{command:?} {} {} #{} {fault:?}",
        sent.method, sent.path, sent.nth
    );
    match command {
        Command::Deploy => {
            assert_eq!(world.runs_or_none(&wanted).await, 0, "{row}");
            world
                .deploy(&wanted)
                .await
                .unwrap_or_else(|error| panic!("{row}: {error}"));
            assert_eq!(world.state(&wanted).await, *undisturbed, "{row}: {said}");
        }
        Command::Run => {
            assert!(world.runs(&wanted).await <= runs + 1, "{row}: {said}");
        }
        Command::Destroy => {
            world
                .destroy(&wanted, false)
                .await
                .unwrap_or_else(|error| panic!("{row}: {error}"));
            assert_eq!(world.state(&wanted).await, *undisturbed, "{row}: {said}");
        }
    }
    world.redactor.clean(&said).into_owned()
}

impl World {
    /// Of a workflow that may not be there.
    async fn runs_or_none(&self, wanted: &Wanted) -> usize {
        let live = self.live(wanted).await.unwrap();
        if live.azure.workflow.is_some() {
            self.runs(wanted).await
        } else {
            0
        }
    }
}

async fn matrix(command: Command) -> String {
    let undisturbed = {
        let world = World::of_scripts(QUICK).await;
        let wanted = world.wanted(FILE);
        world.prepare(command, &wanted).await;
        world.perform(command, &wanted).await.unwrap();
        Arc::new(world.state(&wanted).await)
    };
    let mut waiting: Vec<(usize, Sent, Fault)> = Vec::new();
    for (n, sent) in Box::pin(requests_of(command)).await.into_iter().enumerate() {
        let faults = FAULTS.iter().enumerate();
        waiting.extend(faults.map(|(m, fault)| (n * FAULTS.len() + m, sent.clone(), *fault)));
    }
    waiting.reverse();
    let mut rows = BTreeMap::new();
    let mut running = JoinSet::new();
    loop {
        while running.len() < 8
            && let Some((n, sent, fault)) = waiting.pop()
        {
            let undisturbed = Arc::clone(&undisturbed);
            running.spawn(async move {
                let what = format!("{} {} #{}", sent.method, sent.path, sent.nth);
                let said = Box::pin(suffered(command, sent, fault, undisturbed)).await;
                (n, what, fault, said)
            });
        }
        let Some(row) = running.join_next().await else {
            break;
        };
        let (n, what, fault, said) = row.unwrap();
        rows.insert(n, (what, fault, said));
    }
    let mut table = String::new();
    let mut last = String::new();
    for (what, fault, said) in rows.into_values() {
        if what != last {
            let _ = writeln!(table, "\n{what}");
            last = what;
        }
        let _ = writeln!(table, "  {:<12} {said}", format!("{fault:?}"));
    }
    table
}

fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (r"127\.0\.0\.1:\d+", "[host]"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[id]",
        ),
        (r"\b\d{23,}\w*", "[run]"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_of_a_deployment_the_next_one_ends_as_if_there_had_been_none() {
    let table = Box::pin(matrix(Command::Deploy)).await;
    insta::with_settings!({filters => filters()}, { insta::assert_snapshot!(table) });
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_a_run_starts_another() {
    let table = Box::pin(matrix(Command::Run)).await;
    insta::with_settings!({filters => filters()}, { insta::assert_snapshot!(table) });
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_of_a_removal_the_next_one_removes_the_rest() {
    let table = Box::pin(matrix(Command::Destroy)).await;
    insta::with_settings!({filters => filters()}, { insta::assert_snapshot!(table) });
}
