//! Waits that servers request before a retry.

use std::time::{Duration, SystemTime};

use picletter_worker::retry_after::retry_after;
use picletter_worker::sendgrid::retry_delay;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

#[test]
fn parses_seconds_and_dates_up_to_a_day() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for (value, seconds) in [
        ("7", Some(7)),
        (" 7 ", Some(7)),
        ("18446744073709551615", Some(86_400)),
        ("18446744073709551616", None),
        ("-1", None),
        ("Tue, 14 Nov 2023 22:13:50 GMT", Some(30)),
        ("Tue, 14 Nov 2023 22:13:19 GMT", Some(0)),
        ("Fri, 14 Nov 9980 22:13:50 GMT", Some(86_400)),
        ("Tue, 31 Feb 2023 22:13:50 GMT", None),
        ("soon", None),
        ("", None),
    ] {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        let wait = retry_after(&headers, now);
        assert_eq!(wait, seconds.map(Duration::from_secs), "{value:?}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[test]
fn retry_delay_comes_from_retry_after_or_an_exhausted_rate_limit() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for (status, headers, seconds) in [
        (429, &[("retry-after", "7")][..], Some(7)),
        (503, &[("retry-after", "7")], Some(7)),
        (429, &[("x-ratelimit-reset", "1700000011")], Some(11)),
        (429, &[("x-ratelimit-reset", "1600000000")], Some(0)),
        (429, &[("retry-after", "soon")], None),
        (503, &[("x-ratelimit-reset", "1700000055")], None),
        (
            503,
            &[
                ("x-ratelimit-remaining", "599"),
                ("x-ratelimit-reset", "1700000055"),
            ],
            None,
        ),
        (
            503,
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1700000055"),
            ],
            Some(55),
        ),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let map = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        let wait = retry_delay(status, &map.collect(), now);
        assert_eq!(
            wait,
            seconds.map(Duration::from_secs),
            "{status} {headers:?}"
        );
    }
}
