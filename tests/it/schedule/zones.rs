//! Windows names of IANA zones.

use jiff::Timestamp;
use picletter_core::schedule::{Zone, ZoneError, windows_zone};

#[test]
fn nearly_every_zone_has_a_windows_name() {
    let (with, without): (Vec<_>, Vec<_>) = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .partition(|name| Zone::get(name).is_ok());
    assert!(with.len() > 580, "{}", with.len());
    assert!(without.len() < 10, "{without:?}");
}

#[test]
fn zones_have_the_windows_names_of_cldr() {
    for (zone, windows) in [
        ("Europe/Berlin", Some("W. Europe Standard Time")),
        ("europe/paris", Some("Romance Standard Time")),
        ("America/New_York", Some("Eastern Standard Time")),
        // CLDR contains these under their former IANA names.
        ("Asia/Kolkata", Some("India Standard Time")),
        ("Europe/Kyiv", Some("FLE Standard Time")),
        (
            "America/Argentina/Buenos_Aires",
            Some("Argentina Standard Time"),
        ),
        ("US/Pacific", Some("Pacific Standard Time")),
        ("UTC", None),
        ("Etc/UTC", None),
        ("GMT", None),
    ] {
        assert_eq!(Zone::get(zone).unwrap().windows_name(), windows, "{zone}");
    }
    let berlin = windows_zone("W. Europe Standard Time").unwrap();
    assert_eq!(berlin.iana_name(), Some("Europe/Berlin"));
    assert!(windows_zone("Middle Earth Standard Time").is_none());
}

#[test]
fn differs_from_windows_returns_the_windows_zone() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let differs = |name| Zone::get(name).unwrap().differs_from_windows(now);
    // Vancouver no longer changes its clocks, but is still Pacific Standard Time to Windows.
    assert_eq!(
        differs("America/Vancouver"),
        Some((now, "America/Los_Angeles"))
    );
    for name in ["UTC", "Europe/Berlin", "Europe/Vienna", "Asia/Kolkata"] {
        assert_eq!(differs(name), None, "{name}");
    }
}

#[test]
fn suggests_a_zone_for_an_unknown_name() {
    let unknown = Zone::get("Europe/Berln").unwrap_err();
    let near = Some("Europe/Berlin".to_owned());
    assert_eq!(
        unknown,
        ZoneError::Unknown {
            name: "Europe/Berln".to_owned(),
            nearest: near
        }
    );
}
