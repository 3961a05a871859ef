//! Collection functions and property functions.

use super::assert_values;
use crate::expressions::value;

#[test]
fn collection_functions() {
    assert_values(&[
        (
            "chunk('abcdefghijklmnopqrstuvwxyz', 10)",
            r#"["abcdefghij","klmnopqrst","uvwxyz"]"#,
        ),
        (
            "chunk(createArray(1,2,3,4,5,6,7,8,9,10,11,12), 5)",
            "[[1,2,3,4,5],[6,7,8,9,10],[11,12]]",
        ),
        ("contains('hello world', 'world')", "true"),
        ("contains('hello world', 'universe')", "false"),
        ("contains('hello world', 'WORLD')", "false"),
        ("contains(createArray(1, 2), 2)", "true"),
        ("contains(parameters('person'), 'firstName')", "true"),
        ("contains(parameters('person'), 'firstname')", "false"),
        ("empty('')", "true"),
        ("empty('abc')", "false"),
        ("empty(null)", "true"),
        ("empty(json('[]'))", "true"),
        ("empty(json('{}'))", "true"),
        ("first('hello')", r#""h""#),
        ("first(createArray(0, 1, 2))", "0"),
        ("first(json('[]'))", "null"),
        (
            "intersection(createArray(1, 2, 3), createArray(101, 2, 1, 10), createArray(6, 8, 1, 2))",
            "[1,2]",
        ),
        // Name and value must be the same in all objects (IllogicApps).
        (
            r#"intersection(json('{"a":1,"b":2,"d":[1]}'), json('{"b":3,"c":4,"d":[1]}'))"#,
            r#"{"d":[1]}"#,
        ),
        ("join(createArray('a', 'b', 'c'), '.')", r#""a.b.c""#),
        ("last('abcd')", r#""d""#),
        ("last(createArray(0, 1, 2, 3))", "3"),
        ("length('abcd')", "4"),
        ("length(createArray(0, 1, 2, 3))", "4"),
        ("reverse(createArray(0, 1, 2, 3))", "[3,2,1,0]"),
        ("skip(createArray(0, 1, 2, 3), 1)", "[1,2,3]"),
        ("sort(createArray(2, 1, 0, 3))", "[0,1,2,3]"),
        ("sort(createArray(true, false))", "[false,true]"),
        (
            r#"sort(json('[{"first":"Amalie","last":"Rose"},{"first":"Elise","last":"Renee"}]'), 'last')"#,
            r#"[{"first":"Elise","last":"Renee"},{"first":"Amalie","last":"Rose"}]"#,
        ),
        ("take('abcde', 3)", r#""abc""#),
        ("take(createArray(0, 1, 2, 3, 4), 3)", "[0,1,2]"),
        (
            "union(createArray(1, 2, 3), createArray(1, 2, 10, 101))",
            "[1,2,3,10,101]",
        ),
        (
            r#"union(json('{"a":1,"b":2}'), json('{"b":3}'))"#,
            r#"{"a":1,"b":3}"#,
        ),
    ]);
}

#[test]
fn property_functions() {
    const SOPHIA: &str = r#"json('{ "firstName": "Sophia", "surName": "Owen" }')"#;
    const NESTED: &str =
        r#"json('{ "customerName": { "firstName": "Sophia", "surName": "Owen" } }')"#;
    assert_values(&[
        (
            &format!("addProperty({SOPHIA}, 'middleName', 'Anne')"),
            r#"{"firstName":"Sophia","surName":"Owen","middleName":"Anne"}"#,
        ),
        (
            &format!(
                "setProperty({NESTED}, 'customerName', addProperty({NESTED}['customerName'], 'middleName', 'Anne'))"
            ),
            r#"{"customerName":{"firstName":"Sophia","surName":"Owen","middleName":"Anne"}}"#,
        ),
        (
            &format!("removeProperty({SOPHIA}, 'surName')"),
            r#"{"firstName":"Sophia"}"#,
        ),
        (
            &format!("removeProperty({NESTED}['customerName'], 'surName')"),
            r#"{"firstName":"Sophia"}"#,
        ),
        (
            &format!("setProperty({SOPHIA}, 'surName', 'Hartnett')"),
            r#"{"firstName":"Sophia","surName":"Hartnett"}"#,
        ),
    ]);
}

/// As in the tests of IllogicApps: an existing name keeps its spelling, an exact match is
/// preferred, and a changed property moves to the end.
#[test]
fn property_functions_ignore_case() {
    assert_values(&[
        (r#"json('{"abCDef":123}').abcdef"#, "123"),
        (r#"json('{"abCDef":123}')?['AbcdEF']"#, "123"),
        (r#"json('{"a":1,"A":2}').A"#, "2"),
        (r#"json('{"a":1,"A":2}').a"#, "1"),
        (r#"json('{"aAa":1,"AaA":2}').aaa"#, "1"),
        (r#"json('{"Größe":1}')['GRÖßE']"#, "1"),
        ("parameters('person').FIRSTNAME", r#""Sophia""#),
        (r#"setProperty(json('{"a":1}'),'A',2)"#, r#"{"a":2}"#),
        (
            r#"setProperty(json('{"a":1,"A":5}'),'A',2)"#,
            r#"{"a":1,"A":2}"#,
        ),
        (r#"removeProperty(json('{"A":1}'),'a')"#, "{}"),
        (r#"removeProperty(json('{"a":1,"A":2}'),'A')"#, r#"{"a":1}"#),
        (
            r#"removeProperty(json('{"aAa":1,"AaA":2}'),'aaa')"#,
            r#"{"AaA":2}"#,
        ),
        (r#"union(json('{"a":1}'), json('{"A":2}'))"#, r#"{"a":2}"#),
        (
            r#"sort(json('[{"N":2},{"n":1}]'), 'n')"#,
            r#"[{"n":1},{"N":2}]"#,
        ),
    ]);
    let text = |expression: &str| value(expression).unwrap().to_string();
    assert_eq!(
        text(r#"setProperty(json('{"a":1,"b":2}'),'A',3)"#),
        r#"{"b":2,"a":3}"#
    );
    for name in ["A", "a"] {
        let add = format!(r#"addProperty(json('{{"a":1}}'), '{name}', 2)"#);
        assert!(value(&add).unwrap_err().contains("already exists"));
    }
}
