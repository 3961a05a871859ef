//! Releases.

use std::collections::VecDeque;

use http::header::RANGE;
use http::{HeaderValue, Method};
use serde::Deserialize;
use url::Url;

use super::error::Error;
use super::lines::Lines;
use super::{HerokuApi, json};
use crate::deploy::http::{Call, Redacted};

/// Number of output lines in the error of a failed release.
const LAST_LINES: usize = 5;

/// Anyone with the URL of a release's output can read it.
const REDACTED: Redacted = Redacted::Answer;

/// A release of an app: its image and config vars.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// Its id, which is different for each release.
    pub id: String,
    /// Its number within the app.
    pub version: u64,
    /// `pending`, `succeeded`, `failed`, or `expired`. Releases from before release phases existed
    /// have no status, and have succeeded.
    #[serde(default = "succeeded")]
    pub status: String,
    /// Heroku's description of its cause, such as `Set SG_KEY config vars`.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub description: String,
    /// The URL of the release phase's output.
    #[serde(default)]
    pub output_stream_url: Option<Url>,
    /// Whether it is the current one.
    #[serde(default)]
    pub current: bool,
}

fn succeeded() -> String {
    "succeeded".to_owned()
}

impl Release {
    fn is_pending(&self) -> bool {
        self.status == "pending"
    }
}

impl HerokuApi {
    /// The last `max` releases of an app, the newest first.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn releases(&self, app: &str, max: usize) -> Result<Vec<Release>, Error> {
        let mut call = self.call(Method::GET, &["apps", app, "releases"]);
        call.redacted = REDACTED;
        // Heroku returns at most 1,000 per page.
        let range = format!("version ..; max={}, order=desc", max.min(1_000));
        if let Ok(range) = HeaderValue::from_str(&range) {
            call.headers.insert(RANGE, range);
        }
        self.list(call, max).await
    }

    /// Waits until a release is current; `on_line` receives its output.
    ///
    /// # Errors
    /// [`Error::ReleaseFailed`] with the last lines of its output; Heroku refuses, or there is no
    /// answer.
    pub async fn await_release(
        &self,
        app: &str,
        release: &Release,
        mut on_line: impl FnMut(&str),
    ) -> Result<Release, Error> {
        let mut release = release.clone();
        let mut last = VecDeque::new();
        let mut output = None;
        while release.is_pending() {
            if output.is_none() {
                output = self.output(&release).await;
            }
            if let Some(lines) = &mut output {
                self.follow(lines, &mut last, &mut on_line).await;
            } else {
                tokio::time::sleep(self.http.timings().poll).await;
            }
            let mut call = self.call(Method::GET, &["apps", app, "releases", &release.id]);
            call.redacted = REDACTED;
            release = self.fetch(call).await?;
        }
        if release.status == "succeeded" {
            return Ok(release);
        }
        if output.is_none()
            && let Some(mut lines) = self.output(&release).await
        {
            self.follow(&mut lines, &mut last, &mut on_line).await;
        }
        Err(Error::ReleaseFailed {
            version: release.version,
            status: release.status,
            output: last.into(),
        })
    }

    /// The output of a release, if any. Errors are ignored, because the release's status decides.
    async fn output(&self, release: &Release) -> Option<Lines> {
        let url = release.output_stream_url.clone()?;
        self.http.redactor().learn(&url.as_str().into());
        let response = self.http.stream(&Call::new(Method::GET, url)).await.ok()?;
        response.status().is_success().then(|| Lines::new(response))
    }

    /// Reads lines until the end, or until none arrives for a while.
    async fn follow(
        &self,
        lines: &mut Lines,
        last: &mut VecDeque<String>,
        on_line: &mut impl FnMut(&str),
    ) {
        let timings = self.http.timings();
        loop {
            match tokio::time::timeout(timings.answer, lines.next()).await {
                Ok(Ok(Some(line))) => {
                    on_line(&line);
                    if last.len() == LAST_LINES {
                        last.pop_front();
                    }
                    last.push_back(self.http.redactor().clean(&line).into_owned());
                }
                Ok(Ok(None) | Err(_)) => {
                    // The status is polled again if the release is pending.
                    tokio::time::sleep(timings.poll).await;
                    return;
                }
                Err(_) => return,
            }
        }
    }
}
