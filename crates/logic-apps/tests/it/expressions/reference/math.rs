//! Math functions.

use super::assert_values;
use crate::expressions::value;

#[test]
fn math_functions() {
    assert_values(&[
        ("add(1, 1.5)", "2.5"),
        ("div(10, 5)", "2"),
        ("div(11, 5)", "2"),
        ("div(11, 5.0)", "2.2"),
        ("div(11.0, 5)", "2.2"),
        ("max(1, 2, 3)", "3"),
        ("max(createArray(1, 2, 3))", "3"),
        ("min(1, 2, 3)", "1"),
        ("min(createArray(1, 2, 3))", "1"),
        ("mod(3, 2)", "1"),
        ("mul(1, 2)", "2"),
        ("mul(1.5, 2)", "3"),
        ("range(1, 4)", "[1,2,3,4]"),
        ("sub(10.3, .3)", "10"),
    ]);
    let drawn: Vec<i64> = (0..100)
        .map(|_| value("rand(1, 5)").unwrap().as_i64().unwrap())
        .collect();
    assert!(drawn.iter().all(|number| (1..5).contains(number)));
    assert!(drawn.iter().any(|number| *number != drawn[0]));
}

#[test]
fn integers_stay_integers() {
    assert!(value("add(1, 2)").unwrap().is_i64());
    assert!(value("div(11, 5)").unwrap().is_i64());
    assert!(value("mul(1.5, 2)").unwrap().is_f64());
}
