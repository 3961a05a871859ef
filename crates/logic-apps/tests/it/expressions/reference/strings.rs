//! String and URI functions.

use super::assert_values;
use crate::expressions::value;

#[test]
fn string_functions() {
    assert_values(&[
        ("concat('Hello', 'World')", r#""HelloWorld""#),
        ("concat('a', 1, 2.5, true, null)", r#""a12.5True""#),
        ("endsWith('hello world', 'world')", "true"),
        ("endsWith('hello world', 'universe')", "false"),
        ("endsWith('hello world', 'WORLD')", "true"),
        (
            "formatNumber(1234567890, '#,##0.00', 'en-US')",
            r#""1,234,567,890.00""#,
        ),
        (
            "formatNumber(1234567890, '0,0.00', 'en-us')",
            r#""1,234,567,890.00""#,
        ),
        ("formatNumber(17.35, 'C2')", r#""$17.35""#),
        ("formatNumber(-1234.5, 'N')", r#""-1,234.50""#),
        ("formatNumber(5, 'D3')", r#""005""#),
        ("formatNumber(0.256, 'P1')", r#""25.6%""#),
        ("formatNumber(0.5, '#.##')", r#"".5""#),
        ("formatNumber(7, '000.0#')", r#""007.0""#),
        ("indexOf('hello world', 'world')", "6"),
        ("indexOf('hello world', 'WORLD')", "6"),
        ("indexOf('hello world', 'x')", "-1"),
        ("isFloat('10.0')", "true"),
        ("isFloat('ten')", "false"),
        ("isInt('10')", "true"),
        ("isInt('10.5')", "false"),
        ("lastIndexOf('hello world hello world', 'world')", "18"),
        ("lastIndexOf('hello world hello world', '')", "22"),
        ("lastIndexOf('', 'x')", "-1"),
        ("lastIndexOf('', '')", "0"),
        ("nthIndexOf('123456789123465789', '1', 1)", "0"),
        ("nthIndexOf('123456789123465789', '1', 2)", "9"),
        ("nthIndexOf('123456789123465789', '12', 2)", "9"),
        ("nthIndexOf('123456789123465789', '6', 4)", "-1"),
        (
            "replace('the old string', 'old', 'new')",
            r#""the new string""#,
        ),
        ("slice('Hello World', 2)", r#""llo World""#),
        ("slice('Hello World', 30)", r#""""#),
        ("slice('Hello World', 10, 2)", r#""""#),
        ("slice('Hello World', 0)", r#""Hello World""#),
        ("slice('Hello World', 2, 5)", r#""llo""#),
        ("slice('Hello World', 6, 20)", r#""World""#),
        ("slice('Hello World', -2)", r#""ld""#),
        ("slice('Hello World', 3, -1)", r#""lo Worl""#),
        ("slice('Hello World', 3, 3)", r#""""#),
        ("split('a_b_c', '_')", r#"["a","b","c"]"#),
        ("split('a_b_c', ' ')", r#"["a_b_c"]"#),
        ("split('a_b_c', '')", r#"["a_b_c"]"#),
        ("startsWith('hello world', 'hello')", "true"),
        ("startsWith('hello world', 'HELLO')", "true"),
        ("startsWith('hello world', 'greetings')", "false"),
        ("substring('hello world', 6, 5)", r#""world""#),
        ("substring('hello world', 6)", r#""world""#),
        ("toLower('Hello World')", r#""hello world""#),
        ("toUpper('Hello World')", r#""HELLO WORLD""#),
        ("trim(' Hello World  ')", r#""Hello World""#),
    ]);
}

#[test]
fn string_indexes_are_utf16_units() {
    assert_values(&[
        ("length('a😀b')", "4"),
        ("indexOf('a😀b', 'b')", "3"),
        ("substring('a😀b', 3, 1)", r#""b""#),
        ("take('äöü', 2)", r#""äö""#),
        ("first('äöü')", r#""ä""#),
    ]);
}

#[test]
fn uri_functions() {
    assert_values(&[
        (
            "uriHost('https://www.localhost.com:8080')",
            r#""www.localhost.com""#,
        ),
        (
            "uriPath('https://www.contoso.com/catalog/shownew.htm?date=today')",
            r#""/catalog/shownew.htm""#,
        ),
        ("uriPath('https://www.contoso.com')", r#""/""#),
        (
            "uriPathAndQuery('https://www.contoso.com/catalog/shownew.htm?date=today')",
            r#""/catalog/shownew.htm?date=today""#,
        ),
        ("uriPort('https://www.localhost:8080')", "8080"),
        ("uriPort('https://www.localhost')", "443"),
        (
            "uriQuery('https://www.contoso.com/catalog/shownew.htm?date=today')",
            r#""?date=today""#,
        ),
        // The reference says "http" for this https URL.
        (
            "uriScheme('https://www.contoso.com/catalog/shownew.htm?date=today')",
            r#""https""#,
        ),
    ]);
}

#[test]
fn guid_formats() {
    let shape = |expression: &str| -> String {
        let text = value(expression).unwrap();
        let shape = text.as_str().unwrap().chars();
        shape
            .map(|character| {
                if character.is_ascii_hexdigit() {
                    'x'
                } else {
                    character
                }
            })
            .collect()
    };
    let hyphens = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    assert_eq!(shape("guid()"), hyphens);
    assert_eq!(shape("guid('N')"), "x".repeat(32));
    assert_eq!(shape("guid('P')"), format!("({hyphens})"));
    assert_eq!(shape("guid('B')"), format!("{{{hyphens}}}"));
    assert_ne!(value("guid()").unwrap(), value("guid()").unwrap());
}
