//! What goes wrong in simulated days, drawn from a seed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::job::outcome::Outcome;
use crate::sandbox::heroku::faults::Fault;
use crate::sandbox::heroku::simulated::{End, OnSigterm, Script};

const REFUSED: &str = "SendGrid answered 403: The from address does not match a verified Sender Identity (from); \
     verify BOT_EMAIL at https://app.sendgrid.com/settings/sender_auth";
const UNAVAILABLE: &str = "no picture: wikimedia answered 503 Service Unavailable; nasa answered 502 Bad Gateway; picsum \
     cannot connect";

/// Draws what each dyno does: of 100 about 8 fail.
pub(super) struct Dynos {
    rng: Mutex<Rng>,
    /// The time to the next run, where a dyno may live that long.
    overlap_after: Option<Duration>,
}

impl Dynos {
    /// Of a schedule with at least `gap` between two runs.
    pub(super) fn new(seed: u64, gap: SignedDuration, time_to_live: SignedDuration) -> Self {
        Self {
            rng: Mutex::new(Rng::with_seed(seed)),
            overlap_after: Duration::try_from(gap).ok().filter(|_| gap < time_to_live),
        }
    }

    pub(super) fn script(&self) -> Script {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let mut work = Duration::from_secs(rng.u64(2..15));
        let end = match rng.u32(..1000) {
            ..25 => End::Failed(Outcome::Refused, REFUSED.to_owned()),
            25..45 => End::Failed(Outcome::Unavailable, UNAVAILABLE.to_owned()),
            45..65 => End::Crash(137),
            65..80 => End::Hang,
            80..110 => {
                work += self.overlap_after.unwrap_or_default();
                End::Sent
            }
            _ => End::Sent,
        };
        Script {
            boot: Duration::from_secs(rng.u64(4..12)),
            work,
            end,
            // Not the worker's way: a dyno that reports when it is stopped would show no silence.
            on_sigterm: OnSigterm::Ignore,
        }
    }
}

/// When Heroku's API is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outage {
    pub(super) from: Timestamp,
    pub(super) lasts: SignedDuration,
    /// Rather than that it answers with 503.
    unreachable: bool,
}

impl Outage {
    fn until(&self) -> Timestamp {
        self.from.checked_add(self.lasts).unwrap_or(Timestamp::MAX)
    }
}

/// Draws outages, each of which begins shortly before a run is due: one in about ten days, and no
/// more than one in 30 runs.
pub(super) fn outages(
    seed: u64,
    gap: SignedDuration,
    due: impl Iterator<Item = Timestamp>,
) -> Vec<Outage> {
    let mut rng = Rng::with_seed(seed ^ 0x6f75_7461_6765);
    let chance = (gap.as_secs_f64() / (10.0 * 86_400.0)).min(1.0 / 30.0);
    let mut outages: Vec<Outage> = Vec::new();
    for due in due {
        let over = outages.last().is_none_or(|last| last.until() < due);
        if rng.f64() < chance && over {
            // As many short ones as long ones: 3 minutes to 4 hours.
            let minutes = 3.0 * 80_f64.powf(rng.f64());
            let before = SignedDuration::from_secs(rng.i64(0..120));
            outages.push(Outage {
                from: due.checked_sub(before).unwrap_or(due),
                lasts: SignedDuration::from_secs_f64((minutes * 60.0).round()),
                unreachable: rng.bool(),
            });
        }
    }
    outages
}

/// What happens to a request to Heroku at a time.
pub(super) fn fault(outages: &[Outage], at: Timestamp) -> Fault {
    let after = outages.partition_point(|outage| outage.from <= at);
    let last = outages.get(..after).and_then(<[_]>::last);
    match last.filter(|outage| at < outage.until()) {
        None => Fault::None,
        Some(outage) if outage.unreachable => Fault::Unreachable,
        Some(_) => Fault::Refused {
            status: StatusCode::SERVICE_UNAVAILABLE,
            retry_after: None,
        },
    }
}
