//! The random inputs of the properties: schedules, dynos, and faults.

use std::time::Duration;

use fastrand::Rng;
use http::StatusCode;
use picletter::r#try::simulation::failed;
use picletter_sandbox::faults::{Fault, Silence};
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;
use proptest::prelude::*;

/// Schedules, and the number of simulated hours: enough for 100 to 300 runs, or a year. The 140 days
/// include a clock change. In Sydney, 02:30 then occurs twice; in New York, 02:10 and 02:15 do not
/// occur.
const SCHEDULES: [(&str, i64); 8] = [
    ("every = \"2 minutes\"", 6),
    ("every = \"5 minutes\"", 12),
    (
        "every = \"15 minutes\"\nstart = \"2026-12-01 00:00\"\ncatch_up = true",
        9 * 24,
    ),
    (
        "every = \"hour\"\ntime_zone = \"Australia/Lord_Howe\"",
        8 * 24,
    ),
    (
        "every = \"day\"\nat = [\"02:30\", \"16:45\"]\ntime_zone = \"Australia/Sydney\"",
        140 * 24,
    ),
    (
        "every = \"day\"\nat = [\"02:10\", \"02:15\"]\ntime_zone = \"America/New_York\"",
        140 * 24,
    ),
    (
        "every = \"week\"\non = [\"mon\", \"wed\"]\nat = \"07:00\"\ntime_zone = \"Asia/Tokyo\"",
        365 * 24,
    ),
    (
        "every = \"month\"\nstart = \"2026-12-31 08:00\"\ntime_zone = \"Europe/Berlin\"",
        365 * 24,
    ),
];

pub(crate) const ZONES: [&str; 20] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Moscow",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Jerusalem",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(crate) const REPORTS: [&str; 3] = ["worker", "shell", "none"];
pub(crate) const OVERLAPS: [&str; 4] = ["skip", "replace", "allow", "queue"];

#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// A schedule as in `picletter.toml`, and the number of simulated hours.
    pub(crate) schedule: (String, i64),
    pub(crate) overlap: usize,
    pub(crate) report: usize,
    /// How many of a thousand dynos do not complete their work.
    pub(crate) failing: u32,
    /// How many of a thousand requests get a fault.
    pub(crate) faulty: u32,
    /// Outages of all services: the start, in thousandths of the simulated time, and the duration
    /// in minutes.
    pub(crate) outages: Vec<(u32, u32)>,
    /// The maximum duration of a dyno's work, in seconds.
    pub(crate) work: u64,
    pub(crate) early_callback: bool,
    /// The maximum duration of a request without a fault, in milliseconds.
    pub(crate) latency: u64,
    pub(crate) seed: u64,
}

/// An interval in minutes, or times on some days of the week, in any zone.
fn schedules() -> impl Strategy<Value = (String, i64)> {
    let listed = (0..SCHEDULES.len()).prop_map(|n| (SCHEDULES[n].0.to_owned(), SCHEDULES[n].1));
    let zone = || prop::sample::select(&ZONES[..]);
    let minutes = (3..240_i64, zone()).prop_map(|(minutes, zone)| {
        let schedule = format!("every = \"{minutes} minutes\"\ntime_zone = \"{zone}\"");
        (schedule, (minutes * 150 / 60).max(1))
    });
    let times = prop::collection::btree_set(0..288_u32, 1..4);
    let days = prop::sample::subsequence(&DAYS[..], 1..=7);
    let times_on_days = (times, days, zone()).prop_map(|(times, days, zone)| {
        let at: Vec<String> = times
            .iter()
            .map(|slot| format!("{:02}:{:02}", slot / 12, slot % 12 * 5))
            .collect();
        let schedule =
            format!("every = \"day\"\nat = {at:?}\non = {days:?}\ntime_zone = \"{zone}\"");
        (schedule, 140 * 24)
    });
    prop_oneof![listed, minutes, times_on_days]
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (
        (
            schedules(),
            0..OVERLAPS.len(),
            prop_oneof![3 => Just(0_usize), 1 => Just(1), 1 => Just(2)],
        ),
        prop_oneof![Just(0), 0..1000_u32],
        prop_oneof![Just(0), 0..300_u32],
        prop::collection::vec((0..1000_u32, 1..180_u32), 0..3),
        prop_oneof![1..30_u64, 1..900_u64],
        (any::<bool>(), prop_oneof![Just(0), 1..2000_u64]),
        any::<u64>(),
    )
        .prop_map(
            |(
                (schedule, overlap, report),
                failing,
                faulty,
                outages,
                work,
                (early_callback, latency),
                seed,
            )| Case {
                schedule,
                overlap,
                report,
                failing,
                faulty,
                outages,
                work,
                early_callback,
                latency,
                seed,
            },
        )
}

/// A random behavior of a dyno, out of all possible ones.
pub(crate) fn any_script(rng: &mut Rng, failing: u32, work: u64) -> Script {
    let end = if rng.u32(..1000) >= failing {
        End::Sent
    } else {
        match rng.u8(..8) {
            0 => End::SentTwice,
            1 => End::SentLate(Duration::from_secs(rng.u64(..2000))),
            2 => failed(Outcome::Refused, "SendGrid: 403: no"),
            3 => failed(Outcome::Unavailable, "no source gave a picture"),
            4 => End::Crash(139),
            5 => End::Hang,
            6 => End::NeverUp,
            _ => End::Vanish,
        }
    };
    Script {
        boot: Duration::from_millis(rng.u64(..20_000)),
        work: Duration::from_millis(rng.u64(..work * 1000)),
        end,
        on_sigterm: [OnSigterm::Report, OnSigterm::Die, OnSigterm::Ignore][rng.usize(..3)],
    }
}

/// Heroku's router terminates requests after 30 seconds.
pub(crate) fn any_fault(rng: &mut Rng) -> Fault {
    let moment = |rng: &mut Rng| Duration::from_millis(rng.u64(..30_000));
    match rng.u8(..5) {
        0 => Fault::Delay(Duration::from_millis(rng.u64(..19_000))),
        1 => Fault::Reset,
        2 => {
            let status = [
                StatusCode::CONFLICT,
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::INTERNAL_SERVER_ERROR,
                StatusCode::SERVICE_UNAVAILABLE,
            ][rng.usize(..4)];
            error_response(status, None)
        }
        3 => Fault::Lost {
            processed_after: None,
            seen: Silence::Reset(moment(rng)),
        },
        _ => Fault::Lost {
            processed_after: Some(moment(rng)),
            seen: if rng.bool() {
                Silence::Reset(moment(rng))
            } else {
                Silence::Timeout(Duration::from_secs(30))
            },
        },
    }
}
