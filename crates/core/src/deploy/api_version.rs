//! API versions of resource types, the same as in the template.

/// `Microsoft.Logic/workflows`.
pub(in crate::deploy) const WORKFLOWS: &str = "2019-05-01";
/// `Microsoft.Insights/actionGroups`.
pub(in crate::deploy) const ACTION_GROUPS: &str = "2023-01-01";
/// `Microsoft.Insights/metricAlerts`.
pub(in crate::deploy) const METRIC_ALERTS: &str = "2018-03-01";
