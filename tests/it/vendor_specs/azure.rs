//! The ARM template, compared with Azure's schemas. None covers the contents of a workflow's
//! definition.

use std::path::Path;

use picletter_core::config::Config;
use picletter_core::template::{TEMPLATE, parameter_file, parameters};
use picletter_logic_apps::arm::{Resource, ResourceGroup, Template};
use serde_json::{Value, json};

use crate::vendor_specs::{schema_violations, spec};

pub(crate) const RESOURCES: [(&str, &str, &str); 3] = [
    (
        "Microsoft.Logic/workflows",
        "azure/Microsoft.Logic.2019-05-01.workflows.json",
        "workflows",
    ),
    (
        "Microsoft.Insights/metricAlerts",
        "azure/Microsoft.Insights.2018-03-01.json",
        "metricAlerts",
    ),
    (
        "Microsoft.Insights/actionGroups",
        "azure/Microsoft.Insights.2023-01-01.json",
        "actionGroups",
    ),
];

/// A self-contained schema: includes the shared definitions, and omits the schemas of other
/// vendors' resources.
fn self_contained(mut schema: Value) -> Value {
    let common = spec("azure/common-definitions.json");
    inline(&mut schema, &common["definitions"]["expression"]);
    schema
}

fn inline(schema: &mut Value, expression: &Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref")
                && target.starts_with("https:")
            {
                *schema = if target.ends_with("common/definitions.json#/definitions/expression") {
                    expression.clone()
                } else {
                    json!({})
                };
                return;
            }
            members
                .values_mut()
                .for_each(|member| inline(member, expression));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| inline(item, expression)),
        _ => {}
    }
}

pub(crate) fn resource_schema(kind: &str) -> Value {
    let (_, file, definition) = RESOURCES
        .into_iter()
        .find(|(name, ..)| *name == kind)
        .unwrap();
    let mut schema = self_contained(spec(file));
    schema["$ref"] = json!(format!("#/resourceDefinitions/{definition}"));
    // In the generated schemas, `object` stands for any JSON.
    match kind {
        "Microsoft.Logic/workflows" => {
            schema["definitions"]["WorkflowParameter"]["properties"]["value"] = json!({});
        }
        "Microsoft.Insights/metricAlerts" => {
            schema["definitions"]["MetricAlertCriteria"]["additionalProperties"] = json!({});
        }
        _ => {}
    }
    json!({
        "$ref": schema["$ref"],
        "definitions": schema["definitions"],
        "resourceDefinitions": schema["resourceDefinitions"],
    })
}

pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    schema_violations(schema, value)
}

pub(crate) fn template_schema() -> Value {
    let mut schema = self_contained(spec("azure/deploymentTemplate.2019-04-01.json"));
    // The list of all vendors' resources is not included. Another test validates resources.
    schema["definitions"]["resource"] = json!({ "$ref": "#/definitions/resourceBase" });
    schema
}

fn template() -> Value {
    serde_json::from_str(TEMPLATE).unwrap()
}

fn evaluated(schedule: &str) -> Vec<Resource> {
    let toml = format!(
        "[schedule]\n{schedule}\n[heroku]\napp = \"my-app\"\n\
         [alert]\nemail = \"ops@example.com\"\n\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
    );
    let config = Config::parse(Path::new("picletter.toml"), &toml).unwrap();
    let mut parameters = parameters(
        &config,
        &config.jobs[0],
        "2026-11-24T12:00:00Z".parse().unwrap(),
    );
    parameters.insert("heroku_token".into(), json!("HRKU-0123456789"));
    let group = ResourceGroup {
        subscription_id: "00000000-0000-0000-0000-000000000000".into(),
        name: "picletter".into(),
        location: "westeurope".into(),
    };
    let now = "2026-12-01T08:00:00Z".parse().unwrap();
    Template::parse(TEMPLATE)
        .unwrap()
        .deploy(&parameters, &group, now)
        .unwrap()
        .resources
}

#[test]
#[ignore = "needs VENDOR_SPECS"]
fn template_matches_azures_schema() {
    let schema = template_schema();
    assert_eq!(violations(&schema, &template()), Vec::<String>::new());

    let mut broken = template();
    broken["parameters"]["app"]["type"] = json!("text");
    broken["contentVersion"] = json!("1");
    assert_eq!(violations(&schema, &broken).len(), 2);
}

#[test]
#[ignore = "needs VENDOR_SPECS"]
fn resources_match_their_schemas_before_and_after_evaluation() {
    for resource in template()["resources"].as_array().unwrap() {
        let schema = resource_schema(resource["type"].as_str().unwrap());
        assert_eq!(
            violations(&schema, resource),
            Vec::<String>::new(),
            "{}",
            resource["type"]
        );
    }
    let daily = evaluated("every = \"day\"\nat = \"08:00\"");
    let with_conditions = evaluated("cron = \"0 8 1-6 jan,mar mon#2\"");
    for resource in daily.into_iter().chain(with_conditions) {
        let json = json!({
            "type": resource.r#type,
            "apiVersion": resource.api_version,
            "name": resource.name,
            "location": resource.location,
            "tags": resource.other["tags"],
            "properties": resource.properties,
        });
        let schema = resource_schema(&resource.r#type);
        assert_eq!(
            violations(&schema, &json),
            Vec::<String>::new(),
            "{}",
            resource.r#type
        );

        let mut broken = json;
        broken["apiVersion"] = json!("2001-01-01");
        broken["properties"] = json!("none");
        assert_ne!(
            violations(&schema, &broken),
            Vec::<String>::new(),
            "{}",
            resource.r#type
        );
    }
}

#[test]
#[ignore = "needs VENDOR_SPECS"]
fn parameter_file_names_azures_schema() {
    let config = Config::parse(
        Path::new("picletter.toml"),
        include_str!("../../../src/cli/init/example.toml"),
    );
    let config = config.unwrap();
    let file = parameter_file(
        &config,
        &config.jobs[0],
        "2026-11-24T12:00:00Z".parse().unwrap(),
    );
    let id = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
    assert_eq!(file["$schema"], id);
}
