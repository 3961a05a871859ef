//! Kinds and names of the resources that a deployment creates, changes, or removes.

use std::fmt;

use serde::{Serialize, Serializer};

use super::naming::ACTION_GROUP;

/// A cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// Heroku.
    Heroku,
    /// Azure.
    Azure,
}

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// A Heroku app.
    App,
    /// The app's config vars.
    ConfigVars,
    /// The image of the app's process type.
    Image,
    /// The process type's size and number of permanent dynos.
    Formation,
    /// The Heroku authorization with which the workflow starts dynos.
    Authorization,
    /// An Azure resource group.
    ResourceGroup,
    /// The Logic App.
    Workflow,
    /// The receivers of alerts.
    ActionGroup,
    /// A rule that raises an alert.
    MetricAlert,
}

impl ResourceKind {
    /// The vendor's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::ConfigVars => "config vars",
            Self::Image => "image",
            Self::Formation => "formation",
            Self::Authorization => "authorization",
            Self::ResourceGroup => "resource group",
            Self::Workflow => "workflow",
            Self::ActionGroup => "action group",
            Self::MetricAlert => "metric alert",
        }
    }

    /// Its cloud.
    pub const fn cloud(self) -> Cloud {
        match self {
            Self::App | Self::ConfigVars | Self::Image | Self::Formation | Self::Authorization => {
                Cloud::Heroku
            }
            Self::ResourceGroup | Self::Workflow | Self::ActionGroup | Self::MetricAlert => {
                Cloud::Azure
            }
        }
    }

    /// The kind of an alert's resource, by Azure's resource type.
    pub(super) fn from_alert_type(r#type: &str) -> Self {
        if r#type == ACTION_GROUP {
            Self::ActionGroup
        } else {
            Self::MetricAlert
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ResourceKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A resource's kind and display name, which need not be unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceName {
    /// The kind.
    pub kind: ResourceKind,
    /// The name or description.
    pub name: String,
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
