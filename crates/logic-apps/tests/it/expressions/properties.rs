//! Property tests with random text, calls, and syntax trees.

use std::borrow::Cow;
use std::cell::Cell;

use picletter_logic_apps::expression::{Dialect, Expression, Templated};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::Workflow;

/// Concatenated tokens of the language, which reach deeper into the parser than random text.
fn near_expressions() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("concat("),
        Just("parameters('person')"),
        Just("if("),
        Just(")"),
        Just("("),
        Just("'"),
        Just("''"),
        Just(","),
        Just(" "),
        Just("?"),
        Just("."),
        Just("["),
        Just("]"),
        Just("@{"),
        Just("}"),
        Just("@"),
        Just("@@"),
        Just("1"),
        Just("-"),
        Just("1.5e3"),
        Just("true"),
        Just("null"),
        Just("ä"),
        Just("x"),
        Just("add(1,2)"),
        Just("utcNow()"),
        Just("\n"),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// Valid expressions.
fn expressions() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        "[^']{0,12}".prop_map(|text| format!("'{text}'")),
        Just("'it''s'".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON supports only finite numbers", |number| number
                .is_finite())
            .prop_map(|number| Value::from(number).to_string()),
        Just("true".to_owned()),
        Just("null".to_owned()),
    ];
    literal.prop_recursive(6, 60, 4, |inner| {
        let arguments = prop::collection::vec(inner.clone(), 0..4);
        let step = prop_oneof![
            "[a-zA-Z_][a-zA-Z0-9_]{0,6}".prop_map(|name| format!(".{name}")),
            "[a-z]{1,6}".prop_map(|name| format!("?['{name}']")),
            inner.prop_map(|node| format!("[{node}]")),
        ];
        (
            "[a-zA-Z_][a-zA-Z0-9_]{0,3}_x",
            arguments,
            prop::collection::vec(step, 0..3),
        )
            .prop_map(|(name, arguments, steps)| {
                format!("{name}({}){}", arguments.join(", "), steps.concat())
            })
    })
}

/// Arguments of a function, as source text.
fn arguments() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        "[^'{}]{0,8}".prop_map(|text| format!("'{text}'")),
        prop::sample::select(vec![
            "''",
            "'ä😀'",
            "' '",
            "'2018-03-15T13:00:00Z'",
            "'9999-12-31'",
            "'0001-01-01'",
            "'-P1Y'",
            "'Month'",
            "'Pacific Standard Time'",
            "'fffffff'",
            "'K zzz tt'",
            "'https://a.example/b?c'",
            "'data:,x'",
            "'YQ=='",
            "'{\"a\": [1]}'",
            "'{0} {1:N3} {{'",
            "'%h'",
            "'en-us'",
            "null",
            "true",
            "0",
            "1",
            "-1",
            "3",
            "100000",
            "9223372036854775807",
            "-9223372036854775808",
            "json('[]')",
            "json('[3, 1, 2]')",
            "json('[\"b\", \"a\"]')",
            "json('{}')",
            "json('{\"a\": {\"b\": 1}}')",
            "json('[[1], [2]]')",
            "json('1.5')",
            "json('1e308')",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(one, 0..5).prop_map(|arguments| arguments.join(", "))
}

const WORKFLOW_FUNCTIONS: &[&str] = &[
    "concat",
    "endsWith",
    "formatNumber",
    "guid",
    "indexOf",
    "lastIndexOf",
    "nthIndexOf",
    "replace",
    "slice",
    "split",
    "startsWith",
    "substring",
    "toLower",
    "toUpper",
    "trim",
    "chunk",
    "contains",
    "empty",
    "first",
    "intersection",
    "join",
    "last",
    "length",
    "reverse",
    "skip",
    "sort",
    "take",
    "union",
    "and",
    "equals",
    "greater",
    "greaterOrEquals",
    "if",
    "isFloat",
    "isInt",
    "less",
    "lessOrEquals",
    "not",
    "or",
    "array",
    "base64",
    "base64ToBinary",
    "base64ToString",
    "binary",
    "bool",
    "createArray",
    "dataUri",
    "dataUriToBinary",
    "dataUriToString",
    "decodeBase64",
    "decodeDataUri",
    "decodeUriComponent",
    "encodeUriComponent",
    "float",
    "int",
    "json",
    "string",
    "uriComponent",
    "uriComponentToBinary",
    "uriComponentToString",
    "add",
    "div",
    "max",
    "min",
    "mod",
    "mul",
    "rand",
    "range",
    "sub",
    "addDays",
    "addHours",
    "addMinutes",
    "addSeconds",
    "addToTime",
    "convertFromUtc",
    "convertTimeZone",
    "convertToUtc",
    "dateDifference",
    "dayOfMonth",
    "dayOfWeek",
    "dayOfYear",
    "formatDateTime",
    "getFutureTime",
    "getPastTime",
    "parseDateTime",
    "startOfDay",
    "startOfHour",
    "startOfMonth",
    "subtractFromTime",
    "ticks",
    "utcNow",
    "uriHost",
    "uriPath",
    "uriPathAndQuery",
    "uriPort",
    "uriQuery",
    "uriScheme",
    "addProperty",
    "coalesce",
    "removeProperty",
    "setProperty",
];

const TEMPLATE_FUNCTIONS: &[&str] = &[
    "base64",
    "base64ToJson",
    "base64ToString",
    "concat",
    "dataUri",
    "dataUriToString",
    "endsWith",
    "format",
    "guid",
    "indexOf",
    "join",
    "json",
    "lastIndexOf",
    "padLeft",
    "replace",
    "split",
    "startsWith",
    "string",
    "substring",
    "toLower",
    "toUpper",
    "trim",
    "uniqueString",
    "uri",
    "uriComponent",
    "uriComponentToString",
    "array",
    "contains",
    "createArray",
    "createObject",
    "empty",
    "first",
    "flatten",
    "intersection",
    "items",
    "last",
    "length",
    "max",
    "min",
    "null",
    "objectKeys",
    "range",
    "shallowMerge",
    "skip",
    "take",
    "tryGet",
    "union",
    "and",
    "bool",
    "coalesce",
    "equals",
    "false",
    "greater",
    "greaterOrEquals",
    "if",
    "less",
    "lessOrEquals",
    "not",
    "or",
    "true",
    "add",
    "div",
    "int",
    "mod",
    "mul",
    "sub",
    "dateTimeAdd",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        near_expressions().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Whether a value contains a string with `mark` in it.
fn has(value: &Value, mark: char) -> bool {
    match value {
        Value::String(text) => text.contains(mark),
        Value::Array(items) => items.iter().any(|item| has(item, mark)),
        // Keys may contain expressions, too.
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.contains(mark) || has(value, mark)),
        _ => false,
    }
}

/// Checks that a parsed expression is displayed as text that parses to the same expression, or that
/// the position of the error is in the text.
fn round_trips(text: &str, dialect: Dialect) -> Result<(), TestCaseError> {
    match Expression::parse_as(text, dialect) {
        Ok(expression) => {
            let displayed = expression.to_string();
            let again = Expression::parse_as(&displayed, dialect)
                .map_err(|error| TestCaseError::fail(format!("{displayed}: {error}")))?;
            prop_assert_eq!(&again, &expression, "{}", displayed);
        }
        Err(error) => prop_assert!(error.at <= text.chars().count() + 1),
    }
    Ok(())
}

fn evaluate(text: &str, dialect: Dialect, eager: bool) -> Option<Result<Value, String>> {
    let workflow = Workflow {
        eager,
        ..Workflow::default()
    };
    let expression = Expression::parse_as(text, dialect).ok()?;
    let value = expression.evaluate(&workflow);
    Some(
        value
            .map(Cow::into_owned)
            .map_err(|error| error.to_string()),
    )
}

/// Calls functions with random arguments. The result must depend only on the arguments, and must
/// not change if all arguments are evaluated, provided that this succeeds. At least one call in ten
/// must succeed, so that the test covers more than errors.
fn calls_are_pure(functions: &'static [&'static str], dialect: Dialect) {
    let succeeded = Cell::new(0_u32);
    let called = Cell::new(0_u32);
    let config = ProptestConfig {
        // Few calls may all fail.
        cases: ProptestConfig::default().cases.max(256),
        ..ProptestConfig::with_source_file(file!())
    };
    let mut runner = TestRunner::new(config);
    let calls = (prop::sample::select(functions), arguments());
    let result = runner.run(&calls, |(name, arguments)| {
        let text = format!("{name}({arguments})");
        let Some(value) = evaluate(&text, dialect, false) else {
            return Ok(());
        };
        called.set(called.get() + 1);
        succeeded.set(succeeded.get() + u32::from(value.is_ok()));
        if name == "rand" || (name == "guid" && dialect == Dialect::Workflow) {
            return Ok(());
        }
        prop_assert_eq!(&evaluate(&text, dialect, false), &Some(value.clone()));
        if let Some(Ok(eager)) = evaluate(&text, dialect, true) {
            prop_assert_eq!(Ok(eager), value);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        succeeded.get() * 10 >= called.get(),
        "{} of {} calls succeeded",
        succeeded.get(),
        called.get()
    );
}

#[test]
fn workflow_functions_depend_only_on_their_arguments() {
    calls_are_pure(WORKFLOW_FUNCTIONS, Dialect::Workflow);
}

#[test]
fn template_functions_depend_only_on_their_arguments() {
    calls_are_pure(TEMPLATE_FUNCTIONS, Dialect::Template);
}

proptest! {
    #[test]
    fn any_text_round_trips_or_is_rejected(text in ".{0,200}") {
        round_trips(&text, Dialect::Workflow)?;
        round_trips(&text, Dialect::Template)?;
    }

    #[test]
    fn near_expressions_round_trip_or_are_rejected(text in near_expressions()) {
        round_trips(&text, Dialect::Workflow)?;
        prop_assert_eq!(
            evaluate(&text, Dialect::Workflow, false),
            evaluate(&text, Dialect::Workflow, false)
        );
    }

    #[test]
    fn displayed_expression_parses_to_the_same_expression(text in expressions()) {
        let expression = Expression::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let displayed = expression.to_string();
        let again = Expression::parse(&displayed).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again, &expression, "{}", displayed);
        prop_assert_eq!(again.to_string(), displayed);
    }

    #[test]
    fn json_without_expressions_evaluates_to_itself(value in json()) {
        let workflow = Workflow::default();
        for (dialect, mark) in [(Dialect::Workflow, '@'), (Dialect::Template, '[')] {
            match Templated::parse_as(&value, dialect) {
                Ok(templated) if !has(&value, mark) => {
                    let evaluated = templated.evaluate(&workflow).map_err(|error| TestCaseError::fail(error.to_string()))?;
                    prop_assert_eq!(&*evaluated, &value);
                }
                Ok(templated) => {
                    let _ = templated.evaluate(&workflow).map(Cow::into_owned);
                }
                Err(error) => prop_assert!(has(&value, mark), "{}", error),
            }
        }
    }
}
