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

/// How long anything is waited for; a resource group takes minutes.
pub(super) const LONGEST_MINUTES: u64 = 30;

/// The first look comes after this part of the time between the later ones.
const FIRST_LOOK: u32 = 8;

/// The header with the URL of an operation's state.
const STATE: &str = "azure-asyncoperation";

/// The header with the URL of its result.
const RESULT: &str = "location";

/// What is awaited of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// That it ends.
    End,
    /// What it results in.
    Result,
}

/// How something that goes on is looked at.
#[derive(Debug)]
pub(super) struct Pace {
    give_up: Instant,
    /// Before the next look, unless Azure asks for more.
    next: Duration,
}

impl Pace {
    /// From now on: soon at first, since most of what is asked for takes no second, and less and
    /// less often.
    pub(super) fn new(timings: Timings) -> Self {
        Self {
            give_up: Instant::now() + Duration::from_mins(LONGEST_MINUTES),
            next: timings.poll / FIRST_LOOK,
        }
    }
}

impl Arm {
    /// Waits before the next look at something that goes on, for as long as `answer` asks.
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
        let timings = self.timings();
        let asked = answer.retry_after().unwrap_or_default();
        let longest = timings.longest_retry_after.max(timings.poll);
        sleep(asked.clamp(pace.next, longest)).await;
        pace.next = (pace.next * 2).min(timings.poll);
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
        let mut next = self.next(doing, &answer, awaited)?;
        if next.is_none() && answer.status == StatusCode::ACCEPTED {
            let what = "it does not name where the operation is followed";
            return Err(self.garbled(doing, &answer, what));
        }
        while let Some(url) = &next {
            self.pause(doing, &answer, &mut pace).await?;
            answer = self
                .send(doing, Call::new(Method::GET, url.clone()))
                .await?;
            if answer.status == StatusCode::ACCEPTED {
                next = self.next(doing, &answer, awaited)?.or(next);
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

    fn next(&self, doing: &str, answer: &Answer, awaited: Awaited) -> Result<Option<Url>, Error> {
        let names = match awaited {
            Awaited::End => [STATE, RESULT],
            Awaited::Result => [RESULT, STATE],
        };
        let header = |name| answer.headers.get(name)?.to_str().ok();
        match names.into_iter().find_map(header) {
            Some(address) => self.named(doing, answer, address).map(Some),
            None => Ok(None),
        }
    }

    fn ended_badly(&self, doing: &str, answer: &Answer, status: &str, body: &Value) -> Error {
        let mut refusal = Refusal::told(doing, answer.status, &body["error"], self.redactor());
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

/// Whether a state is the one named; Azure writes them in either case.
pub(super) fn is(state: &str, name: &str) -> bool {
    state.eq_ignore_ascii_case(name)
}
