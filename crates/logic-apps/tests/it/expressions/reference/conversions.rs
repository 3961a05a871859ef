//! Conversion functions.

use super::assert_values;

#[test]
fn conversion_functions() {
    assert_values(&[
        ("array('hello')", r#"["hello"]"#),
        ("base64('hello')", r#""aGVsbG8=""#),
        ("base64ToString('aGVsbG8=')", r#""hello""#),
        ("decodeBase64('aGVsbG8=')", r#""hello""#),
        (
            "base64ToBinary('aGVsbG8=')",
            r#"{"$content-type":"application/octet-stream","$content":"aGVsbG8="}"#,
        ),
        (
            "binary('hello')",
            r#"{"$content-type":"application/octet-stream","$content":"aGVsbG8="}"#,
        ),
        ("bool(1)", "true"),
        ("bool(0)", "false"),
        ("bool(-1)", "true"),
        ("bool(0.3)", "true"),
        ("bool(0.0)", "false"),
        ("bool('true')", "true"),
        ("bool('false')", "false"),
        (
            "createArray('h', 'e', 'l', 'l', 'o')",
            r#"["h","e","l","l","o"]"#,
        ),
        (
            "dataUri('hello')",
            r#""data:text/plain;charset=utf-8;base64,aGVsbG8=""#,
        ),
        (
            "dataUriToString('data:text/plain;charset=utf-8;base64,aGVsbG8=')",
            r#""hello""#,
        ),
        (
            "dataUriToBinary('data:text/plain;charset=utf-8;base64,aGVsbG8=')",
            r#"{"$content-type":"text/plain;charset=utf-8","$content":"aGVsbG8="}"#,
        ),
        (
            "decodeUriComponent('https%3A%2F%2Fcontoso.com')",
            r#""https://contoso.com""#,
        ),
        (
            "encodeUriComponent('https://contoso.com')",
            r#""https%3A%2F%2Fcontoso.com""#,
        ),
        (
            "uriComponent('https://contoso.com')",
            r#""https%3A%2F%2Fcontoso.com""#,
        ),
        (
            "uriComponentToString('https%3A%2F%2Fcontoso.com')",
            r#""https://contoso.com""#,
        ),
        (
            "uriComponentToBinary('https%3A%2F%2Fcontoso.com')",
            r#"{"$content-type":"application/octet-stream","$content":"aHR0cHM6Ly9jb250b3NvLmNvbQ=="}"#,
        ),
        ("float('10.333')", "10.333"),
        ("float('10,000.333')", "10000.333"),
        ("float('12,3,4,5678')", "12345678"),
        ("float('1234567,8+')", "12345678"),
        ("float('12345,6,78,-')", "-12345678"),
        ("float('-12,345,678,')", "-12345678"),
        ("float('12345678.-')", "-12345678"),
        ("float('.12345678')", "0.12345678"),
        ("float('-1e3', 'en-US')", "-1000"),
        ("int('10')", "10"),
        ("int('  +1,000 ')", "1000"),
        ("int('1.0')", "1"),
        ("int(1.0)", "1"),
        ("json('[1, 2, 3]')", "[1,2,3]"),
        (
            r#"json('{"fullName": "Sophia Owen"}')"#,
            r#"{"fullName":"Sophia Owen"}"#,
        ),
        ("string(10)", r#""10""#),
        ("string(null)", r#""""#),
        (
            r#"string(json('{ "name": "Sophie Owen" }'))"#,
            r#""{\"name\":\"Sophie Owen\"}""#,
        ),
    ]);
}
