//! ARM templates: parsing, validation, and evaluation as in a deployment to a resource group.
//!
//! Parsing is strict: an unknown property is an error with its path. Not supported: loops (`copy`),
//! nested deployments, user-defined functions, and functions that need a live Azure (`reference`,
//! `list…`).
//!
//! Source: "Understand the structure and syntax of ARM templates".

mod deployment;
mod json;
mod parameters;
mod parser;
mod scope;

use std::fmt;

use serde_json::{Map, Value};

use crate::expression::{EvalError, ParseError, Templated};
pub use deployment::find_workflow;
pub(crate) use deployment::{Property, WORKFLOW};
use parameters::Parameter;
pub use parameters::parse_parameters;

/// A parsed template.
pub struct Template {
    parameters: Vec<Parameter>,
    variables: Vec<(String, Templated)>,
    resources: Vec<ResourceTemplate>,
    outputs: Vec<Output>,
}

/// A resource as declared in the template.
struct ResourceTemplate {
    kind: String,
    api_version: String,
    name: Templated,
    condition: Option<Templated>,
    depends_on: Option<Templated>,
    location: Option<Templated>,
    /// Properties that the evaluation does not interpret, such as `properties`.
    rest: Vec<(String, Templated)>,
}

struct Output {
    name: String,
    kind: parameters::Type,
    value: Templated,
}

/// The resource group that a template is deployed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceGroup {
    /// The subscription's GUID.
    pub subscription_id: String,
    /// The group's name.
    pub name: String,
    /// The group's location, such as `westeurope`.
    pub location: String,
}

/// The result of evaluating a template with parameters.
#[derive(Debug)]
pub struct Deployment {
    /// The resources whose condition is true, in the order of the template.
    pub resources: Vec<Resource>,
    /// The outputs, except secure ones, which Azure does not return either.
    pub outputs: Map<String, Value>,
}

/// A resource with every expression evaluated.
///
/// `Debug` omits the properties, which may contain secrets.
#[derive(Clone)]
pub struct Resource {
    /// Resource type, such as `Microsoft.Logic/workflows`.
    pub r#type: String,
    /// API version, such as `2019-05-01`.
    pub api_version: String,
    /// Name within the resource group.
    pub name: String,
    /// Location, such as `westeurope` or `global`.
    pub location: Option<String>,
    /// Names or ids of the resources that must exist first.
    pub depends_on: Vec<String>,
    /// The value of `properties`, or null.
    pub properties: Value,
    /// All other properties, such as `tags` and `identity`.
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

/// Why a template cannot be deployed. Messages contain no values, which may be secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArmError {
    /// Invalid JSON.
    #[error("{what} is not valid JSON: {message}")]
    Json {
        /// Name of the document: the template or the parameter file.
        what: &'static str,
        /// The parser's message, with line and column.
        message: String,
    },
    /// The structure is not that of a template.
    #[error("{path}: {message}")]
    Structure {
        /// Path within the template, such as `resources[0].copy`.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// An expression cannot be parsed.
    #[error(transparent)]
    Expression(#[from] ParseError),
    /// A parameter is missing, unknown, or invalid.
    #[error("parameter '{name}': {message}")]
    Parameter {
        /// Name of the parameter.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// An expression cannot be evaluated.
    #[error("{0}")]
    Evaluation(EvalError),
}

impl ArmError {
    /// The error for an expression that refers to a parameter with this error.
    fn into_eval_error(self) -> EvalError {
        match self {
            Self::Evaluation(error) => error,
            other => EvalError::new(other.to_string()),
        }
    }

    fn structure(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Structure {
            path: path.into(),
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
