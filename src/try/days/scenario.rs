//! Random failures of simulated days.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::r#try::simulation::failed;
use picletter_core::config::{Job, Report};
use picletter_sandbox::faults::Fault;
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;

const REFUSED: &str = "SendGrid answered 403: The from address does not match a verified Sender Identity (from); \
     verify BOT_EMAIL at https://app.sendgrid.com/settings/sender_auth";
const UNAVAILABLE: &str = "no picture: wikimedia answered 503 Service Unavailable; nasa answered 502 Bad Gateway; picsum \
     cannot connect";
const COMMAND_MESSAGE: &str = "the command's own message";

/// Random scripts of dynos: about 1 in 10 fails.
pub(super) struct Dynos {
    rng: Mutex<Rng>,
    ends: Ends,
    /// Extra working time that makes a dyno overlap the next run; `None` if no dyno overlaps.
    overlap_after: Option<SignedDuration>,
}

/// The ends of a job's dynos that neither crash nor hang.
struct Ends {
    success: End,
    failures: [End; 2],
    on_sigterm: OnSigterm,
}

impl Ends {
    fn for_job(job: &Job) -> Self {
        match (job.report, job.runs_picletter_worker()) {
            (Report::Worker, true) => Self {
                success: End::Sent,
                failures: [
                    failed(Outcome::Refused, REFUSED),
                    failed(Outcome::Unavailable, UNAVAILABLE),
                ],
                on_sigterm: OnSigterm::Report,
            },
            (Report::Worker, false) => Self {
                success: End::Sent,
                failures: [Outcome::Refused, Outcome::Unavailable]
                    .map(|one| failed(one, COMMAND_MESSAGE)),
                on_sigterm: OnSigterm::Report,
            },
            (Report::Shell | Report::None, _) => Self {
                success: End::ByShell(0),
                failures: [End::ByShell(1), End::ByShell(2)],
                on_sigterm: OnSigterm::Die,
            },
        }
    }
}

impl Dynos {
    pub(super) fn new(seed: u64, job: &Job, overlap_after: Option<SignedDuration>) -> Self {
        Self {
            rng: Mutex::new(Rng::with_seed(seed)),
            ends: Ends::for_job(job),
            overlap_after,
        }
    }

    pub(super) fn script(&self) -> Script {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let mut work = Duration::from_secs(rng.u64(2..15));
        let Ends {
            success,
            failures: [one, other],
            on_sigterm,
        } = &self.ends;
        let end = match rng.u32(..1000) {
            ..30 => one.clone(),
            30..55 => other.clone(),
            55..80 => End::Crash(137),
            80..95 => End::Hang,
            95..125 => {
                work += self.overlap_after.unwrap_or_default().unsigned_abs();
                success.clone()
            }
            _ => success.clone(),
        };
        let on_sigterm = match end {
            End::Hang => OnSigterm::Ignore,
            _ => *on_sigterm,
        };
        Script {
            boot: Duration::from_secs(rng.u64(4..12)),
            work,
            end,
            on_sigterm,
        }
    }
}

/// An outage of Heroku's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outage {
    pub(crate) from: Timestamp,
    pub(crate) lasts: SignedDuration,
    /// Whether connections fail; otherwise, requests get a 503 response.
    unreachable: bool,
}

impl Outage {
    fn until(&self) -> Timestamp {
        self.from.checked_add(self.lasts).unwrap_or(Timestamp::MAX)
    }
}

/// Random outages that begin shortly before a run is due: about one in ten days, and at most one in 30
/// runs.
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
            // 3 minutes to 4 hours, distributed logarithmically.
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

/// The fault that a request to Heroku gets at the time `at`, if any.
pub(super) fn fault(outages: &[Outage], at: Timestamp) -> Option<Fault> {
    let after = outages.partition_point(|outage| outage.from <= at);
    let last = outages.get(..after).and_then(<[_]>::last);
    let outage = last.filter(|outage| at < outage.until())?;
    Some(if outage.unreachable {
        Fault::Reset
    } else {
        error_response(StatusCode::SERVICE_UNAVAILABLE, None)
    })
}
