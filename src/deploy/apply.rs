//! Brings both clouds to what is wanted, step by step. Each step leaves a state that the next
//! deployment goes on from; steps that need nothing of one another are taken at the same time.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::azure::{self, Deployment, Operation, Parameter, Workflow};
use super::clouds::{CloudError, Clouds, During as _, Step, StepError, both};
use super::heroku::{NewApp, NewAuthorization};
use super::image::Image;
use super::live::{Ids, Live};
use super::plan::{self, Change, Cloud, Item, Plan, kind};
use super::revocation::Unused;
use super::wanted::{AUTHORIZATION_TAG, Held, MADE_APP, MADE_BY, Wanted};

/// How often the result of a deployment is read until it is what was deployed.
const LOOKS: u32 = 3;

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

/// What a deployment leaves for a later one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The id of the active run for which an earlier token is not revoked yet.
    pub token_needed_by: Option<String>,
    /// Things at Azure that differ from the template right after it was deployed, by kind and name:
    /// Azure stores them differently, and every plan will show them.
    pub stored_differently: Vec<String>,
}

impl Decided<'_> {
    /// Does it, and reads everything again: success means that what is live is what was wanted.
    ///
    /// # Errors
    /// The plan lacks something; a step failed; somebody else changed something meanwhile. Steps that
    /// were under way at the same time have come to their end.
    pub async fn apply(
        &self,
        clouds: &Clouds,
        progress: &dyn Progress,
    ) -> Result<Applied, StepError> {
        self.plan.is_complete()?;
        let doing = Doing {
            decided: *self,
            clouds,
            progress,
        };
        // What it changes was there when the plan was made, or was created by it.
        let applied = Box::pin(doing.apply()).await;
        let applied = applied.map_err(StepError::removed_meanwhile);
        match applied {
            Err(error) if matches!(error.error, CloudError::AuthorizationRevoked) => {
                self.apply_with_another_token(clouds, progress, error).await
            }
            applied => applied,
        }
    }

    /// Gives the workflow another token in place of one that somebody revoked while this deployment
    /// was under way. Where more than that has to change, `revoked` stays the result.
    async fn apply_with_another_token(
        &self,
        clouds: &Clouds,
        progress: &dyn Progress,
        revoked: StepError,
    ) -> Result<Applied, StepError> {
        let live = Box::pin(Live::read(clouds, self.wanted)).await?;
        let plan = Plan::new(self.wanted, &live, false)?;
        if !plan.changes_only_the_token() {
            return Err(revoked);
        }
        let decided = Decided {
            live: &live,
            plan: &plan,
            ..*self
        };
        let doing = Doing {
            decided,
            clouds,
            progress,
        };
        let applied = Box::pin(doing.apply()).await;
        applied.map_err(StepError::removed_meanwhile)
    }
}

struct Doing<'a> {
    decided: Decided<'a>,
    clouds: &'a Clouds,
    progress: &'a dyn Progress,
}

impl Doing<'_> {
    async fn apply(&self) -> Result<Applied, StepError> {
        self.check_prerequisites().await?;
        self.check_nothing_changed().await?;
        // Not try_join: what has begun on the one side comes to its end when the other fails.
        let (app, group) = tokio::join!(self.app(), self.resource_group());
        both(app, group)?;
        let (filled, valid) = tokio::join!(self.fill_app(), self.validate());
        both(filled, valid)?;
        let authorization = self.deploy().await?;
        self.remove_alerts().await?;
        self.settle(authorization).await
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
        let Live { heroku, azure, .. } = self.decided.live;
        if heroku.app.is_none() && azure.workflow.is_none() {
            // Heroku creates an app of this name only once, and for one of two who deploy it.
            return Ok(());
        }
        let (app, workflow, deploying) = tokio::join!(
            self.check_app(),
            self.check_workflow(),
            self.check_no_deployment()
        );
        both(both(app, workflow), deploying)?;
        Ok(())
    }

    /// Azure does not execute a deployment of this workflow at the moment.
    async fn check_no_deployment(&self) -> Result<(), StepError> {
        let step = Step::CheckNothingChanged;
        if self.is_deploying().await.during(step)? {
            return Err(CloudError::AnotherDeployment).during(step);
        }
        Ok(())
    }

    async fn is_deploying(&self) -> Result<bool, azure::Error> {
        let Decided { wanted, live, .. } = self.decided;
        let (group, name) = (&wanted.resource_group, wanted.deployment_name());
        let subscription = &live.azure.subscription;
        self.clouds
            .arm
            .is_deploying(subscription, group, &name)
            .await
    }

    /// The app's latest release is that of the plan.
    async fn check_app(&self) -> Result<(), StepError> {
        let live = &self.decided.live.heroku;
        if live.app.is_none() {
            return Ok(());
        }
        self.check_release(live.release()).await
    }

    /// The app's latest release is this one.
    async fn check_release(&self, expected: Option<&str>) -> Result<(), StepError> {
        if self.latest_release().await?.as_deref() != expected {
            let changed = CloudError::ChangedMeanwhile("the app");
            return Err(changed).during(Step::CheckNothingChanged);
        }
        Ok(())
    }

    async fn latest_release(&self) -> Result<Option<String>, StepError> {
        let app = &self.decided.wanted.app;
        let releases = self.clouds.heroku.releases(app, 1).await;
        let releases = releases.during(Step::CheckNothingChanged)?;
        Ok(releases.into_iter().next().map(|release| release.id))
    }

    /// The workflow is that of the plan. ARM has no ETag for workflows, so this compares `version` and
    /// `state`.
    async fn check_workflow(&self) -> Result<(), StepError> {
        let Decided { wanted, live, .. } = self.decided;
        let step = Step::CheckNothingChanged;
        let ids = Ids::new(&live.azure.subscription, wanted);
        let workflow = self.clouds.arm.workflow(&ids.workflow).await;
        let workflow = workflow.during(step)?;
        let compared = |it: &Workflow| (it.version.clone(), it.state.clone());
        if workflow.as_ref().map(compared) != live.azure.workflow.as_ref().map(compared) {
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
                let creating = async {
                    match heroku.create_app(&new).await {
                        // Not there when the plan was made, and there now: somebody was faster.
                        Err(error) if error.refusal().is_some() && self.has_app().await => {
                            Err(CloudError::ChangedMeanwhile("the app"))
                        }
                        created => Ok(created.map(drop)?),
                    }
                };
                self.step(Step::CreateApp, creating).await?;
            }
            Change::Change => {
                self.step(Step::SetStack, heroku.set_build_stack(app))
                    .await?;
            }
            Change::Keep | Change::Remove => {}
        }
        Ok(())
    }

    /// Whether this account can read the app now.
    async fn has_app(&self) -> bool {
        let app = self.clouds.heroku.app(&self.decided.wanted.app).await;
        matches!(app, Ok(Some(_)))
    }

    /// Config vars and image.
    async fn fill_app(&self) -> Result<(), StepError> {
        // The image goes up while the config vars are set; it is released after them, so that no
        // dyno of it runs without them.
        let (release, pushed) = tokio::join!(self.config_vars(), self.push());
        let (release, ()) = both(release, pushed)?;
        self.release(release.as_deref()).await
    }

    /// Sets the config vars. Gives the id of the app's latest release then, which stays the latest
    /// until the image is released.
    async fn config_vars(&self) -> Result<Option<String>, StepError> {
        let Decided {
            wanted, live, plan, ..
        } = self.decided;
        if plan.of(kind::CONFIG_VARS) == Change::Keep {
            return Ok(live.heroku.release().map(str::to_owned));
        }
        let mut changed: BTreeMap<String, Option<SecretString>> = BTreeMap::new();
        for (name, value) in plan::changed_config_vars(wanted, live) {
            changed.insert(name.clone(), Some(value.clone()));
        }
        if plan::marks_app(wanted, live) {
            changed.insert(MADE_APP.to_owned(), Some("1".into()));
        }
        // Since the first check a group may have been created, which takes a while.
        self.check_app().await?;
        let set = self.clouds.heroku.set_config_vars(&wanted.app, &changed);
        self.step(Step::SetConfigVars, set).await?;
        self.latest_release().await
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

    async fn release(&self, latest: Option<&str>) -> Result<(), StepError> {
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
            // Since the config vars were set the image was pushed, which takes minutes.
            self.check_release(latest).await?;
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

    /// What Azure refuses is refused before a secret is made for it.
    async fn validate(&self) -> Result<(), StepError> {
        if !self.decided.plan.deploys_template() {
            return Ok(());
        }
        let deployment = self.deployment("", "-".into());
        let validating = self.clouds.arm.validate(&deployment);
        self.step(Step::Validate, validating).await
    }

    /// Gives the workflow a new token, and deploys the template with it. Gives the id of the token's
    /// authorization.
    ///
    /// The authorization is created first and the workflow is looked at then, so that a `pause` beside
    /// it is either seen here or sees the authorization: see [`super::schedule_switch`].
    async fn deploy(&self) -> Result<Option<String>, StepError> {
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
        let description = wanted.authorization_description(&live.azure.subscription);
        let scopes = [scope.name()];
        let heroku = &self.clouds.heroku;
        let creating = heroku.create_authorization(&scopes, &description);
        let NewAuthorization { id, token } = self.step(Step::CreateAuthorization, creating).await?;
        let deployed = async {
            self.check_workflow().await?;
            let deployment = self.deployment(&id, token);
            let line = |operation: &Operation| {
                let line = format!("{} {}", operation.name, operation.state);
                self.progress.line(Step::Deploy, &line);
            };
            let deploying = self.clouds.arm.deploy(&deployment, line);
            self.step(Step::Deploy, deploying).await
        };
        match Box::pin(deployed).await {
            Ok(_) => Ok(Some(id)),
            Err(error) => {
                self.revoke_if_unused(&id).await;
                Err(error)
            }
        }
    }

    /// Revokes the authorization of a deployment that failed, as far as that is known to be safe; what
    /// stays is revoked by a later one.
    async fn revoke_if_unused(&self, id: &str) {
        let Decided { wanted, live, .. } = self.decided;
        let ids = Ids::new(&live.azure.subscription, wanted);
        // Azure goes on with a deployment that can no longer be followed.
        if !matches!(self.is_deploying().await, Ok(false)) {
            return;
        }
        let Ok(workflow) = self.clouds.arm.workflow(&ids.workflow).await else {
            return;
        };
        let held = workflow
            .as_ref()
            .and_then(|it| it.tags.get(AUTHORIZATION_TAG));
        if held.is_none_or(|held| held != id) {
            let revoking = self.clouds.heroku.delete_authorization(id);
            // The deployment's own error is what is reported.
            let _ = self.step(Step::RevokeAuthorization, revoking).await;
        }
    }

    fn deployment(&self, authorization: &str, token: SecretString) -> Deployment {
        let Decided { wanted, live, .. } = self.decided;
        let webhook = wanted.alert_webhook.clone().unwrap_or_default();
        let secrets = [token, webhook].map(Parameter::Secret);
        let replaced = live.azure.replaced_next(&live.heroku.authorizations);
        let held = Held {
            authorization,
            replaced: &replaced,
        };
        wanted.deployment(&live.azure, &held, secrets)
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

    /// Reads everything again, checks that it is what was wanted, and revokes what nothing needs.
    /// `authorization` is the id of the one that this deployment gave the workflow.
    async fn settle(&self, authorization: Option<String>) -> Result<Applied, StepError> {
        let heroku = &self.clouds.heroku;
        self.progress.begin(Step::Verify);
        let mut verified = Box::pin(self.verify(authorization.as_deref())).await;
        for _ in 1..LOOKS {
            // What was written a moment ago may not be read everywhere yet.
            let is_stale = verified.as_ref().is_err_and(|error| {
                matches!(
                    error.error,
                    CloudError::Differs(_)
                        | CloudError::ChangedMeanwhile(_)
                        | CloudError::AuthorizationRevoked
                )
            });
            if !is_stale {
                break;
            }
            tokio::time::sleep(self.clouds.arm.timings().poll).await;
            verified = Box::pin(self.verify(authorization.as_deref())).await;
        }
        let (live, stored_differently) = verified?;
        self.progress.done(Step::Verify);
        let unused = Unused::new(&live, &self.decided.live.heroku.authorizations);
        for id in &unused.revocable {
            let revoking = heroku.delete_authorization(id);
            self.step(Step::RevokeAuthorization, revoking).await?;
        }
        Ok(Applied {
            token_needed_by: unused.needed_by,
            stored_differently,
        })
    }

    /// What is live, if that is what was wanted; with the names of things at Azure that differ
    /// although the deployment that is in force is this one.
    async fn verify(&self, authorization: Option<&str>) -> Result<(Live, Vec<String>), StepError> {
        let (wanted, step) = (self.decided.wanted, Step::Verify);
        let live = Live::read(self.clouds, wanted).await?;
        if let Some(id) = authorization {
            if live.azure.authorization() != Some(id) {
                return Err(CloudError::ChangedMeanwhile("the workflow")).during(step);
            }
            if !live.heroku.authorizations.iter().any(|one| one.id == id) {
                return Err(CloudError::AuthorizationRevoked).during(step);
            }
        }
        let left = Plan::new(wanted, &live, false)
            .map_err(|StepError { error, .. }| CloudError::RemovedMeanwhile(Box::new(error)))
            .during(step)?
            .differing(&live, wanted);
        // Whether it is paused is the last command's to say.
        let is_switched = live.azure.is_paused() != self.decided.live.azure.is_paused();
        let (azure, heroku): (Vec<_>, Vec<_>) = left.into_iter().partition(|item| {
            item.cloud == Cloud::Azure && authorization.is_some() && !is_switched
        });
        let names = |items: Vec<Item>| -> Vec<String> {
            let items = items.into_iter();
            items
                .map(|item| format!("{} {}", item.kind, item.name))
                .collect()
        };
        // What is missing was not stored differently.
        let is_missing = azure.iter().any(|item| item.change != Change::Change);
        if heroku.is_empty() && !is_missing {
            return Ok((live, names(azure)));
        }
        let left = names(heroku.into_iter().chain(azure).collect());
        Err(CloudError::Differs(left.join(", "))).during(step)
    }
}
