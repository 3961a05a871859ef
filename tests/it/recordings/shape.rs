//! The fields of JSON values, and their types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Fields whose content depends on the request. Only their own type is compared.
const FREE: [&str; 8] = [
    "after",
    "before",
    "definition",
    "dependencies",
    "inputs",
    "outputs",
    "parameters",
    "tags",
];

/// The common structure of several values.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    types: BTreeSet<&'static str>,
    /// The number of objects among the values.
    objects: usize,
    /// The fields of the objects, and the number of objects that contain each.
    fields: BTreeMap<String, (usize, Shape)>,
    /// The items of arrays; `None` if all arrays are empty.
    items: Option<Box<Shape>>,
}

impl Shape {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut shape = Self::default();
        for value in values {
            shape.add(value);
        }
        shape
    }

    fn add(&mut self, value: &Value) {
        self.types.insert(type_of(value));
        match value {
            Value::Object(object) => {
                self.objects += 1;
                for (name, value) in object {
                    let (times, shape) = self.fields.entry(name.clone()).or_default();
                    *times += 1;
                    if FREE.contains(&name.as_str()) {
                        shape.types.insert(type_of(value));
                    } else {
                        shape.add(value);
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.items.get_or_insert_default().add(item);
                }
            }
            _ => {}
        }
    }

    /// The differences from the recorded shape: fields that the vendor always sends and the fake
    /// does not, fields that the vendor never sends, and other types.
    pub(crate) fn differences(&self, recorded: &Self, at: &str) -> Vec<String> {
        let mut found = Vec::new();
        let join = |types: &BTreeSet<&str>| types.iter().copied().collect::<Vec<_>>().join(" or ");
        let other: BTreeSet<_> = self.types.difference(&recorded.types).copied().collect();
        if !other.is_empty() {
            let (fake, expected) = (join(&other), join(&recorded.types));
            found.push(format!("{at} is {fake}, recorded: {expected}"));
        }
        for (name, (times, theirs)) in &recorded.fields {
            match self.fields.get(name) {
                Some((_, fake)) => {
                    found.extend(fake.differences(theirs, &format!("{at}.{name}")));
                }
                None if *times == recorded.objects && self.objects > 0 => {
                    let types = join(&theirs.types);
                    found.push(format!("{at}.{name} is missing, recorded: {types}"));
                }
                None => {}
            }
        }
        if recorded.objects > 0 {
            let unknown = self.fields.iter();
            let unknown = unknown.filter(|(name, _)| !recorded.fields.contains_key(*name));
            found.extend(unknown.map(|(name, _)| format!("{at}.{name} is never recorded")));
        }
        if let (Some(fake), Some(theirs)) = (&self.items, &recorded.items) {
            found.extend(fake.differences(theirs, &format!("{at}[]")));
        }
        found
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "an integer",
        Value::String(text) if text.is_empty() => "null",
        Value::String(text) => type_of_text(text),
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn type_of_text(text: &str) -> &'static str {
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = text.split('-').collect();
    if parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|p| is_hex(p)) {
        return "a UUID";
    }
    if text.starts_with("/subscriptions/") {
        return "a resource id";
    }
    if text.parse::<jiff::Timestamp>().is_ok() {
        let digits = text.split_once('.').map_or(0, |(_, rest)| rest.len() - 1);
        return if digits > 7 {
            "a time with more than 7 digits"
        } else {
            "a time"
        };
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return "a URL";
    }
    if text.starts_with('P') && text.parse::<jiff::Span>().is_ok() {
        return "a duration";
    }
    "a text"
}
