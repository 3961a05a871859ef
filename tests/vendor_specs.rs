//! Our wire formats against the vendors' own schemas, which are not ours to ship: `VENDOR_SPECS`
//! names the folder that holds them (CONTRIBUTING.md says where each can be had).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod mails;

use std::path::PathBuf;

use jsonschema::Validator;
use serde_json::{Value, json};

#[test]
fn every_mail_is_valid_by_sendgrids_openapi_and_names_no_property_that_it_lacks() {
    let spec = spec("sendgrid-mail-v3.openapi.json");
    let schema = json!({
        "$ref": "#/components/requestBodies/PostMailSend/content/application~1json/schema",
        "components": spec["components"],
    });
    let validator = validator(&schema);
    let request = &schema["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
        ["schema"];
    for (name, payload) in mails::all() {
        let payload = serde_json::to_value(&payload).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&payload)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert_eq!(
            unknown(&payload, request, &spec, ""),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

#[test]
fn the_check_itself_finds_a_missing_sender_and_an_invented_property() {
    let spec = spec("sendgrid-mail-v3.openapi.json");
    let schema = json!({
        "$ref": "#/components/requestBodies/PostMailSend/content/application~1json/schema",
        "components": spec["components"],
    });
    let request = &schema["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
        ["schema"];
    let (_, payload) = mails::all().swap_remove(0);
    let mut payload = serde_json::to_value(&payload).unwrap();
    payload["from"].take();
    payload["attachments"][0]["name"] = json!("x");
    assert!(!validator(&schema).is_valid(&payload));
    assert_eq!(
        unknown(&payload, request, &spec, ""),
        ["/attachments/0/name"]
    );
}

fn spec(file: &str) -> Value {
    let folder = std::env::var_os("VENDOR_SPECS")
        .expect("set VENDOR_SPECS to the folder of the vendors' files (CONTRIBUTING.md)");
    let path = PathBuf::from(folder).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

/// Properties that the schema does not list, by their JSON pointers; free-form objects allow all.
fn unknown(value: &Value, schema: &Value, spec: &Value, at: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(pointer) => spec.pointer(pointer.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(object) => {
            let Some(properties) = schema["properties"].as_object() else {
                return Vec::new();
            };
            let of = |(key, value): (&String, &Value)| match properties.get(key) {
                Some(schema) => unknown(value, schema, spec, &format!("{at}/{key}")),
                None => vec![format!("{at}/{key}")],
            };
            object.iter().flat_map(of).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(n, item)| unknown(item, &schema["items"], spec, &format!("{at}/{n}")))
            .collect(),
        _ => Vec::new(),
    }
}
