//! Permissions of roles, and locations of providers.

use picletter_core::deploy::azure::{Permission, Provider};
use serde_json::json;

#[test]
fn not_actions_exclude_actions_that_match_a_pattern() {
    let permission: Permission = serde_json::from_value(json!({
        "actions": ["Microsoft.Logic/*", "*/read", "Microsoft.Insights/*/write", "A/b"],
        "notActions": ["microsoft.logic/*/delete"],
    }))
    .unwrap();
    for (action, allowed) in [
        ("Microsoft.Logic/workflows/write", true),
        ("microsoft.logic/workflows/WRITE", true),
        ("Microsoft.Logic/workflows/delete", false),
        ("Microsoft.Web/sites/read", true),
        ("Microsoft.Web/sites/write", false),
        ("Microsoft.Insights/metricAlerts/write", true),
        ("Microsoft.Insights/metricAlerts/delete", false),
        ("A/b", true),
        ("A/b/c", false),
    ] {
        assert_eq!(permission.allows(action), allowed, "{action}");
    }
}

#[test]
fn normalizes_names_of_locations() {
    let provider: Provider = serde_json::from_value(json!({
        "namespace": "Microsoft.Logic",
        "registrationState": "Registered",
        "resourceTypes": [{ "resourceType": "workflows", "locations": ["West Europe"] }],
    }))
    .unwrap();
    assert_eq!(provider.locations("Workflows"), ["westeurope"]);
    assert!(provider.locations("integrationAccounts").is_empty());
}
