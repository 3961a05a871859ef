//! The types of resources that there are.

use super::refusal::Refusal;
use super::versions;

/// A type of resources.
#[derive(Debug)]
pub(super) struct Kind {
    /// Such as `Microsoft.Logic/workflows`.
    pub(super) name: &'static str,
    /// The versions of its API.
    pub(super) versions: &'static [&'static str],
    /// Whether it is in no region.
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
    /// Each.
    pub(super) const ALL: [&'static Self; 3] = [&WORKFLOWS, &ACTION_GROUPS, &METRIC_ALERTS];

    /// The type of that name, for the version of its API.
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
        let known = |kind: &&Self| {
            let kind = kind.name.split('/').next();
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case(namespace))
        };
        Err(if Self::ALL.iter().any(known) {
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

    /// Whether it is the type of that name.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
