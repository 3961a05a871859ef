//! Time zones, with their IANA and Windows names.
//!
//! The file contains IANA names, but Azure requires Windows names. The crate windows-timezones
//! contains CLDR's mapping, with names from before IANA renamed some.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use windows_timezones::WindowsTimezone;

use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

/// A zone with an IANA and a Windows name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    clock: TimeZone,
    windows: Windows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Windows {
    Utc,
    Named(WindowsTimezone),
}

/// A time zone is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// IANA has no zone with this name.
    #[error("unknown time zone {}", quote(name))]
    Unknown {
        /// The name in the file.
        name: String,
        /// The most similar zone.
        nearest: Option<String>,
    },
    /// Windows, and therefore Azure, has no name for the zone.
    #[error("Azure does not support the time zone {}", quote(name))]
    NotInWindows {
        /// The IANA name.
        name: String,
        /// A zone that Azure supports and that has the same local time for the next two years.
        same: Option<String>,
    },
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            clock: TimeZone::UTC,
            windows: Windows::Utc,
        }
    }

    /// The zone with the IANA name `name`, ignoring case.
    pub fn get(name: &str) -> Result<Self, ZoneError> {
        let Ok(clock) = TimeZone::get(name) else {
            return Err(ZoneError::Unknown {
                name: name.to_owned(),
                nearest: nearest_zone(name),
            });
        };
        let name = clock.iana_name().unwrap_or(name).to_owned();
        if clock.primary_iana_name() == Some("UTC") {
            return Ok(Self {
                name,
                clock: TimeZone::UTC,
                windows: Windows::Utc,
            });
        }
        match windows_name(&name, &clock) {
            Some(windows) => Ok(Self {
                name,
                clock,
                windows: Windows::Named(windows),
            }),
            None => Err(ZoneError::NotInWindows {
                same: same_clock(&clock),
                name,
            }),
        }
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone in IANA's data.
    pub fn clock(&self) -> &TimeZone {
        &self.clock
    }

    /// The name for Azure's triggers. `None` for UTC, which triggers indicate by a `Z`.
    pub fn windows_name(&self) -> Option<&'static str> {
        match self.windows {
            Windows::Utc => None,
            Windows::Named(windows) => Some(windows.name()),
        }
    }

    /// The first time within two years from `now` at which the Windows zone has another local time,
    /// with the IANA name of the Windows zone. Windows has fewer zones than IANA, and gets changes
    /// of laws later.
    pub fn differs_from_windows(&self, now: Timestamp) -> Option<(Timestamp, &'static str)> {
        let Windows::Named(windows) = self.windows else {
            return None;
        };
        let theirs = windows.tzdb_id();
        let clock = TimeZone::get(theirs).ok()?;
        first_difference(&self.clock, &clock, now).map(|at| (at, theirs))
    }
}

/// The zone with the Windows name `name`, such as `W. Europe Standard Time`.
pub fn windows_zone(name: &str) -> Option<TimeZone> {
    let windows: WindowsTimezone = name.parse().ok()?;
    TimeZone::get(windows.tzdb_id()).ok()
}

/// The static copy of `name`, if it is the Windows name of a zone.
pub(crate) fn windows_zone_name(name: &str) -> Option<&'static str> {
    name.parse::<WindowsTimezone>()
        .ok()
        .map(WindowsTimezone::name)
}

fn in_cldr(name: &str) -> Option<WindowsTimezone> {
    let zone: chrono_tz::Tz = name.parse().ok()?;
    WindowsTimezone::try_from(zone).ok()
}

/// Looks up the name, or if CLDR does not contain it, another name of the same zone.
fn windows_name(name: &str, clock: &TimeZone) -> Option<WindowsTimezone> {
    let primary = clock.primary_iana_name();
    in_cldr(name).or_else(|| in_cldr(primary?)).or_else(|| {
        jiff::tz::db()
            .available()
            .map(|other| other.to_string())
            .filter(|other| {
                TimeZone::get(other).is_ok_and(|other| other.primary_iana_name() == primary)
            })
            .find_map(|other| in_cldr(&other))
    })
}

/// Another zone with the same local time that Azure supports.
fn same_clock(clock: &TimeZone) -> Option<String> {
    let now = Timestamp::now();
    jiff::tz::db()
        .available()
        .map(|other| other.to_string())
        // Only zones that are the main zone of a Windows name.
        .filter(|other| in_cldr(other).is_some_and(|windows| windows.tzdb_id() == other))
        .find(|other| {
            TimeZone::get(other).is_ok_and(|other| first_difference(clock, &other, now).is_none())
        })
}

/// The first time within two years at which two zones have different local times.
fn first_difference(one: &TimeZone, other: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let end = now.checked_add(SignedDuration::from_hours(2 * 366 * 24));
    let end = end.unwrap_or(Timestamp::MAX);
    // Offsets are constant between two changes.
    let changes = [one, other].into_iter().flat_map(|zone| {
        let changes = zone.following(now).map(|change| change.timestamp());
        changes.take_while(move |at| *at < end)
    });
    let mut times: Vec<Timestamp> = std::iter::once(now).chain(changes).collect();
    times.sort_unstable();
    let mut times = times.into_iter();
    times.find(|at| one.to_offset(*at) != other.to_offset(*at))
}

/// Abbreviations that are not IANA names, each with a zone that uses it.
const ABBREVIATIONS: [(&str, &str); 14] = [
    ("AEDT", "Australia/Sydney"),
    ("AEST", "Australia/Sydney"),
    ("AKST", "America/Anchorage"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CST", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("EEST", "Europe/Helsinki"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MDT", "America/Denver"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
];

/// Parses a UTC offset in whole hours, such as `GMT+1`, `utc-5`, or `+01:00`.
fn offset(name: &str) -> Option<i8> {
    let name = name.to_ascii_lowercase();
    let offset = name.trim_start_matches(['u', 't', 'c', 'g', 'm']).trim();
    if !offset.starts_with(['+', '-']) {
        return None;
    }
    let hours: i8 = offset.trim_end_matches(":00").parse().ok()?;
    (hours != 0 && hours.unsigned_abs() <= 14).then_some(hours)
}

/// Suggests a zone: with this Windows name, with this city, or with a similar spelling.
fn nearest_zone(name: &str) -> Option<String> {
    if let Ok(windows) = name.parse::<WindowsTimezone>() {
        return Some(windows.tzdb_id().to_owned());
    }
    let mut abbreviations = ABBREVIATIONS.iter();
    if let Some((_, zone)) = abbreviations.find(|(short, _)| name.eq_ignore_ascii_case(short)) {
        return Some((*zone).to_owned());
    }
    if let Some(hours) = offset(name) {
        // The sign in these names is reversed.
        let zone = format!("Etc/GMT{:+}", -hours);
        return Zone::get(&zone).is_ok().then_some(zone);
    }
    let names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .collect();
    let city = name.replace(' ', "_");
    let same_city = names.iter().find(|name| {
        let last = name.rsplit('/').next();
        last.is_some_and(|last| last.eq_ignore_ascii_case(&city))
    });
    same_city
        .map(String::as_str)
        .or_else(|| suggest(&city, names.iter().map(String::as_str)))
        .or_else(|| {
            let cities = names.iter().filter_map(|name| name.rsplit('/').next());
            let city = suggest(&city, cities)?;
            let of_city = names.iter().find(|name| name.ends_with(city));
            of_city.map(String::as_str)
        })
        .map(str::to_owned)
}
