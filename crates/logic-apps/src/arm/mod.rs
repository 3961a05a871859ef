//! ARM templates: read, checked and evaluated as Azure Resource Manager does it in a deployment to a
//! resource group.
//!
//! Strict: what it does not know is an error that names the place. Loops (`copy`), nested
//! deployments, functions of one's own and whatever needs a live Azure (`reference`, `list…`) are not
//! to be had. Source: "Understand the structure and syntax of ARM templates".

mod deployment;
mod json;
mod parameters;
mod reading;
mod scope;

use std::fmt;

use serde_json::{Map, Value};

use crate::expression::{EvalError, ParseError, Templated};
use parameters::Parameter;
pub use parameters::parameters_of;

/// A template that has been read, with every expression in it.
pub struct Template {
    parameters: Vec<Parameter>,
    variables: Vec<(String, Templated)>,
    resources: Vec<ResourceTemplate>,
    outputs: Vec<Output>,
}

/// A resource as the template describes it.
struct ResourceTemplate {
    kind: String,
    api_version: String,
    name: Templated,
    condition: Option<Templated>,
    depends_on: Option<Templated>,
    location: Option<Templated>,
    /// All that has no meaning for the evaluation itself, `properties` among it.
    rest: Vec<(String, Templated)>,
}

struct Output {
    name: String,
    kind: parameters::Type,
    value: Templated,
}

/// Where a template is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceGroup {
    /// The subscription's GUID.
    pub subscription_id: String,
    /// The group's name.
    pub name: String,
    /// The group's location, such as `westeurope`.
    pub location: String,
}

/// What a template comes to for certain parameters.
#[derive(Debug)]
pub struct Deployment {
    /// The resources whose condition holds, in the order of the template.
    pub resources: Vec<Resource>,
    /// The outputs but for secure ones, which Azure does not return either.
    pub outputs: Map<String, Value>,
}

/// A resource with every expression evaluated.
///
/// Its properties may hold secrets, so `Debug` leaves them out.
#[derive(Clone)]
pub struct Resource {
    /// Such as `Microsoft.Logic/workflows`.
    pub r#type: String,
    /// Such as `2019-05-01`.
    pub api_version: String,
    /// Within the resource group.
    pub name: String,
    /// Such as `westeurope` or `global`.
    pub location: Option<String>,
    /// Names or identifiers of the resources that come first.
    pub depends_on: Vec<String>,
    /// `properties`; null where there are none.
    pub properties: Value,
    /// `tags`, `identity`, `sku`, `kind` and their like.
    pub other: Map<String, Value>,
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("type", &self.r#type)
            .field("api_version", &self.api_version)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("parameters", &self.parameters.len())
            .field("resources", &self.resources.len())
            .finish_non_exhaustive()
    }
}

/// Why a template can not be deployed. Values are never shown: they may be secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArmError {
    /// It is no JSON.
    #[error("{what} cannot be read as JSON: {message}")]
    Json {
        /// The template or the file of parameters.
        what: &'static str,
        /// What and where, by line and column.
        message: String,
    },
    /// It is JSON, but not as a template is.
    #[error("{place}: {message}")]
    Structure {
        /// Such as `resources[0].copy`.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// A text in it is no expression.
    #[error(transparent)]
    Expression(#[from] ParseError),
    /// A parameter is missing, unknown or not as the template wants it.
    #[error("parameter '{name}': {message}")]
    Parameter {
        /// Its name.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// An expression has no value.
    #[error("{0}")]
    Evaluation(EvalError),
}

impl ArmError {
    fn structure(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Structure {
            place: place.into(),
            message: message.into(),
        }
    }

    fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::Parameter {
            name: name.to_owned(),
            message: message.into(),
        }
    }
}
