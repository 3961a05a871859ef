//! Announces waits that a vendor requires.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::cli::output::Output;
use picletter_core::deploy::http::{Wait, wait_words};

/// The shortest required wait that is announced.
const NOTICEABLE: Duration = Duration::from_secs(2);

/// Waits of concurrent requests that end at about the same time are announced once.
const SAME_TIME: SignedDuration = SignedDuration::from_secs(2);

/// Prints each noticeable wait on standard error: the vendor, and the length of the wait.
pub(super) fn announcer(output: &Output) -> impl Fn(Wait) + Send + Sync + 'static {
    let output = output.clone();
    let announced: Mutex<BTreeMap<&str, Timestamp>> = Mutex::default();
    move |wait| {
        let Ok(until) = Timestamp::now().checked_add(wait.length) else {
            return;
        };
        let mut announced = announced.lock().unwrap_or_else(PoisonError::into_inner);
        let known = announced.get(wait.vendor);
        let is_known = known.is_some_and(|known| until.duration_since(*known) < SAME_TIME);
        if wait.required < NOTICEABLE || is_known {
            return;
        }
        announced.insert(wait.vendor, until);
        let reason = match wait.status {
            StatusCode::TOO_MANY_REQUESTS => "limits the rate of requests".to_owned(),
            status => format!("answered {}", status.as_u16()),
        };
        output.note_fitting(format_args!(
            "{} {reason}: waiting {}",
            wait.vendor,
            wait_words(wait.length)
        ));
    }
}
