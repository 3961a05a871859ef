//! Syntax and evaluation of expressions.

use picletter_logic_apps::expression::{Expression, Signature};
use serde_json::json;

use super::{Workflow, value};

#[test]
fn parses_literals() {
    assert_eq!(value("'it''s'").unwrap(), "it's");
    assert_eq!(value("''").unwrap(), "");
    assert_eq!(value("-12").unwrap(), -12);
    assert_eq!(value("9223372036854775807").unwrap(), i64::MAX);
    assert_eq!(value("-1.5e3").unwrap(), -1500.0);
    assert_eq!(value(" TRUE ").unwrap(), true);
    assert_eq!(value("false").unwrap(), false);
    assert_eq!(value("null").unwrap(), json!(null));
}

#[test]
fn functions_ignore_case_and_whitespace() {
    assert_eq!(value("CONCAT( 'a' ,\n\t'b' )").unwrap(), "ab");
    assert_eq!(value("Parameters('name')").unwrap(), "Ada");
    assert_eq!(value("tolower(toUPPER('aB'))").unwrap(), "ab");
}

#[test]
fn reads_properties_and_items() {
    for (expression, expected) in [
        ("parameters('person').firstName", json!("Sophia")),
        ("parameters('person')['address']['city']", json!("Seattle")),
        ("parameters('person')?.address?['city']", json!("Seattle")),
        (
            "parameters('person') ? [ 'address' ] . city",
            json!("Seattle"),
        ),
        (
            "parameters('person')[concat('first', 'Name')]",
            json!("Sophia"),
        ),
        ("parameters('list')[0]", json!(10)),
        (
            "parameters('list')[sub(length(parameters('list')), 1)]",
            json!(30),
        ),
        ("parameters('person')?['age']", json!(null)),
        ("parameters('person')?['age']?['years']", json!(null)),
        ("parameters('nothing')?['x']", json!(null)),
        ("parameters('nothing')?[0]", json!(null)),
        ("parameters('list')?[3]", json!(null)),
        ("json('{\"a\":{\"b\":[1,{\"c\":2}]}}').a.b[1].c", json!(2)),
    ] {
        assert_eq!(value(expression).unwrap(), expected, "{expression}");
    }
}

/// ARM compares property names ignoring case, but prefers an exact match.
#[test]
fn property_access_ignores_case_but_prefers_an_exact_match() {
    assert_eq!(value("parameters('person').FIRSTNAME").unwrap(), "Sophia");
    assert_eq!(value("json('{\"a\":1,\"A\":2}').A").unwrap(), 2);
    assert_eq!(value("json('{\"a\":1,\"A\":2}').a").unwrap(), 1);
}

#[test]
fn calls_returns_every_call() {
    let expression =
        Expression::parse("concat(Outputs('Run')?['body'], item()[string(body('x'))])").unwrap();
    let calls: Vec<(String, Option<String>)> = expression
        .calls()
        .iter()
        .map(|call| (call.name.to_owned(), call.literal.map(str::to_owned)))
        .collect();
    let named = |name: &str, literal: Option<&str>| (name.to_owned(), literal.map(str::to_owned));
    assert_eq!(
        calls,
        [
            named("concat", None),
            named("outputs", Some("Run")),
            named("item", None),
            named("string", None),
            named("body", Some("x")),
        ]
    );
}

/// As in the tests of IllogicApps, which were compared with the real service.
#[test]
fn and_or_if_and_coalesce_short_circuit() {
    let eager = Workflow {
        eager: true,
        ..Workflow::default()
    };
    for (text, expected) in [
        ("and(false, int('x'))", json!(false)),
        ("and(and(and(true, false), true), int('x'))", json!(false)),
        ("or(true, int('x'))", json!(true)),
        ("or(or(or(false, true), false), int('x'))", json!(true)),
        ("if(true, 1, int('x'))", json!(1)),
        ("if(false, int('x'), 2)", json!(2)),
        ("coalesce('hi', int('x'))", json!("hi")),
        ("coalesce(null, 'hi', div(1, 0))", json!("hi")),
    ] {
        assert_eq!(value(text).unwrap(), expected, "{text}");
        eager.value(text).unwrap_err();
    }
    for text in [
        "and(int('x'), false)",
        "and(true, int('x'))",
        "or(int('x'), true)",
        "or(false, int('x'))",
        "if(true, int('x'), 1)",
        "if(int('x'), 1, 1)",
        "coalesce(null, int('x'))",
        "coalesce(int('x'), 'hi')",
    ] {
        assert_eq!(value(text), eager.value(text), "{text}");
        value(text).unwrap_err();
    }
}

#[test]
fn check_rejects_unknown_functions() {
    let check = |text: &str| {
        Expression::parse(text)
            .unwrap()
            .check(&[Signature {
                name: "listCallbackUrl",
                min: 0,
                max: 0,
            }])
            .map_err(|error| error.to_string())
    };
    check("listcallbackurl()").unwrap();
    let errors = [
        "concat(lenght('x'), 'a')",
        "listCallbackUri()",
        "listCallbackUrl('x')",
        "zzz()",
        "json('{}')[parametres('x')]",
    ]
    .map(|text| check(text).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r"
    unknown function 'lenght'; did you mean 'length'? (character 8 of `concat(lenght('x'), 'a')`)
    unknown function 'listCallbackUri'; did you mean 'listCallbackUrl'? (character 1 of `listCallbackUri()`)
    function 'listCallbackUrl' expects 0 arguments, not 1 (character 1 of `listCallbackUrl('x')`)
    unknown function 'zzz' (character 1 of `zzz()`)
    unknown function 'parametres' (character 12 of `json('{}')[parametres('x')]`)
    ");
}

#[test]
fn accepts_the_maximum_length_and_depth() {
    let text = format!("'{}'", "x".repeat(Expression::MAX_LENGTH - 2));
    assert!(Expression::parse(&text).is_ok());
    let deep = Expression::MAX_DEPTH - 1;
    let text = format!("{}1{}", "string(".repeat(deep), ")".repeat(deep));
    assert_eq!(value(&text).unwrap(), "1");
}

#[test]
fn property_chains_do_not_count_as_nesting() {
    let text = format!("parameters('nothing'){}", "?.a".repeat(2_000));
    assert_eq!(Workflow::default().value(&text).unwrap(), json!(null));
}
