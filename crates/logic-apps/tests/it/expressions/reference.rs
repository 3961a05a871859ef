//! Every function by the examples of Microsoft's "Reference guide to functions in expressions".
//!
//! Where an example is wrong in the reference itself, a comment says so. What the reference leaves
//! open is taken from the tests of IllogicApps (<https://github.com/ScoreUnder/IllogicApps>), whose
//! results were compared with the service's host.

use serde_json::Value;

use super::{Workflow, value};

/// Checks that each expression yields what stands behind it, as JSON. Numbers are compared by value:
/// the reference writes `3` for `mul(1.5, 2)`.
fn yields(examples: &[(&str, &str)]) {
    let wrong: Vec<String> = examples
        .iter()
        .filter_map(|(expression, expected)| {
            let expected: Value = serde_json::from_str(expected).expect(expected);
            match value(expression) {
                Ok(value) if same(&value, &expected) => None,
                other => Some(format!("{expression}: {other:?} instead of {expected}")),
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn same(value: &Value, expected: &Value) -> bool {
    match (value.as_f64(), expected.as_f64()) {
        (Some(value), Some(expected)) => (value - expected).abs() < f64::EPSILON,
        _ => value == expected,
    }
}

#[test]
fn texts() {
    yields(&[
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
fn places_in_a_text_are_counted_in_utf16() {
    yields(&[
        ("length('a😀b')", "4"),
        ("indexOf('a😀b', 'b')", "3"),
        ("substring('a😀b', 3, 1)", r#""b""#),
        ("take('äöü', 2)", r#""äö""#),
        ("first('äöü')", r#""ä""#),
    ]);
}

#[test]
fn collections() {
    yields(&[
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
        // Name and value must be the same in all (IllogicApps).
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
fn comparisons() {
    yields(&[
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

#[test]
fn conversions() {
    yields(&[
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

#[test]
fn math() {
    yields(&[
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
fn whole_numbers_stay_whole() {
    assert!(value("add(1, 2)").unwrap().is_i64());
    assert!(value("div(11, 5)").unwrap().is_i64());
    assert!(value("mul(1.5, 2)").unwrap().is_f64());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn dates_and_times() {
    yields(&[
        (
            "addDays('2018-03-15T00:00:00Z', 10)",
            r#""2018-03-25T00:00:00.0000000Z""#,
        ),
        (
            "addDays('2018-03-15T00:00:00Z', -5)",
            r#""2018-03-10T00:00:00.0000000Z""#,
        ),
        (
            "addHours('2018-03-15T00:00:00Z', 10)",
            r#""2018-03-15T10:00:00.0000000Z""#,
        ),
        (
            "addHours('2018-03-15T15:00:00Z', -5)",
            r#""2018-03-15T10:00:00.0000000Z""#,
        ),
        (
            "addMinutes('2018-03-15T00:10:00Z', 10)",
            r#""2018-03-15T00:20:00.0000000Z""#,
        ),
        (
            "addMinutes('2018-03-15T00:20:00Z', -5)",
            r#""2018-03-15T00:15:00.0000000Z""#,
        ),
        (
            "addSeconds('2018-03-15T00:00:00Z', 10)",
            r#""2018-03-15T00:00:10.0000000Z""#,
        ),
        (
            "addSeconds('2018-03-15T00:00:30Z', -5)",
            r#""2018-03-15T00:00:25.0000000Z""#,
        ),
        (
            "addToTime('2018-01-01T00:00:00Z', 1, 'Day')",
            r#""2018-01-02T00:00:00.0000000Z""#,
        ),
        (
            "addToTime('2018-01-01T00:00:00Z', 1, 'Day', 'D')",
            r#""Tuesday, January 2, 2018""#,
        ),
        (
            "convertFromUtc('2018-01-01T08:00:00.0000000Z', 'Pacific Standard Time')",
            r#""2018-01-01T00:00:00.0000000""#,
        ),
        (
            "convertFromUtc('2018-01-01T08:00:00.0000000Z', 'Pacific Standard Time', 'D')",
            r#""Monday, January 1, 2018""#,
        ),
        (
            "convertTimeZone('2018-01-01T08:00:00.0000000Z', 'UTC', 'Pacific Standard Time')",
            r#""2018-01-01T00:00:00.0000000""#,
        ),
        // The reference has 80:00:00 here, which is no time.
        (
            "convertTimeZone('2018-01-01T08:00:00.0000000Z', 'UTC', 'Pacific Standard Time', 'D')",
            r#""Monday, January 1, 2018""#,
        ),
        (
            "convertToUtc('01/01/2018 00:00:00', 'Pacific Standard Time')",
            r#""2018-01-01T08:00:00.0000000Z""#,
        ),
        (
            "convertToUtc('01/01/2018 00:00:00', 'Pacific Standard Time', 'D')",
            r#""Monday, January 1, 2018""#,
        ),
        (
            "convertToUtc('2018-07-01T12:00:00', 'W. Europe Standard Time')",
            r#""2018-07-01T10:00:00.0000000Z""#,
        ),
        (
            "dateDifference('2015-02-08', '2018-07-30')",
            r#""1268.00:00:00""#,
        ),
        (
            "dateDifference('2018-07-30T01:00:00Z', '2018-07-30T00:00:30.5Z')",
            r#""-00:59:29.5000000""#,
        ),
        ("dayOfMonth('2018-03-15T13:27:36Z')", "15"),
        ("dayOfWeek('2018-03-15T13:27:36Z')", "4"),
        ("dayOfYear('2018-03-15T13:27:36Z')", "74"),
        (
            "formatDateTime('03/15/2018')",
            r#""2018-03-15T00:00:00.0000000""#,
        ),
        (
            "formatDateTime('03/15/2018 12:00:00', 'yyyy-MM-ddTHH:mm:ss')",
            r#""2018-03-15T12:00:00""#,
        ),
        (
            "formatDateTime('01/31/2016', 'dddd MMMM d')",
            r#""Sunday January 31""#,
        ),
        (
            "startOfDay('2018-03-15T13:30:30Z')",
            r#""2018-03-15T00:00:00.0000000Z""#,
        ),
        (
            "startOfHour('2018-03-15T13:30:30Z')",
            r#""2018-03-15T13:00:00.0000000Z""#,
        ),
        (
            "startOfMonth('2018-03-15T13:30:30Z')",
            r#""2018-03-01T00:00:00.0000000Z""#,
        ),
        (
            "startOfMonth('2018-03-15T13:30:30Z', 'yyyy-MM-dd')",
            r#""2018-03-01""#,
        ),
        (
            "subtractFromTime('2018-01-02T00:00:00Z', 1, 'Day')",
            r#""2018-01-01T00:00:00.0000000Z""#,
        ),
        // The reference has a comma too many: "Monday, January, 1, 2018".
        (
            "subtractFromTime('2018-01-02T00:00:00Z', 1, 'Day', 'D')",
            r#""Monday, January 1, 2018""#,
        ),
        // By .NET's own documentation of DateTime.Ticks, and by hand for the Unix epoch.
        ("ticks('0001-01-01T00:00:00Z')", "0"),
        ("ticks('1970-01-01T00:00:00Z')", "621355968000000000"),
        ("utcNow()", r#""2018-04-15T13:00:00.0000000Z""#),
        ("utcNow('D')", r#""Sunday, April 15, 2018""#),
    ]);
}

#[test]
fn times_from_now_on() {
    let march = Workflow::at("2018-03-01T00:00:00Z");
    let february = Workflow::at("2018-02-01T00:00:00Z");
    let text = |workflow: &Workflow, expression| workflow.value(expression).unwrap();
    assert_eq!(
        text(&march, "getFutureTime(5, 'Day')"),
        "2018-03-06T00:00:00.0000000Z"
    );
    assert_eq!(
        text(&march, "getFutureTime(5, 'Day', 'D')"),
        "Tuesday, March 6, 2018"
    );
    assert_eq!(
        text(&february, "getPastTime(5, 'Day')"),
        "2018-01-27T00:00:00.0000000Z"
    );
    assert_eq!(
        text(&february, "getPastTime(5, 'Day', 'D')"),
        "Saturday, January 27, 2018"
    );
}

#[test]
fn twelve_o_clock() {
    yields(&[
        (
            "formatDateTime('2009-06-15T00:05:00', 'h:mm tt')",
            r#""12:05 AM""#,
        ),
        (
            "formatDateTime('2009-06-15T12:05:00', 'hh:mm t')",
            r#""12:05 P""#,
        ),
        (
            "formatDateTime('6/15/2009 12:05:00 AM', 's')",
            r#""2009-06-15T00:05:00""#,
        ),
        (
            "formatDateTime('6/15/2009 1:05:00 PM', 's')",
            r#""2009-06-15T13:05:00""#,
        ),
        (
            "formatDateTime('Mon, 15 Jun 2009 13:45:30 GMT', 's')",
            r#""2009-06-15T13:45:30""#,
        ),
        (
            "formatDateTime('2009-06-15T13:45:30+02:00')",
            r#""2009-06-15T11:45:30.0000000Z""#,
        ),
    ]);
}

/// .NET's documentation of its format strings shows most of these for other dates.
#[test]
fn formats_of_dates_and_times() {
    let formatted = |format: &str| {
        let expression = format!("formatDateTime('2009-06-15T13:45:30.6170000Z', '{format}')");
        value(&expression).unwrap().as_str().unwrap().to_owned()
    };
    for (format, expected) in [
        ("d", "6/15/2009"),
        ("f", "Monday, June 15, 2009 1:45 PM"),
        ("F", "Monday, June 15, 2009 1:45:30 PM"),
        ("g", "6/15/2009 1:45 PM"),
        ("G", "6/15/2009 1:45:30 PM"),
        ("M", "June 15"),
        ("o", "2009-06-15T13:45:30.6170000Z"),
        ("R", "Mon, 15 Jun 2009 13:45:30 GMT"),
        ("s", "2009-06-15T13:45:30"),
        ("t", "1:45 PM"),
        ("T", "1:45:30 PM"),
        ("u", "2009-06-15 13:45:30Z"),
        ("Y", "June 2009"),
        ("ddd dd MMM yy", "Mon 15 Jun 09"),
        ("hh:mm:ss.ff tt", "01:45:30.61 PM"),
        ("HH:mm:ss.FFFFFF", "13:45:30.617"),
        ("%h", "1"),
        ("yyyy\"year\"", "2009year"),
        ("h \\h m \\m", "1 h 45 m"),
        ("yyyyMMddTHHmmssZ", "20090615T134530Z"),
        ("zzz", "+00:00"),
    ] {
        assert_eq!(formatted(format), expected, "{format}");
    }
}

#[test]
fn uris() {
    yields(&[
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
        // The reference says "http" of this https address.
        (
            "uriScheme('https://www.contoso.com/catalog/shownew.htm?date=today')",
            r#""https""#,
        ),
    ]);
}

#[test]
fn properties_of_objects() {
    const SOPHIA: &str = r#"json('{ "firstName": "Sophia", "surName": "Owen" }')"#;
    const NESTED: &str =
        r#"json('{ "customerName": { "firstName": "Sophia", "surName": "Owen" } }')"#;
    yields(&[
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

/// A3 of the field reports: the cases of IllogicApps. The name that the object has is kept, an
/// exact match is preferred, and a property that is set moves to the end.
#[test]
fn names_of_properties_are_matched_without_regard_to_case() {
    yields(&[
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
        assert!(value(&add).unwrap_err().contains("such a property"));
    }
}

#[test]
fn identifiers() {
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
