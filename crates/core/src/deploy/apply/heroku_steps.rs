//! The steps of a deployment at Heroku: the app, its config vars, its image.

use super::{ApprovedPlan, Deployer};
use crate::deploy::heroku::Formation;
use crate::deploy::plan::{self, Action};
use crate::deploy::step::{CloudError, Step, StepContext as _, StepError, join_results};

impl Deployer<'_> {
    pub(super) async fn app(&self) -> Result<(), StepError> {
        let heroku = &self.clouds.heroku;
        for action in self.approved.plan.actions() {
            match action {
                Action::CreateApp(new) => {
                    let creating = async {
                        match heroku.create_app(new).await {
                            // Created by somebody else since planning.
                            Err(error) if error.refusal().is_some() && self.has_app().await => {
                                Err(self.app_changed())
                            }
                            created => Ok(created.map(drop)?),
                        }
                    };
                    self.step(Step::CreateApp, creating).await?;
                }
                Action::SetContainerStack => {
                    let setting = heroku.set_build_stack(&self.approved.desired.app);
                    self.step(Step::SetStack, setting).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether this account can read the app now.
    pub(super) async fn has_app(&self) -> bool {
        let app = self.clouds.heroku.app(&self.approved.desired.app).await;
        matches!(app, Ok(Some(_)))
    }

    /// Sets the config vars and releases the image.
    pub(super) async fn fill_app(&self) -> Result<(), StepError> {
        // The image is pushed while the config vars are set. It is released after them, so that
        // none of its dynos runs without them.
        let (release, pushed) = tokio::join!(self.config_vars(), self.push());
        let (release, ()) = join_results(release, pushed)?;
        self.release(release.as_deref()).await
    }

    /// Sets the config vars. Returns the id of the app's latest release after that, which stays the
    /// latest until the image is released.
    pub(super) async fn config_vars(&self) -> Result<Option<String>, StepError> {
        let ApprovedPlan {
            desired,
            live,
            plan,
            ..
        } = self.approved;
        let mut actions = plan.actions();
        let changed = actions.find_map(|action| match action {
            Action::SetConfigVars { vars, .. } => Some(vars),
            _ => None,
        });
        let Some(changed) = changed else {
            return Ok(live.heroku.release().map(str::to_owned));
        };
        let changed = changed.iter();
        let changed = changed
            .map(|(name, value)| (name.clone(), Some(value.clone())))
            .collect();
        // Creating a resource group takes a while, so this checks again.
        self.check_app().await?;
        let set = self.clouds.heroku.set_config_vars(&desired.app, &changed);
        self.step(Step::SetConfigVars, set).await?;
        self.latest_release().await
    }

    pub(super) async fn push(&self) -> Result<(), StepError> {
        let ApprovedPlan {
            desired,
            plan,
            image,
            ..
        } = self.approved;
        let mut actions = plan.actions();
        let pushes = actions.any(|it| matches!(it, Action::ReleaseImage { push: true, .. }));
        let Some(image) = image.filter(|_| pushes) else {
            return Ok(());
        };
        let line = |line: &str| self.progress.line(Step::Push, line);
        let pushing = self
            .clouds
            .registry
            .push(image, &desired.app, &desired.process_type, &line);
        self.step(Step::Push, pushing).await
    }

    pub(super) async fn release(&self, latest: Option<&str>) -> Result<(), StepError> {
        let ApprovedPlan { desired, plan, .. } = self.approved;
        let (heroku, app) = (&self.clouds.heroku, &desired.app);
        let process_type = &desired.process_type;
        let find_type = |formation: Vec<Formation>| {
            let mut formation = formation.into_iter();
            formation.find(|one| one.r#type == *process_type)
        };
        // The size to set, if the formation's size or quantity differs.
        let mut size = None;
        for action in plan.actions() {
            let image = match action {
                Action::ReleaseImage { image, .. } => image,
                Action::SetFormation { size: other } => {
                    size = Some(other);
                    continue;
                }
                _ => continue,
            };
            // Pushing the image takes minutes, so this checks again.
            self.check_release(latest).await?;
            let releasing = heroku.release_image(app, process_type, image);
            let formation = self.step(Step::Release, releasing).await?;
            if find_type(formation)
                .is_some_and(|it| it.quantity > 0 || plan::has_another_size(&it, desired))
            {
                size = Some(&desired.dyno_size);
            }
            let releases = heroku.releases(app, 1).await.in_step(Step::AwaitRelease)?;
            if let Some(release) = releases
                .first()
                .filter(|release| release.status != "succeeded")
            {
                let line = |line: &str| self.progress.line(Step::AwaitRelease, line);
                let awaited = heroku.await_release(app, release, &line);
                self.step(Step::AwaitRelease, awaited).await?;
            }
        }
        let Some(size) = size else {
            return Ok(());
        };
        // Dynos of a formation are billed, and only one-off dynos are needed. Their size has to mix
        // with the formation's.
        let scaling = async {
            let formation = heroku.scale(app, process_type, 0, size).await?;
            match find_type(formation).map_or(0, |it| it.quantity) {
                0 => Ok(()),
                quantity => Err(CloudError::Scaled {
                    app: app.clone(),
                    process_type: process_type.clone(),
                    quantity,
                }),
            }
        };
        self.step(Step::Scale, scaling).await
    }
}
