//! Clients of both clouds.

use super::azure::{self, Arm};
use super::desired::DesiredState;
use super::heroku::HerokuApi;
use super::registry::Registry;

/// The clients that a deployment needs.
#[derive(Debug, Clone)]
pub struct Clouds {
    /// Heroku's Platform API.
    pub heroku: HerokuApi,
    /// Heroku's container registry.
    pub registry: Registry,
    /// Azure Resource Manager.
    pub arm: Arm,
}

impl Clouds {
    /// The id of the desired subscription.
    ///
    /// # Errors
    /// It cannot be found.
    pub async fn subscription_id(&self, desired: &DesiredState) -> Result<String, azure::Error> {
        let subscription = desired.subscription.as_deref();
        self.arm.subscription_id(subscription).await
    }

    /// The resource id of the workflow of that name.
    ///
    /// # Errors
    /// The subscription cannot be found.
    pub async fn workflow_id(
        &self,
        desired: &DesiredState,
        workflow: &str,
    ) -> Result<String, azure::Error> {
        let subscription = self.subscription_id(desired).await?;
        Ok(desired.names(&subscription).workflow_id(workflow))
    }
}
