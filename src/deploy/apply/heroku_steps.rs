//! The steps of a deployment at Heroku: the app, its config vars, its image.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{Decided, Doing};
use crate::deploy::clouds::{CloudError, During as _, Step, StepError, both};
use crate::deploy::heroku::{Formation, NewApp};
use crate::deploy::plan::{self, Change, kind};
use crate::deploy::wanted::MADE_APP;

impl Doing<'_> {
    pub(super) async fn app(&self) -> Result<(), StepError> {
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
    pub(super) async fn has_app(&self) -> bool {
        let app = self.clouds.heroku.app(&self.decided.wanted.app).await;
        matches!(app, Ok(Some(_)))
    }

    /// Config vars and image.
    pub(super) async fn fill_app(&self) -> Result<(), StepError> {
        // The image goes up while the config vars are set; it is released after them, so that no
        // dyno of it runs without them.
        let (release, pushed) = tokio::join!(self.config_vars(), self.push());
        let (release, ()) = both(release, pushed)?;
        self.release(release.as_deref()).await
    }

    /// Sets the config vars. Gives the id of the app's latest release then, which stays the latest
    /// until the image is released.
    pub(super) async fn config_vars(&self) -> Result<Option<String>, StepError> {
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

    pub(super) async fn push(&self) -> Result<(), StepError> {
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

    pub(super) async fn release(&self, latest: Option<&str>) -> Result<(), StepError> {
        let Decided { wanted, plan, .. } = self.decided;
        let (heroku, app) = (&self.clouds.heroku, &wanted.app);
        let process_type = &wanted.process_type;
        let quantity = |formation: &[Formation]| {
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
}
