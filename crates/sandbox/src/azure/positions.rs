//! Positions in the JSON of a request, as Json.NET reports them in the service's errors.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// `Path 'PATH', line L, position P`: the end of a scalar, or the beginning of an object or array.
/// For a missing value, the innermost object that should contain it.
pub(super) fn locate(text: &str, path: &str) -> String {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
    let root = parsed.ok().and_then(|parsed| parsed.value);
    let offset = root.as_ref().map_or(0, |root| offset(root, path));
    let before = text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let position = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count();
    format!("Path '{path}', line {line}, position {position}")
}

fn offset(root: &Value<'_>, path: &str) -> usize {
    let mut found = root;
    for name in path.split('.') {
        let inner = match found {
            Value::Object(object) => object.get(name).map(|property| &property.value),
            Value::Array(array) => name
                .parse()
                .ok()
                .and_then(|index: usize| array.elements.get(index)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        found = inner;
    }
    match found {
        Value::Object(_) | Value::Array(_) => found.start() + 1,
        scalar => scalar.end(),
    }
}
