//! A deployment to the stand-ins, and one run of it: the template in the interpreter, and the real
//! worker as its dyno.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::sleep;

use super::TryError;
use super::adapted::{Adapted, adapt};
use super::chosen::Chosen;
use super::shown::{self, Shown};
use super::watch::{Seen, Watch};
use crate::cli::cloud::steps::Steps;
use crate::cli::output::Output;
use crate::config::Config;
use crate::deploy::apply::ApprovedPlan;
use crate::deploy::clouds::{Clouds, Step, StepContext as _};
use crate::deploy::connect::connect;
use crate::deploy::desired::DesiredState;
use crate::deploy::http::Timings;
use crate::deploy::live::LiveState;
use crate::deploy::plan::Plan;
use crate::r#try::Trial;
use crate::r#try::page::Job;
use picletter_logic_apps::run::{Event, LogicApp, Status};
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::program::{Ending, Program};
use picletter_sandbox::heroku::{Isolation, Process};
use picletter_sandbox::image::{WorkerImage, runs_alone};

/// For how long nothing is said of a worker that has reported and not ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// Nothing on this machine is far away, or busy for long.
const TIMINGS: Timings = Timings {
    backoff: Duration::from_millis(50),
    poll: Duration::from_millis(20),
    answer: Duration::from_secs(30),
    longest_retry_after: Duration::from_secs(1),
};

/// What is deployed, and how its run ended.
pub(super) struct Outcome {
    pub(super) trial: Trial,
    /// The worker's exit status.
    pub(super) ended: Result<ExitCode, TryError>,
}

/// Deploys what was chosen, runs `worker` once, and shows how.
pub(super) async fn run(
    worker: &Path,
    chosen: Chosen,
    inbox_port: u16,
    output: &Output,
) -> Result<Outcome, TryError> {
    let trial = Trial::start(inbox_port).await?;
    let sandbox = trial.sandbox();
    let (tell, seen) = unbounded_channel();
    let program = fs::read(worker).map_err(TryError::Image)?;
    let image = WorkerImage::new(&program).map_err(TryError::Image)?;
    let adapted = adapt(chosen.config, sandbox, image.id());
    shown::deploying(sandbox, &chosen.origin, &adapted.notes, output)?;
    shown::dynos(
        worker,
        run_dynos(sandbox, worker, &program).as_deref(),
        output,
    )?;
    let Adapted {
        desired,
        config,
        time_to_live,
        ..
    } = adapted;
    for name in &desired.secret_names {
        if let Some(secret) = desired.config_vars.get(name) {
            output.redactor().learn(secret);
        }
    }
    let watch = Watch(tell);
    let observer = trial.page().observer(Arc::new(watch.clone()));
    sandbox.heroku().set_observer(observer);
    let tell = move |text: &str| watch.tell(Seen::Alert(text.to_owned()));
    sandbox.alerts().watch(tell);
    sandbox
        .registry()
        .hold(&desired.app, &desired.process_type, image);
    let environment = sandbox.environment();
    let clouds = connect(
        &|name| environment.get(name).cloned(),
        TIMINGS,
        output.verbosity(),
        output.redactor(),
    )?;
    deploy(&clouds, &desired, output).await?;
    let run = Watched {
        worker,
        time_to_live,
        trial: &trial,
        sandbox,
        clouds: &clouds,
        desired: &desired,
        config,
        output,
    };
    let ended = run.run(seen).await;
    Ok(Outcome { trial, ended })
}

/// Has dynos run their image where the machine and the program allow it, else the program where it
/// lies, and says why.
fn run_dynos(sandbox: &Sandbox, worker: &Path, program: &[u8]) -> Option<String> {
    let isolation = runs_alone(program)
        .map_err(|why| why.to_string())
        .and_then(|()| Isolation::find().map_err(|why| why.to_string()));
    match isolation {
        Ok(isolation) => {
            sandbox.heroku().run_images(isolation);
            None
        }
        Err(why) => {
            let program: Arc<dyn Program> = Arc::new(Process::new(worker));
            sandbox.heroku().set_program(move |_| Arc::clone(&program));
            Some(why)
        }
    }
}

/// As `picletter deploy` does it, without asking.
async fn deploy(clouds: &Clouds, desired: &DesiredState, output: &Output) -> Result<(), TryError> {
    let live = LiveState::read(clouds, desired).await?;
    let plan = Plan::new(desired, &live, false)?;
    shown::plan(&plan, output)?;
    let approved = ApprovedPlan {
        desired,
        live: &live,
        plan: &plan,
        image: None,
    };
    approved.apply(clouds, &Steps::new(output)).await?;
    let live = LiveState::read(clouds, desired).await?;
    shown::second_plan(&Plan::new(desired, &live, false)?, output)?;
    Ok(())
}

/// A run of what is deployed.
struct Watched<'a> {
    worker: &'a Path,
    time_to_live: Duration,
    trial: &'a Trial,
    sandbox: &'a Sandbox,
    clouds: &'a Clouds,
    desired: &'a DesiredState,
    config: Config,
    output: &'a Output,
}

impl Watched<'_> {
    /// Starts it and shows it to its end, which is the worker's.
    async fn run(self, seen: UnboundedReceiver<Seen>) -> Result<ExitCode, TryError> {
        let Self {
            worker,
            sandbox,
            clouds,
            desired,
            output,
            ..
        } = self;
        let id = desired
            .workflow_id(clouds)
            .await
            .in_step(Step::FindSubscription)?;
        let workflow = clouds.arm.workflow(&id).await.in_step(Step::ReadWorkflow)?;
        let app = sandbox.azure().workflow(&desired.workflow);
        let (Some(workflow), Some(app)) = (workflow, app) else {
            return Err(TryError::NoWorkflow);
        };
        let triggers = clouds.arm.triggers(&id).await.in_step(Step::ReadTriggers)?;
        let trigger = triggers.first().ok_or(TryError::NoWorkflow)?;

        self.show(&app);
        let events = app.subscribe();
        let requests = self.requests_to_heroku();
        let run = clouds
            .arm
            .run_trigger(&id, &trigger.name)
            .await
            .in_step(Step::RunTrigger)?;
        let mut shown = Shown::new(&workflow.definition, &run, output);
        // One run is tried: none follows by the schedule, while the inbox is looked at.
        clouds.arm.disable(&id).await.in_step(Step::Pause)?;
        self.watch(&mut shown, events, seen).await?;
        // Where the worker ended without a report, the workflow would go on to wait for one.
        app.cancel(&run);

        let Some(dyno) = shown.ended() else {
            return Err(TryError::NoDyno(shown.problem()));
        };
        let code = match dyno.ending {
            Ending::Exited(_) if !shown.was_up() => {
                return Err(TryError::NotStarted(shown.last_line().to_owned()));
            }
            Ending::Exited(status) => status,
            Ending::Killed => 137,
            Ending::Vanished => return Err(TryError::Lost(shown.last_line().to_owned())),
        };
        let mails = sandbox.inbox().mails();
        for mail in &mails {
            shown::mail(mail, output)?;
        }
        shown.worker(code, mails.len())?;
        let billed = app.run(&run).map_or(0, |record| record.billed);
        shown.run(&run, billed, self.requests_to_heroku() - requests)?;
        shown::heartbeats(&sandbox.heartbeats().all(), output)?;
        if shown.status() == Some(Status::Failed) {
            let mails = sandbox.azure().mails_about(&run).await;
            mails
                .iter()
                .try_for_each(|mail| shown::alert_mail(mail, output))?;
        }
        if code == 0 && mails.is_empty() {
            return Err(TryError::NoMail((*worker).to_owned()));
        }
        if code == 0 && shown.status() != Some(Status::Succeeded) {
            return Err(TryError::RunFailed((*worker).to_owned()));
        }
        Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
    }

    /// Has the page show the workflow, and run it when a person asks for it.
    fn show(&self, app: &LogicApp) {
        let mut parameters = self.desired.parameters.clone();
        // Simulated runs have a Heroku of their own.
        parameters.remove("heroku_api_url");
        self.trial.show(Job {
            app: app.clone(),
            config: self.config.clone(),
            parameters,
            redactor: self.output.redactor().clone(),
        });
    }

    /// How many there have been about an app.
    fn requests_to_heroku(&self) -> usize {
        let record = self.sandbox.troubles().record();
        let about_apps = record.iter().filter(|(_, path)| path.starts_with("/apps/"));
        about_apps.count()
    }

    /// Shows what happens until nothing more is to be expected.
    async fn watch(
        &self,
        shown: &mut Shown,
        mut events: Receiver<Event>,
        mut seen: UnboundedReceiver<Seen>,
    ) -> Result<(), TryError> {
        let mut patient = true;
        while !shown.is_over() {
            tokio::select! {
                // What an action did comes before what follows from it.
                biased;
                event = events.recv() => match event {
                    Ok(event) => shown.event(&event)?,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                Some(seen) = seen.recv() => shown.seen(seen)?,
                () = sleep(PATIENCE), if patient && shown.waits_for_the_worker() => {
                    patient = false;
                    shown::still_running(self.time_to_live, self.output)?;
                }
            }
        }
        // What was told before the end and not seen until now.
        while let Ok(event) = events.try_recv() {
            shown.event(&event)?;
        }
        while let Ok(seen) = seen.try_recv() {
            shown.seen(seen)?;
        }
        Ok(())
    }
}
