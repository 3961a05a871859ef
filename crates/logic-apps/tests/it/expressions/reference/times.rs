//! Date and time functions.

use super::assert_values;
use crate::expressions::{Workflow, value};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn date_and_time_functions() {
    assert_values(&[
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
        // The reference has 80:00:00 here, which is not a valid time.
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
        // The reference has an extra comma: "Monday, January, 1, 2018".
        (
            "subtractFromTime('2018-01-02T00:00:00Z', 1, 'Day', 'D')",
            r#""Monday, January 1, 2018""#,
        ),
        // From .NET's documentation of `DateTime.Ticks`, and calculated for the Unix epoch.
        ("ticks('0001-01-01T00:00:00Z')", "0"),
        ("ticks('1970-01-01T00:00:00Z')", "621355968000000000"),
        ("utcNow()", r#""2018-04-15T13:00:00.0000000Z""#),
        ("utcNow('D')", r#""Sunday, April 15, 2018""#),
    ]);
}

#[test]
fn future_and_past_times() {
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
fn twelve_hour_clock() {
    assert_values(&[
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

/// .NET's documentation of format strings shows most of these with other dates.
#[test]
fn date_and_time_formats() {
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
