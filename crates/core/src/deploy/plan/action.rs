//! Actions of a plan, with the data for the steps that execute them.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Serialize;

use crate::deploy::heroku::{NewApp, Scope};
use picletter_oci::ImageId;

/// The action on one resource.
#[derive(Debug, Clone)]
pub enum Action {
    /// Nothing.
    Keep,
    /// The app is created.
    CreateApp(NewApp),
    /// The app's stack becomes `container`.
    SetContainerStack,
    /// Config vars get new values.
    SetConfigVars {
        /// The names and values to set; other config vars stay.
        vars: BTreeMap<String, SecretString>,
        /// Whether the app has no config vars yet.
        are_first: bool,
    },
    /// An image is released for the process type.
    ReleaseImage {
        /// The image.
        image: ImageId,
        /// Whether it has to be pushed first, because the registry does not hold it.
        push: bool,
        /// Whether the process type has no release yet.
        is_first: bool,
    },
    /// The process type has no image and none is given, so the plan cannot be applied.
    RequireImage,
    /// The quantity of the process type becomes 0, and its size that of the job.
    SetFormation {
        /// The size, such as `basic`.
        size: String,
    },
    /// The workflow gets a new authorization.
    CreateAuthorization {
        /// The authorization's description.
        description: String,
        /// The authorization's scope.
        scope: Scope,
        /// Whether it replaces others.
        replaces: bool,
    },
    /// Authorizations that no workflow uses are revoked. Decided during the step, because a run may
    /// need one by then.
    RevokeAuthorizations,
    /// The resource group is created.
    CreateResourceGroup {
        /// The group's location, such as `westeurope`.
        location: String,
    },
    /// The resource is created by the deployment of the template.
    Deploy,
    /// The resource is changed by the deployment of the template.
    Redeploy,
    /// The resource is deleted from Azure.
    DeleteResource {
        /// The resource id.
        id: String,
        /// The version of the resource type's API.
        api_version: &'static str,
    },
}

/// The effect of an action on its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is created.
    Create,
    /// It is changed.
    Change,
    /// It is removed.
    Remove,
    /// It is not changed.
    Keep,
}

impl Action {
    /// The effect on the resource.
    pub const fn change(&self) -> Change {
        match self {
            Self::Keep => Change::Keep,
            Self::CreateApp(_)
            | Self::SetConfigVars {
                are_first: true, ..
            }
            | Self::ReleaseImage { is_first: true, .. }
            | Self::RequireImage
            | Self::CreateAuthorization {
                replaces: false, ..
            }
            | Self::CreateResourceGroup { .. }
            | Self::Deploy => Change::Create,
            Self::SetContainerStack
            | Self::SetConfigVars { .. }
            | Self::ReleaseImage { .. }
            | Self::SetFormation { .. }
            | Self::CreateAuthorization { .. }
            | Self::RevokeAuthorizations
            | Self::Redeploy => Change::Change,
            Self::DeleteResource { .. } => Change::Remove,
        }
    }

    /// Whether it is part of the deployment of the template.
    pub(super) const fn deploys_template(&self) -> bool {
        matches!(self, Self::Deploy | Self::Redeploy)
    }
}
