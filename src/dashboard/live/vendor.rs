//! Waits after a vendor could not be read.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::view::Outage;
use picletter_core::deploy::step::{CloudError, StepError};
use picletter_core::diagnostic::Diagnostic;

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The longest wait, unless the vendor requires a longer one.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// The longest wait that a vendor can require.
const LONGEST_REQUIRED_WAIT: Duration = Duration::from_hours(1);

/// The help for a temporary error on a page.
pub(super) const PAGE_RETRIES: &str = "wait: the page reads it again by itself";

/// Whether a vendor can be read, and when the next read is due.
pub struct Vendor {
    name: &'static str,
    /// Time of the last read without a failure.
    pub(super) succeeded: Option<Timestamp>,
    failure: Option<Failure>,
}

struct Failure {
    error: Arc<StepError>,
    diagnostic: Diagnostic,
    /// Number of consecutive failures.
    count: u32,
    /// Time of the last of them.
    failed_at: Timestamp,
    retry_at: Timestamp,
}

/// Why a read failed.
#[derive(Clone)]
pub struct ReadFailure {
    /// The error and its step.
    pub error: Arc<StepError>,
    /// The error's diagnostic with secrets masked.
    pub diagnostic: Diagnostic,
    /// The wait that the vendor requires.
    pub retry_after: Option<Duration>,
}

impl Vendor {
    /// A vendor that was not read yet. `name` is that of [`Outage::vendor`].
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            succeeded: None,
            failure: None,
        }
    }

    /// Whether a read is due after a failure.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let failure = self.failure.as_ref();
        failure.is_none_or(|failure| failure.retry_at <= now)
    }

    /// Why nothing may be read before the next read is due.
    pub(super) fn refusal(&self, now: Timestamp) -> Option<Diagnostic> {
        let failure = self.failure.as_ref().filter(|it| it.retry_at > now)?;
        Some(for_page(&failure.error.error, failure.diagnostic.clone()))
    }

    /// Stores the result of a read that began at `now`, or a failure at `now`. A success does not end
    /// an outage that began after its read. Returns whether an outage began, ended, or changed.
    pub fn note(&mut self, result: Result<(), ReadFailure>, now: Timestamp) -> bool {
        let before = self.outage();
        match result {
            Ok(()) => {
                self.succeeded = self.succeeded.max(Some(now));
                self.failure = self.failure.take().filter(|it| it.failed_at > now);
            }
            Err(ReadFailure {
                error,
                diagnostic,
                retry_after,
            }) => {
                let last = self.failure.as_ref();
                let before = last.map_or(0, |failure| failure.count);
                let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(before));
                let required = retry_after.unwrap_or_default().min(LONGEST_REQUIRED_WAIT);
                let wait = wait.min(LONGEST_WAIT).max(required);
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
                let retry_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                // Another request may have failed meanwhile, with a longer wait.
                let retry_at = last.map_or(retry_at, |last| last.retry_at.max(retry_at));
                let failed_at = last.map_or(now, |last| last.failed_at.max(now));
                self.failure = Some(Failure {
                    error,
                    diagnostic,
                    count: before.saturating_add(1),
                    failed_at,
                    retry_at,
                });
            }
        }
        self.outage() != before
    }

    /// The error of the current outage.
    pub(super) fn error(&self) -> Option<&Arc<StepError>> {
        self.failure.as_ref().map(|failure| &failure.error)
    }

    /// The current outage, if the last read failed.
    pub fn outage(&self) -> Option<Outage> {
        let failure = self.failure.as_ref()?;
        Some(Outage {
            vendor: self.name,
            since: self.succeeded,
            summary: failure.diagnostic.summary.clone(),
            help: failure.diagnostic.help.clone().unwrap_or_default(),
            is_temporary: failure.error.error.is_temporary(),
            retry_at: failure.retry_at,
        })
    }
}

/// The diagnostic of an error on a page, which reads again by itself.
fn for_page(error: &CloudError, diagnostic: Diagnostic) -> Diagnostic {
    if error.is_temporary() {
        diagnostic.with_help(PAGE_RETRIES)
    } else {
        diagnostic
    }
}

impl ReadFailure {
    /// The diagnostic for a page.
    pub(super) fn diagnostic_for_page(&self) -> Diagnostic {
        for_page(&self.error.error, self.diagnostic.clone())
    }
}
