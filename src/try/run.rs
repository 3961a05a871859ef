//! A deployment to the fakes, and a run of each job: the interpreted template, with the real worker as
//! its dyno.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Trial;
use super::error::TrialError;
use super::followed::{FollowedRun, RunSources};
use super::overrides::{Overridden, override_config};
use super::page::{ShownJob, ShownJobs};
use super::watch::{Earlier, Observed, Watch};
use crate::dashboard::board::alerts;
use picletter_core::config::{Config, Job, common_zone};
use picletter_core::deploy::apply::ApprovedPlan;
use picletter_core::deploy::clouds::Clouds;
use picletter_core::deploy::connect::connect;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::http::{Timings, Verbosity};
use picletter_core::deploy::image::Image;
use picletter_core::deploy::live::LiveState;
use picletter_core::deploy::plan::Plan;
use picletter_core::deploy::redact::Redactor;
use picletter_core::deploy::step::{Progress, Step, StepContext as _};
use picletter_logic_apps::LogicApp;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::program::Program;
use picletter_sandbox::heroku::{Isolation, Process};
use picletter_sandbox::image::{WorkerImage, check_standalone};

/// Shorter than for real services: the fakes respond fast.
const TIMINGS: Timings = Timings {
    backoff: Duration::from_millis(50),
    poll: Duration::from_millis(20),
    answer: Duration::from_secs(30),
    longest_retry_after: Duration::from_secs(1),
    longest_poll: Duration::from_millis(20),
};

/// A configuration that can be deployed to the fakes of a trial.
pub(crate) struct LocalDeployment<'a> {
    trial: &'a Trial,
    clouds: Clouds,
    desired: DesiredState,
    image: Image,
    config: Config,
    notes: Vec<String>,
    no_image: Option<String>,
    redactor: Redactor,
    observed: UnboundedReceiver<Observed>,
}

impl<'a> LocalDeployment<'a> {
    /// Prepares the fakes of `trial` for `config`, with dynos that run `worker`.
    ///
    /// Adds the generated secrets to `redactor`.
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
            notes,
            no_image,
            redactor: redactor.clone(),
            observed,
        })
    }

    /// The differences of the deployed configuration from the file, one line each.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Why dynos run the worker directly instead of its image.
    pub(crate) fn no_image(&self) -> Option<&str> {
        self.no_image.as_deref()
    }

    /// The jobs as they are deployed.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.config.jobs.clone()
    }

    /// The live state, and the plan for it.
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

    /// Pauses the deployed jobs, and shows them on the page, which can start runs of them.
    pub(crate) async fn pause_and_show(&self) -> Result<(), TrialError> {
        let live = LiveState::read(&self.clouds, &self.desired).await?;
        let mut jobs = Vec::new();
        for job in &self.config.jobs {
            let desired = self.desired.jobs.iter();
            let desired = desired.filter(|desired| desired.workflow == job.workflow);
            let alerts = desired.map(|desired| alerts(&self.config, job, desired, &live.azure));
            // No runs on schedule while the page is open.
            let id = self.workflow_id(job).await?;
            self.clouds.arm.disable(&id).await.in_step(Step::Pause)?;
            let mut parameters = self.parameters(job);
            // Simulated runs have a separate fake of Heroku.
            parameters.remove("heroku_api_url");
            jobs.push(ShownJob {
                app: self.logic_app(job)?,
                job: job.clone(),
                parameters,
                alerts: alerts.flatten().collect(),
            });
        }
        self.trial.show(ShownJobs {
            app: self.config.heroku.app.clone(),
            zone: common_zone(&self.config.jobs.iter().collect::<Vec<_>>()),
            jobs,
            redactor: self.redactor.clone(),
        });
        Ok(())
    }

    /// Starts a run of a paused job.
    pub(crate) async fn start_run(&mut self, job: &Job) -> Result<FollowedRun<'_>, TrialError> {
        let arm = &self.clouds.arm;
        let id = self.workflow_id(job).await?;
        let workflow = arm.workflow(&id).await.in_step(Step::ReadWorkflow)?;
        let workflow = workflow.ok_or(TrialError::NoWorkflow)?;
        let triggers = arm.triggers(&id).await.in_step(Step::ReadTriggers)?;
        let by_hand = workflow.trigger_by_hand();
        let trigger = triggers
            .iter()
            .find(|trigger| Some(trigger.name.as_str()) == by_hand)
            .ok_or(TrialError::NoWorkflow)?;

        let app = self.logic_app(job)?;
        let sandbox = self.trial.sandbox();
        let events = app.subscribe();
        let earlier = Earlier::read(sandbox);
        // Triggers of a disabled workflow cannot be run.
        app.enable();
        let run = arm.run_trigger(&id, &trigger.name).await;
        app.disable();
        Ok(FollowedRun::new(RunSources {
            sandbox,
            app,
            run: run.in_step(Step::RunTrigger)?,
            definition: &workflow.definition,
            events,
            observed: &mut self.observed,
            earlier,
        }))
    }

    async fn workflow_id(&self, job: &Job) -> Result<String, TrialError> {
        let id = self.clouds.workflow_id(&self.desired, &job.workflow).await;
        Ok(id.in_step(Step::FindSubscription)?)
    }

    fn logic_app(&self, job: &Job) -> Result<LogicApp, TrialError> {
        let app = self.trial.sandbox().azure().workflow(&job.workflow);
        app.ok_or(TrialError::NoWorkflow)
    }

    /// The template's parameters for a job, without the secret ones.
    fn parameters(&self, job: &Job) -> Map<String, Value> {
        let mut jobs = self.desired.jobs.iter();
        let desired = jobs.find(|desired| desired.workflow == job.workflow);
        desired
            .map(|job| job.parameters.clone())
            .unwrap_or_default()
    }
}

/// The image as a docker-archive, in an unnamed file.
fn archived(image: &WorkerImage) -> Result<Image, TrialError> {
    let mut file = tempfile::tempfile().map_err(TrialError::Image)?;
    let archive = image.docker_archive().map_err(TrialError::Image)?;
    file.write_all(&archive).map_err(TrialError::Image)?;
    Ok(Image::read(file, Path::new("the worker's image"))?)
}

/// Makes dynos run the worker's image, if the machine and the program support it, or else the program
/// itself. Returns why the image cannot run.
fn run_dynos(sandbox: &Sandbox, worker: &Path, program: &[u8]) -> Option<String> {
    let isolation = check_standalone(program)
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
