//! `[azure]`.

use std::ops::Range;

use toml::de::DeTable;

use super::super::Azure;
use super::super::file_diagnostic::FileDiagnostics;
use super::super::names::{
    is_location, is_resource_group, is_subscription, is_workflow_name, known_location,
    location_for, near_location,
};
use super::super::table::Section;
use picletter_worker::quote::quote;

/// Synonyms of keys.
const SYNONYMS: [(&str, &str); 3] = [
    ("name", "workflow"),
    ("region", "location"),
    ("group", "resource_group"),
];

pub(super) struct ParsedAzure {
    pub(super) azure: Azure,
    /// Whether the file sets the workflow or the resource group.
    pub(super) is_named: bool,
    /// The span of the section's name.
    pub(super) span: Option<Range<usize>>,
}

pub(super) fn read(
    root: &DeTable<'_>,
    errors: &mut FileDiagnostics,
    warnings: &mut FileDiagnostics,
) -> ParsedAzure {
    let keys = ["workflow", "resource_group", "location", "subscription"];
    let section = Section::read(root, "azure", &keys, &SYNONYMS, errors);
    let workflow = section.checked(
        "workflow",
        is_workflow_name,
        "1 to 43 letters, digits, and `-_.()`",
        errors,
    );
    let resource_group = section.checked(
        "resource_group",
        is_resource_group,
        "1 to 90 letters, digits, and `-_.()`, not ending with a dot",
        errors,
    );
    let location = section.text("location", errors).and_then(|location| {
        let meant = location_for(&location.value);
        if is_location(&location.value) && meant.is_none_or(|meant| meant == location.value) {
            return Some(location.value);
        }
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "use the programmatic name, such as `westeurope`".to_owned(),
        };
        let problem = format!("unknown Azure location: {}", quote(&location.value));
        errors.add(location.span, problem, help);
        None
    });
    let unknown = location.as_deref();
    let unknown = unknown.filter(|location| known_location(location).is_none());
    if let Some(location) = unknown {
        let problem = format!("{} is not a known Azure location", quote(location));
        let help = match near_location(location) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`az account list-locations` lists Azure's locations".to_owned(),
        };
        warnings.add(section.value_span("location"), problem, help);
    }
    let subscription = section.checked(
        "subscription",
        is_subscription,
        "an ID or a name; `az account list` lists yours",
        errors,
    );
    ParsedAzure {
        is_named: workflow.is_some() || resource_group.is_some(),
        span: section.span,
        azure: Azure {
            workflow: workflow.unwrap_or_else(|| "picletter".to_owned()),
            resource_group: resource_group.unwrap_or_else(|| "picletter".to_owned()),
            location,
            subscription,
        },
    }
}
