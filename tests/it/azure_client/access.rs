//! What a role allows, and where a provider offers what.

use picletter::deploy::azure::{Permission, Provider};
use serde_json::json;

#[test]
fn an_action_is_allowed_by_its_patterns_but_for_those_taken_out() {
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
fn a_location_is_named_as_requests_name_it() {
    let provider: Provider = serde_json::from_value(json!({
        "namespace": "Microsoft.Logic",
        "registrationState": "Registered",
        "resourceTypes": [{ "resourceType": "workflows", "locations": ["West Europe"] }],
    }))
    .unwrap();
    assert_eq!(provider.locations("Workflows"), ["westeurope"]);
    assert!(provider.locations("integrationAccounts").is_empty());
}
