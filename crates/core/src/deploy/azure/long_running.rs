//! Operations that Azure accepts and finishes later.
//!
//! Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations>.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use url::Url;

use super::arm::Arm;
use super::error::{Error, Refusal};
use crate::deploy::http::{Answer, Call, Timings};

/// Time limit of an operation, in minutes. An operation on a resource group can take several minutes.
pub(super) const LONGEST_MINUTES: u64 = 30;

/// The first poll comes after the poll interval divided by this number.
const FIRST_POLL_DIVISOR: u32 = 8;

/// The header with the URL of an operation's state.
const STATE: &str = "azure-asyncoperation";

/// The header with the URL of an operation's result.
const RESULT: &str = "location";

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The end of the operation.
    End,
    /// The result of the operation.
    Result,
}

/// Poll intervals of an operation.
#[derive(Debug)]
pub(super) struct Pace {
    give_up: Instant,
    /// Wait before the next poll, unless Azure requires more.
    next: Duration,
}

impl Pace {
    /// Starts now: short intervals at first, since most operations take less than a second, then
    /// growing ones.
    pub(super) fn new(timings: Timings) -> Self {
        Self {
            give_up: Instant::now() + Duration::from_mins(LONGEST_MINUTES),
            next: timings.poll / FIRST_POLL_DIVISOR,
        }
    }
}

impl Arm {
    /// Waits before the next poll, as long as `answer` requires, but at most `longest_poll`.
    pub(super) async fn pause(
        &self,
        doing: &str,
        answer: &Answer,
        pace: &mut Pace,
    ) -> Result<(), Error> {
        if Instant::now() >= pace.give_up {
            return Err(Error::TooLong {
                doing: doing.to_owned(),
                minutes: LONGEST_MINUTES,
            });
        }
        let Timings {
            poll, longest_poll, ..
        } = self.timings();
        let requested = answer.retry_after().unwrap_or_default();
        sleep(requested.min(longest_poll).max(pace.next)).await;
        pace.next = (pace.next * 2).min(poll);
        Ok(())
    }

    /// Follows an operation from its first answer to its last.
    pub(super) async fn follow(
        &self,
        doing: &str,
        first: Answer,
        awaited: Awaited,
    ) -> Result<Answer, Error> {
        let mut pace = Pace::new(self.timings());
        let mut answer = first;
        let mut next = self.poll_url(doing, &answer, awaited)?;
        if next.is_none() && answer.status == StatusCode::ACCEPTED {
            let what = "the answer lacks the address of the operation's status";
            return Err(self.garbled(doing, &answer, what));
        }
        while let Some(url) = &next {
            self.pause(doing, &answer, &mut pace).await?;
            answer = self
                .send(doing, Call::new(Method::GET, url.clone()))
                .await?;
            if answer.status == StatusCode::ACCEPTED {
                next = self.poll_url(doing, &answer, awaited)?.or(next);
                continue;
            }
            let body = self.object(doing, &answer)?;
            match body["status"].as_str().unwrap_or_default() {
                status if is(status, "Failed") || is(status, "Canceled") => {
                    return Err(self.ended_badly(doing, &answer, status, &body));
                }
                status if status.is_empty() || is(status, "Succeeded") => break,
                _ => {}
            }
        }
        Ok(answer)
    }

    /// The URL to poll for what is awaited, if the answer contains one.
    fn poll_url(
        &self,
        doing: &str,
        answer: &Answer,
        awaited: Awaited,
    ) -> Result<Option<Url>, Error> {
        let names = match awaited {
            Awaited::End => [STATE, RESULT],
            Awaited::Result => [RESULT, STATE],
        };
        let header = |name| answer.headers.get(name)?.to_str().ok();
        match names.into_iter().find_map(header) {
            Some(address) => self.parse_link(doing, answer, address).map(Some),
            None => Ok(None),
        }
    }

    fn ended_badly(&self, doing: &str, answer: &Answer, status: &str, body: &Value) -> Error {
        let mut refusal =
            Refusal::from_error(doing, answer.status, &body["error"], self.redactor());
        if refusal.details.is_empty() {
            refusal.details.push(super::error::Detail {
                code: status.to_owned(),
                message: String::new(),
            });
        }
        refusal.request_id = answer.request_id().map(str::to_owned);
        Error::Refused(Box::new(refusal))
    }
}

/// Whether a state has the name `name`, ignoring case.
pub(super) fn is(state: &str, name: &str) -> bool {
    state.eq_ignore_ascii_case(name)
}
