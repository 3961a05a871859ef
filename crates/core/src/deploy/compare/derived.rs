//! Parameters of a workflow that the template derives from the command and the report.

use serde_json::{Map, Value};

use super::Expected;
use crate::config::Report;
use crate::deploy::azure::Workflow;
use picletter_logic_apps::arm::{ArmError, Resource};

/// A placeholder for the command, with which the template is evaluated to see where it appears.
const MARK: &str = "\u{e000}";

/// The dependence of the workflow's parameters on the command and the report.
pub(super) struct Derived {
    /// The dependent parameters.
    pub(super) names: Vec<String>,
    /// The parameters for each report, with [`MARK`] instead of the command.
    shapes: Vec<(Report, Value)>,
}

impl Derived {
    pub(super) fn new<F>(expected: &Expected<'_, F>) -> Result<Self, ArmError>
    where
        F: Fn(Map<String, Value>) -> Result<Resource, ArmError>,
    {
        let mut shapes = Vec::new();
        for report in Report::ALL {
            let mut parameters = expected.parameters.clone();
            parameters.insert("command".to_owned(), MARK.into());
            parameters.insert("report".to_owned(), report.name().into());
            let mut resource = (expected.evaluate)(parameters)?;
            shapes.push((report, resource.properties["parameters"].take()));
        }
        let names = shapes.first().and_then(|(_, shape)| shape.as_object());
        let names = names.into_iter().flat_map(Map::keys);
        let differs = |name: &&String| {
            let value = |shape: &'_ Value| shape[name.as_str()]["value"].clone();
            let mut values = shapes.iter().map(|(_, shape)| value(shape));
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        Ok(Self {
            names: names.filter(differs).cloned().collect(),
            shapes,
        })
    }

    /// The report that the live workflow was deployed with, whatever its command.
    pub(super) fn report(&self, live: &Workflow) -> Option<Report> {
        let fits = |shape: &Value| {
            self.names
                .iter()
                .zip(self.values(live))
                .all(|(name, value)| {
                    let shape = &shape[name.as_str()]["value"];
                    match (
                        shape.as_str().and_then(|shape| shape.split_once(MARK)),
                        value.as_str(),
                    ) {
                        (Some((before, after)), Some(value)) => value
                            .strip_prefix(before)
                            .is_some_and(|rest| rest.ends_with(after)),
                        _ => shape == value,
                    }
                })
        };
        let mut shapes = self.shapes.iter();
        shapes
            .find(|(_, shape)| fits(shape))
            .map(|(report, _)| *report)
    }

    pub(super) fn values<'a>(&'a self, live: &'a Workflow) -> impl Iterator<Item = &'a Value> {
        let names = self.names.iter();
        names.map(|name| &live.parameters[name.as_str()]["value"])
    }
}
