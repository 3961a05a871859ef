//! Brings both clouds to what is wanted, step by step. Each step leaves a state that the next
//! deployment goes on from; steps that need nothing of one another are taken at the same time.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::azure::{Deployment, Operation, Parameter};
use super::clouds::{CloudError, Clouds, During as _, Step, StepError, both};
use super::heroku::{NewApp, NewAuthorization};
use super::image::Image;
use super::live::{Ids, Live};
use super::plan::{self, Change, Plan, kind};
use super::wanted::{MADE_APP, MADE_BY, Wanted};

/// What the workflow may do at Heroku.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Everything but config vars: the least that can start a dyno.
    #[default]
    Write,
    /// Config vars too, where Heroku wants that for starting a dyno.
    WriteProtected,
}

impl Scope {
    /// That of a new authorization where there may be some already: once Heroku wanted more than
    /// `write`, it does so again.
    pub fn after(live: &Live) -> Self {
        let authorizations = live.heroku.authorizations.iter();
        let mut scopes = authorizations.flat_map(|authorization| &authorization.scope);
        if scopes.any(|scope| scope == Self::WriteProtected.name()) {
            Self::WriteProtected
        } else {
            Self::Write
        }
    }

    /// Heroku's word for it.
    /// Source: <https://devcenter.heroku.com/articles/oauth#scopes>.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::WriteProtected => "write-protected",
        }
    }
}

/// Is told of the steps, as they go.
pub trait Progress: Sync {
    /// A step begins.
    fn begin(&self, step: Step);
    /// It is done.
    fn done(&self, step: Step);
    /// A line of what goes on within it.
    fn line(&self, step: Step, line: &str);
}

/// Takes a step, and tells of it.
pub(super) async fn step<T>(
    progress: &dyn Progress,
    step: Step,
    doing: impl Future<Output = Result<T, impl Into<CloudError>>>,
) -> Result<T, StepError> {
    progress.begin(step);
    let result = doing.await.during(step)?;
    progress.done(step);
    Ok(result)
}

/// A deployment that is decided on.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// What is wanted.
    pub wanted: &'a Wanted,
    /// What there was when the plan was made.
    pub live: &'a Live,
    /// The plan.
    pub plan: &'a Plan,
    /// The image, where one was given.
    pub image: Option<&'a Image>,
    /// What a new authorization may do.
    pub scope: Scope,
}

impl Decided<'_> {
    /// Does it.
    ///
    /// # Errors
    /// The plan lacks something; a step failed. Those that were under way at the same time have come to
    /// their end.
    pub async fn apply(&self, clouds: &Clouds, progress: &dyn Progress) -> Result<(), StepError> {
        let doing = Doing {
            decided: *self,
            clouds,
            progress,
        };
        self.plan.is_complete()?;
        doing.check_prerequisites().await?;
        doing.all().await.map_err(StepError::removed_meanwhile)
    }
}

struct Doing<'a> {
    decided: Decided<'a>,
    clouds: &'a Clouds,
    progress: &'a dyn Progress,
}

impl Doing<'_> {
    async fn all(&self) -> Result<(), StepError> {
        self.check_nothing_changed().await?;
        // Not try_join: what has begun on the one side comes to its end when the other fails.
        let (app, group) = tokio::join!(self.app(), self.resource_group());
        both(app, group)?;
        let (released, authorization) = tokio::join!(self.fill_app(), self.authorize());
        if let (Err(_), Ok(Some(unused))) = (&released, &authorization) {
            // Nothing holds its token, and a `destroy` at the same time may have read too early.
            let revoking = self.clouds.heroku.delete_authorization(&unused.id);
            let revoked = self.step(Step::RevokeAuthorization, revoking).await;
            return both(released, revoked).map(|_| ());
        }
        let ((), authorization) = both(released, authorization)?;
        self.deploy(authorization).await?;
        self.remove_alerts().await?;
        self.revoke_unused().await
    }

    async fn step<T>(
        &self,
        step: Step,
        doing: impl Future<Output = Result<T, impl Into<CloudError>>>,
    ) -> Result<T, StepError> {
        Box::pin(self::step(self.progress, step, doing)).await
    }

    /// The program that pushes the image is installed, where one has to be pushed.
    async fn check_prerequisites(&self) -> Result<(), StepError> {
        let Decided { wanted, live, .. } = self.decided;
        if self.decided.image.is_some() && plan::pushes(wanted, &live.heroku) {
            let checking = self.clouds.registry.check_skopeo().await;
            checking.during(Step::CheckPrerequisites)?;
        }
        Ok(())
    }

    /// Heroku's release id and the workflow's version are those of the plan.
    async fn check_nothing_changed(&self) -> Result<(), StepError> {
        let Decided { wanted, live, .. } = self.decided;
        if live.heroku.app.is_none() && live.azure.workflow.is_none() {
            // Heroku creates an app of this name only once, and for one of two who deploy it.
            return Ok(());
        }
        let (release, workflow) = tokio::join!(
            async {
                if live.heroku.app.is_none() {
                    return Ok(None);
                }
                let releases = self.clouds.heroku.releases(&wanted.app, 1).await?;
                Ok::<_, CloudError>(releases.into_iter().next().map(|release| release.id))
            },
            self.check_workflow()
        );
        let step = Step::CheckNothingChanged;
        let unchanged = release.and_then(|release| {
            if release.as_deref() == live.heroku.release() {
                Ok(())
            } else {
                Err(CloudError::ChangedMeanwhile("the app"))
            }
        });
        both(unchanged.during(step), workflow)?;
        Ok(())
    }

    /// The workflow is that of the plan: for want of entity tags its version tells.
    async fn check_workflow(&self) -> Result<(), StepError> {
        let Decided { wanted, live, .. } = self.decided;
        let step = Step::CheckNothingChanged;
        let ids = Ids::new(&live.azure.subscription, wanted);
        let workflow = self.clouds.arm.workflow(&ids.workflow).await;
        let version = workflow.during(step)?.map(|workflow| workflow.version);
        let before = live.azure.workflow.as_ref();
        if version != before.map(|workflow| workflow.version.clone()) {
            return Err(CloudError::ChangedMeanwhile("the workflow")).during(step);
        }
        Ok(())
    }

    async fn app(&self) -> Result<(), StepError> {
        let Decided { wanted, plan, .. } = self.decided;
        let (heroku, app) = (&self.clouds.heroku, &wanted.app);
        match plan.of(kind::APP) {
            Change::Create => {
                let new = NewApp {
                    name: app.clone(),
                    region: wanted.region.clone(),
                    team: wanted.team.clone(),
                };
                self.step(Step::CreateApp, heroku.create_app(&new)).await?;
            }
            Change::Change => {
                self.step(Step::SetStack, heroku.set_build_stack(app))
                    .await?;
            }
            Change::Keep | Change::Remove => {}
        }
        Ok(())
    }

    /// Config vars and image.
    async fn fill_app(&self) -> Result<(), StepError> {
        // The image goes up while the config vars are set; it is released after them, so that no
        // dyno of it runs without them.
        let (vars, pushed) = tokio::join!(self.config_vars(), self.push());
        both(vars, pushed)?;
        self.release().await
    }

    async fn config_vars(&self) -> Result<(), StepError> {
        let Decided {
            wanted, live, plan, ..
        } = self.decided;
        if plan.of(kind::CONFIG_VARS) == Change::Keep {
            return Ok(());
        }
        let mut changed: BTreeMap<String, Option<SecretString>> = BTreeMap::new();
        for (name, value) in plan::changed_config_vars(wanted, live) {
            changed.insert(name.clone(), Some(value.clone()));
        }
        if plan::marks_app(wanted, live) {
            changed.insert(MADE_APP.to_owned(), Some("1".into()));
        }
        let set = self.clouds.heroku.set_config_vars(&wanted.app, &changed);
        self.step(Step::SetConfigVars, set).await
    }

    async fn push(&self) -> Result<(), StepError> {
        let Decided {
            wanted,
            live,
            image,
            ..
        } = self.decided;
        let Some(image) = image.filter(|_| plan::pushes(wanted, &live.heroku)) else {
            return Ok(());
        };
        let line = |line: &str| self.progress.line(Step::Push, line);
        let pushing = self
            .clouds
            .registry
            .push(image, &wanted.app, &wanted.process_type, &line);
        self.step(Step::Push, pushing).await
    }

    async fn release(&self) -> Result<(), StepError> {
        let Decided { wanted, plan, .. } = self.decided;
        let (heroku, app) = (&self.clouds.heroku, &wanted.app);
        let process_type = &wanted.process_type;
        let quantity = |formation: &[super::heroku::Formation]| {
            let of_type = formation.iter().find(|one| one.r#type == *process_type);
            of_type.map_or(0, |formation| formation.quantity)
        };
        let mut running = plan.of(kind::FORMATION) != Change::Keep;
        let image = wanted.image.as_ref();
        if let Some(image) = image.filter(|_| plan.of(kind::IMAGE) != Change::Keep) {
            let releasing = heroku.release_image(app, process_type, image);
            let formation = self.step(Step::Release, releasing).await?;
            running |= quantity(&formation) > 0;
            let releases = heroku.releases(app, 1).await.during(Step::AwaitRelease)?;
            if let Some(release) = releases
                .first()
                .filter(|release| release.status != "succeeded")
            {
                let line = |line: &str| self.progress.line(Step::AwaitRelease, line);
                let awaited = heroku.await_release(app, release, &line);
                self.step(Step::AwaitRelease, awaited).await?;
            }
        }
        if !running {
            return Ok(());
        }
        // Dynos of a formation are billed; only one-off dynos are wanted.
        let scaling = async {
            let formation = heroku.scale(app, process_type, 0).await?;
            match quantity(&formation) {
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

    async fn resource_group(&self) -> Result<(), StepError> {
        let Decided {
            wanted, live, plan, ..
        } = self.decided;
        if plan.of(kind::RESOURCE_GROUP) == Change::Create {
            let location = wanted.location.clone().unwrap_or_default();
            let tags = BTreeMap::from([(MADE_BY.0.to_owned(), MADE_BY.1.to_owned())]);
            let creating = self.clouds.arm.create_resource_group(
                &live.azure.subscription,
                &wanted.resource_group,
                &location,
                &tags,
            );
            self.step(Step::CreateResourceGroup, creating).await?;
        }
        Ok(())
    }

    /// What the workflow is to start dynos by.
    async fn authorize(&self) -> Result<Option<NewAuthorization>, StepError> {
        let Decided {
            wanted,
            live,
            scope,
            plan,
            ..
        } = self.decided;
        if !plan.deploys_template() {
            return Ok(None);
        }
        // What the service refuses is refused before a secret is made for it.
        let deployment = self.deployment("", "-".into());
        let validating = self.clouds.arm.validate(&deployment);
        // Whoever was faster with the workflow holds it, and no second token is made.
        let (validated, unchanged) = tokio::join!(
            self.step(Step::Validate, validating),
            Box::pin(self.check_workflow())
        );
        both(unchanged, validated)?;
        let description = wanted.authorization_description(&live.azure.subscription);
        let scopes = [scope.name()];
        let creating = self
            .clouds
            .heroku
            .create_authorization(&scopes, &description);
        self.step(Step::CreateAuthorization, creating)
            .await
            .map(Some)
    }

    fn deployment(&self, authorization: &str, token: SecretString) -> Deployment {
        let Decided { wanted, live, .. } = self.decided;
        let webhook = wanted.alert_webhook.clone().unwrap_or_default();
        let secrets = [token, webhook].map(Parameter::Secret);
        wanted.deployment(&live.azure, authorization, secrets)
    }

    async fn deploy(&self, authorization: Option<NewAuthorization>) -> Result<(), StepError> {
        let Some(NewAuthorization { id, token, .. }) = authorization else {
            return Ok(());
        };
        let deployment = self.deployment(&id, token);
        let line = |operation: &Operation| {
            let line = format!("{} {}", operation.name, operation.state);
            self.progress.line(Step::Deploy, &line);
        };
        let deploying = self.clouds.arm.deploy(&deployment, line);
        self.step(Step::Deploy, deploying).await?;
        Ok(())
    }

    /// Alerts that are no longer asked for.
    async fn remove_alerts(&self) -> Result<(), StepError> {
        let Decided { live, plan, .. } = self.decided;
        for alert in &live.azure.alerts {
            let removed = plan
                .items
                .iter()
                .any(|item| item.change == Change::Remove && item.name == alert.name);
            if removed {
                let deleting = self.clouds.arm.delete(&alert.id, alert.api_version);
                self.step(Step::DeleteAlerts, deleting).await?;
            }
        }
        Ok(())
    }

    /// Only what was there before the plan: a deployment that goes on at the same time may be about
    /// to use what came since.
    async fn revoke_unused(&self) -> Result<(), StepError> {
        let Decided { live, plan, .. } = self.decided;
        for id in plan::unused_authorizations(live, plan) {
            let revoking = self.clouds.heroku.delete_authorization(id);
            self.step(Step::RevokeAuthorization, revoking).await?;
        }
        Ok(())
    }
}
