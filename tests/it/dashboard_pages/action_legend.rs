//! The meanings of the template's actions.

use picletter::dashboard::action_legend::MEANINGS;
use picletter_core::template;
use serde_json::Value;

fn names(value: &Value, of: &str, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.contains_key("runAfter") {
                names.push(of.to_lowercase());
            }
            for (name, member) in members {
                self::names(member, name, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| self::names(item, of, names)),
        _ => {}
    }
}

#[test]
fn names_only_actions_of_the_template() {
    let mut there = Vec::new();
    names(&template::json(), "", &mut there);
    for (name, _) in MEANINGS {
        assert!(there.contains(&name.to_lowercase()), "{name}");
    }
}
