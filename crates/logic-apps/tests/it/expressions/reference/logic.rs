//! Comparison and logical functions.

use super::assert_values;

#[test]
fn comparison_functions() {
    assert_values(&[
        ("and(true, true)", "true"),
        ("and(false, true)", "false"),
        ("and(equals(1, 1), equals(1, 2))", "false"),
        ("equals(true, 1)", "true"),
        ("equals('abc', 'abcd')", "false"),
        ("equals('abc', 'ABC')", "false"),
        ("equals(1, 1.0)", "true"),
        ("equals(null, null)", "true"),
        ("equals(null, '')", "false"),
        ("equals(json('{\"a\":[1]}'), json('{\"a\":[1]}'))", "true"),
        ("greater(10, 5)", "true"),
        ("greater('apple', 'banana')", "false"),
        ("greaterOrEquals(5, 5)", "true"),
        ("greaterOrEquals('apple', 'banana')", "false"),
        ("if(equals(1, 1), 'yes', 'no')", r#""yes""#),
        ("if(equals(1, 2), 'yes', 'no')", r#""no""#),
        ("less(5, 10)", "true"),
        ("less('banana', 'apple')", "false"),
        ("lessOrEquals(10, 10)", "true"),
        ("lessOrEquals('apply', 'apple')", "false"),
        ("not(false)", "true"),
        ("not(equals(1, 1))", "false"),
        ("or(true, false)", "true"),
        ("or(equals(1, 2), equals(1, 3))", "false"),
        ("coalesce(null, true, false)", "true"),
        ("coalesce(null, 'hello', 'world')", r#""hello""#),
        ("coalesce(null, null, null)", "null"),
    ]);
}
