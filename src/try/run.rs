//! A deployment to the fakes, and one run of it: the template in the interpreter, and the real worker
//! as its dyno.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Trial;
use super::error::TrialError;
use super::followed::{Followed, FollowedRun, requests_to_heroku};
use super::overrides::{Overridden, override_config};
use super::page::Job;
use super::watch::{Observed, Watch};
use crate::config::Config;
use crate::deploy::apply::ApprovedPlan;
use crate::deploy::clouds::Clouds;
use crate::deploy::connect::connect;
use crate::deploy::desired::DesiredState;
use crate::deploy::http::{Timings, Verbosity};
use crate::deploy::image::Image;
use crate::deploy::live::LiveState;
use crate::deploy::plan::Plan;
use crate::deploy::redact::Redactor;
use crate::deploy::step::{Progress, Step, StepContext as _};
use picletter_logic_apps::{Event, LogicApp};
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::program::Program;
use picletter_sandbox::heroku::{Isolation, Process};
use picletter_sandbox::image::{WorkerImage, runs_alone};

/// The fakes are near and never busy for long.
const TIMINGS: Timings = Timings {
    backoff: Duration::from_millis(50),
    poll: Duration::from_millis(20),
    answer: Duration::from_secs(30),
    longest_retry_after: Duration::from_secs(1),
};

/// A configuration that can be deployed to the fakes of a trial.
pub(crate) struct LocalDeployment<'a> {
    trial: &'a Trial,
    clouds: Clouds,
    desired: DesiredState,
    image: Image,
    config: Config,
    time_to_live: Duration,
    notes: Vec<String>,
    no_image: Option<String>,
    redactor: Redactor,
    observed: UnboundedReceiver<Observed>,
}

impl<'a> LocalDeployment<'a> {
    /// Prepares the fakes of `trial` for `config`, with dynos that run `worker`.
    ///
    /// `redactor` learns the secrets that are made up.
    pub(crate) fn prepare(
        trial: &'a Trial,
        worker: &Path,
        config: Config,
        verbosity: Verbosity,
        redactor: &Redactor,
    ) -> Result<Self, TrialError> {
        let sandbox = trial.sandbox();
        let program = fs::read(worker).map_err(TrialError::Image)?;
        let image = WorkerImage::new(&program).map_err(TrialError::Image)?;
        let Overridden {
            desired,
            config,
            time_to_live,
            notes,
        } = override_config(config, sandbox, image.id());
        let no_image = run_dynos(sandbox, worker, &program);
        for name in &desired.secret_names {
            if let Some(secret) = desired.config_vars.get(name) {
                redactor.learn(secret);
            }
        }
        let (sender, observed) = unbounded_channel();
        let watch = Watch(sender);
        let for_page = trial.page().observer(Arc::new(watch.clone()));
        sandbox.heroku().set_observer(for_page);
        let alert = move |text: &str| watch.send(Observed::Alert(text.to_owned()));
        sandbox.alerts().watch(alert);
        let environment = sandbox.environment();
        let clouds = connect(
            &|name| environment.get(name).cloned(),
            TIMINGS,
            verbosity,
            redactor,
        )?;
        Ok(Self {
            trial,
            clouds,
            desired,
            image: archived(&image)?,
            config,
            time_to_live,
            notes,
            no_image,
            redactor: redactor.clone(),
            observed,
        })
    }

    /// How the deployed configuration differs from the file, a line each.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Why dynos run the worker itself instead of its image.
    pub(crate) fn no_image(&self) -> Option<&str> {
        self.no_image.as_deref()
    }

    /// How long a dyno may live.
    pub(crate) fn time_to_live(&self) -> Duration {
        self.time_to_live
    }

    /// The live state, and what a deployment would change in it.
    pub(crate) async fn plan(&self) -> Result<(LiveState, Plan), TrialError> {
        let live = LiveState::read(&self.clouds, &self.desired).await?;
        let plan = Plan::new(&self.desired, &live, false)?;
        Ok((live, plan))
    }

    /// Applies a plan, as `picletter deploy` does.
    pub(crate) async fn apply(
        &self,
        live: &LiveState,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<(), TrialError> {
        let approved = ApprovedPlan {
            desired: &self.desired,
            live,
            plan,
            image: Some(&self.image),
        };
        approved.apply(&self.clouds, progress).await?;
        Ok(())
    }

    /// Starts a run of what is deployed.
    pub(crate) async fn start_run(self) -> Result<FollowedRun<'a>, TrialError> {
        let Self {
            trial,
            clouds,
            desired,
            ..
        } = &self;
        let id = clouds
            .workflow_id(desired)
            .await
            .in_step(Step::FindSubscription)?;
        let workflow = clouds.arm.workflow(&id).await.in_step(Step::ReadWorkflow)?;
        let app = trial.sandbox().azure().workflow(&desired.workflow);
        let (Some(workflow), Some(app)) = (workflow, app) else {
            return Err(TrialError::NoWorkflow);
        };
        let triggers = clouds.arm.triggers(&id).await.in_step(Step::ReadTriggers)?;
        let by_hand = workflow.trigger_by_hand();
        let trigger = triggers
            .iter()
            .find(|trigger| Some(trigger.name.as_str()) == by_hand)
            .ok_or(TrialError::NoWorkflow)?;

        self.show(&app);
        let events: Receiver<Event> = app.subscribe();
        let earlier_requests = requests_to_heroku(trial.sandbox());
        let run = clouds
            .arm
            .run_trigger(&id, &trigger.name)
            .await
            .in_step(Step::RunTrigger)?;
        // Only one run is tried: none follows on schedule while the page is open.
        clouds.arm.disable(&id).await.in_step(Step::Pause)?;
        Ok(FollowedRun::new(Followed {
            sandbox: self.trial.sandbox(),
            app,
            run,
            definition: &workflow.definition,
            events,
            observed: self.observed,
            earlier_requests,
        }))
    }

    /// Shows the workflow on the page, which can run it from there.
    fn show(&self, app: &LogicApp) {
        let mut parameters = self.desired.parameters.clone();
        // Simulated runs have a Heroku of their own.
        parameters.remove("heroku_api_url");
        self.trial.show(Job {
            app: app.clone(),
            config: self.config.clone(),
            parameters,
            redactor: self.redactor.clone(),
        });
    }
}

/// The image as it is deployed: in a docker-archive, which has no name here.
fn archived(image: &WorkerImage) -> Result<Image, TrialError> {
    let mut file = tempfile::tempfile().map_err(TrialError::Image)?;
    let archive = image.docker_archive().map_err(TrialError::Image)?;
    file.write_all(&archive).map_err(TrialError::Image)?;
    Ok(Image::read(file, Path::new("the worker's image"))?)
}

/// Lets dynos run the worker's image where the machine and the program allow it, else the program
/// itself. Returns why the image cannot run.
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
