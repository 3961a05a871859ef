//! Errors of expressions: the position, what was expected, and never a value.

use super::value;

/// Returns the errors of all expressions, one per line.
fn errors_for(expressions: &[&str]) -> String {
    let lines = expressions
        .iter()
        .map(|expression| match value(expression) {
            Err(error) => error,
            Ok(value) => format!("NO ERROR but {value} for `{expression}`"),
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn rejects_syntax_errors() {
    insta::assert_snapshot!(errors_for(&[
        "",
        "   ",
        "concat(",
        "concat('a'",
        "concat('a' 'b')",
        "concat('a',)",
        "concat('a'))",
        "concat",
        "name",
        "'open",
        "'it's'",
        "\"double\"",
        "1.2.3",
        "--1",
        "1e999",
        "9223372036854775808",
        "99999999999999999999999999999999999999",
        "parameters('x').",
        "parameters('x')?",
        "parameters('x')?x",
        "parameters('x')[",
        "parameters('x')['a'",
        "parameters('x').1",
        "'abc'[0]",
        "add(1, 2) + 3",
        "@add(1, 2)",
        "{ }",
        "ä",
        "concat('ä', ö)",
        "outer.inner()",
    ]));
}

#[test]
fn rejects_long_and_deep_expressions() {
    let deep = format!("{}1{}", "string(".repeat(1_000), ")".repeat(1_000));
    let brackets = format!("{}0{}", "item()[".repeat(1_000), "]".repeat(1_000));
    let long = format!("'{}'", "x".repeat(8_191));
    let open = "concat(".repeat(10_000);
    insta::assert_snapshot!(errors_for(&[&deep, &brackets, &long, &open]));
}

#[test]
fn rejects_wrong_numbers_of_arguments() {
    insta::assert_snapshot!(errors_for(&[
        "add(1)",
        "add(1, 2, 3)",
        "concat()",
        "substring('a')",
        "utcNow('a', 'b')",
        "not()",
        "parameters()",
    ]));
}

#[test]
fn rejects_unsupported_and_unknown_functions() {
    insta::assert_snapshot!(errors_for(&[
        "xml('<a/>')",
        "xpath(xml('<a/>'), '/a')",
        "formDataValue('x', 'y')",
        "triggerMultipartBody(0)",
        "Conact('a', 'b')",
        "whatever(1)",
    ]));
}

#[test]
fn rejects_wrong_types() {
    insta::assert_snapshot!(errors_for(&[
        "add(1, 'x')",
        "add(null, 1)",
        "add(9223372036854775807, 1)",
        "mul(1e308, 10.0)",
        "div(1, 0)",
        "div(1.0, 0.0)",
        "mod(1, 0)",
        "max('a')",
        "max(json('[]'))",
        "rand(2, 1)",
        "range(1, -1)",
        "range(1, 100001)",
        "range(2147483647, 2)",
        "and(true, 1)",
        "not('true')",
        "if('yes', 1, 2)",
        "less(1, 'a')",
        "less('a', 1)",
        "greater(true, false)",
        "contains(1, 2)",
        "length(null)",
        "length(json('{}'))",
        "join('abc', ',')",
        "replace('abc', '', 'x')",
        "substring('abc', 2, 5)",
        "substring('abc', -1)",
        "startsWith(null, 'a')",
        "take(createArray(1), -1)",
        "skip('abc', 1)",
        "chunk('abc', 0)",
        "sort(createArray(1, 'a'))",
        "sort(json('[{}]'), 'name')",
        "union(json('[]'), json('{}'))",
        "formatNumber('7', 'N')",
        "formatNumber(7, 'Q')",
        "formatNumber(7, '0 apples')",
        "formatNumber(7.5, 'D')",
        "formatNumber(17.35, 'C2', 'is-IS')",
        "float('10.000,333', 'de-DE')",
        "int('10.5')",
        "int(10.5)",
        "float('ten')",
        "float('nan')",
        "bool('yes')",
        "json('{\"a\": }')",
        "json(null)",
        "array(createArray(1))",
        "base64ToString('***')",
        "base64ToString('/w==')",
        "dataUriToString('hello')",
        "addProperty(json('{\"a\":1}'), 'a', 2)",
        "setProperty('a', 'b', 'c')",
        "guid('Q')",
        "uriHost('not a uri')",
    ]));
}

#[test]
fn rejects_invalid_times() {
    insta::assert_snapshot!(errors_for(&[
        "addDays('yesterday', 1)",
        "addDays('2018-13-01', 1)",
        "addDays('2018-01-01', 99999999)",
        "addDays('2018-01-01', 9223372036854775807)",
        "addToTime('2018-01-01', 1, 'Fortnight')",
        "formatDateTime('2018-01-01', 'Q')",
        "formatDateTime('2018-01-01', 'U')",
        "formatDateTime('2018-01-01', 'ffffffff')",
        "formatDateTime('2018-01-01', '%q')",
        "formatDateTime('2018-01-01', 'yyyy ''')",
        "formatDateTime('2018-01-01', 'D', 'is-is')",
        "convertFromUtc('2018-01-01', 'Europe/Berlin')",
    ]));
}

#[test]
fn rejects_missing_properties_and_items() {
    insta::assert_snapshot!(errors_for(&[
        "parameters('person').age",
        "parameters('person')['address'].street",
        "parameters('person')?['age']['years']",
        "parameters('nothing').x",
        "parameters('name').x",
        "parameters('name')?['x']",
        "parameters('list')['x']",
        "parameters('list')[3]",
        "parameters('list')[-1]",
        "parameters('list')[add(1, 2)]",
        "createArray(1)[1]",
        "parameters('person')[0]",
        "parameters('person')[true]",
        "json('{}').x",
        "parameters('absent')",
    ]));
}

#[test]
fn errors_do_not_contain_values() {
    for expression in [
        "add(parameters('secret'), 1)",
        "int(parameters('secret'))",
        "json(parameters('secret'))",
        "parameters('secret').x",
        "addDays(parameters('secret'), 1)",
        "bool(parameters('secret'))",
        "formatDateTime('2018-01-01', 'D', parameters('secret'))",
        "convertFromUtc('2018-01-01', parameters('secret'))",
        "parameters('person')[parameters('secret')]",
        "addToTime('2018-01-01', 1, parameters('secret'))",
        "uriHost(parameters('secret'))",
        "parameters('list')[parameters('pin')]",
        "parameters('list')[sub(0, parameters('pin'))]",
        "parameters('person')[parameters('pin')]",
        "take('abc', sub(0, parameters('pin')))",
        "range(1, parameters('pin'))",
        "rand(parameters('pin'), parameters('pin'))",
        "substring('abc', parameters('pin'))",
        "substring(parameters('secret'), 0, parameters('pin'))",
    ] {
        let error = value(expression).unwrap_err();
        assert!(!error.contains("hush"), "{error}");
        assert!(!error.contains("271828"), "{error}");
    }
}
