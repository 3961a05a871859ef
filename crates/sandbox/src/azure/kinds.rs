//! The supported types of resources.

use super::refusal::Refusal;
use super::versions;

/// A type of resource.
#[derive(Debug)]
pub(super) struct Kind {
    /// The name, such as `Microsoft.Logic/workflows`.
    pub(super) name: &'static str,
    /// The supported API versions.
    pub(super) versions: &'static [&'static str],
    /// Whether its resources belong to no region.
    pub(super) global: bool,
}

pub(super) static WORKFLOWS: Kind = Kind {
    name: "Microsoft.Logic/workflows",
    versions: versions::WORKFLOWS,
    global: false,
};
pub(super) static ACTION_GROUPS: Kind = Kind {
    name: "Microsoft.Insights/actionGroups",
    versions: versions::ACTION_GROUPS,
    global: true,
};
pub(super) static METRIC_ALERTS: Kind = Kind {
    name: "Microsoft.Insights/metricAlerts",
    versions: versions::METRIC_ALERTS,
    global: true,
};

impl Kind {
    /// All types.
    pub(super) const ALL: [&'static Self; 3] = [&WORKFLOWS, &ACTION_GROUPS, &METRIC_ALERTS];

    /// Finds a type by name. Checks that it supports the API version.
    pub(super) fn find(
        name: &str,
        version: &str,
        location: &str,
    ) -> Result<&'static Self, Refusal> {
        let mut found = Self::ALL.into_iter();
        if let Some(kind) = found.find(|kind| kind.name.eq_ignore_ascii_case(name)) {
            versions::check_provider(version, kind.versions, kind.name, location)?;
            return Ok(kind);
        }
        let (namespace, short) = name.split_once('/').unwrap_or((name, ""));
        let has_type = |kind: &&Self| {
            let kind = kind.name.split('/').next();
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case(namespace))
        };
        Err(if Self::ALL.iter().any(has_type) {
            Refusal::not_found(
                "InvalidResourceType",
                format!(
                    "The resource type '{short}' could not be found in the namespace '{namespace}' for api version '{version}'."
                ),
            )
        } else {
            Refusal::not_found(
                "InvalidResourceNamespace",
                format!("The resource namespace '{namespace}' is invalid."),
            )
        })
    }

    /// Whether both are the same type.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
