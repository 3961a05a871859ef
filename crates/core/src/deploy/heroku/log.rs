//! An app's log from Logplex: server-sent events with one line each.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#log-session>;
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::collections::VecDeque;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::HerokuApi;
use super::error::Error;
use super::lines::Lines;
use crate::deploy::http::{Call, HttpError, Redacted, Repeat};

const EVENT_STREAM: &str = "text/event-stream";

/// Number of past lines requested by a session that continues another, and of lines remembered to
/// skip those already seen.
const OVERLAP: u32 = 100;

/// Maximum number of consecutive failures to continue a followed log.
const FAILURES: u32 = 5;

/// The lines to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRequest {
    /// Only those of one dyno, such as `worker.1234`.
    pub dyno: Option<String>,
    /// Only those of `app`, or of `heroku`.
    pub source: Option<String>,
    /// Number of past lines; Heroku keeps 1,500.
    pub lines: u32,
    /// Whether to follow the log.
    pub tail: bool,
}

/// An open log.
#[derive(Debug)]
pub struct LogStream {
    api: HerokuApi,
    app: String,
    request: LogRequest,
    lines: Option<Lines>,
    /// The time of the first line seen.
    first: Option<String>,
    /// The last lines seen.
    seen: VecDeque<String>,
    /// Whether this is not the first session.
    resumed: bool,
    /// Whether this session has received no line yet.
    quiet: bool,
    failures: u32,
}

impl HerokuApi {
    /// Opens an app's log.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn log_session(&self, app: &str, request: &LogRequest) -> Result<LogStream, Error> {
        Ok(LogStream {
            api: self.clone(),
            app: app.to_owned(),
            request: request.clone(),
            lines: Some(self.log_lines(app, request, request.lines).await?),
            first: None,
            seen: VecDeque::new(),
            resumed: false,
            quiet: true,
            failures: 0,
        })
    }

    async fn log_lines(&self, app: &str, request: &LogRequest, lines: u32) -> Result<Lines, Error> {
        #[derive(Deserialize)]
        struct Session {
            logplex_url: Url,
        }
        let mut body = json!({ "lines": lines, "tail": request.tail });
        for (key, value) in [("dyno_name", &request.dyno), ("source", &request.source)] {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        let mut call = self.call(Method::POST, &["apps", app, "log-sessions"]);
        call.repeat = Repeat::Safe;
        // Anyone with the session's URL can read the log.
        call.redacted = Redacted::Answer;
        let Session { logplex_url } = self.fetch(call.json(body)).await?;
        self.http.redactor().learn(&logplex_url.as_str().into());
        let host = logplex_url.host_str().unwrap_or_default().to_owned();
        let mut call = Call::new(Method::GET, logplex_url);
        call.headers
            .insert(ACCEPT, HeaderValue::from_static(EVENT_STREAM));
        let response = self.http.stream(&call).await?;
        let status = response.status();
        if !status.is_success() {
            let reason = status.to_string();
            return Err(Error::NoLog { host, reason });
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        if let Some(other) = content_type.filter(|value| !value.starts_with(EVENT_STREAM)) {
            let reason = format!("{status} with {other:?}");
            return Err(Error::NoLog { host, reason });
        }
        Ok(Lines::new(response))
    }
}

impl LogStream {
    /// The next line as Heroku sends it: time, source, dyno, text. `None` at the end. A followed
    /// log has no end: when Heroku closes the session, it continues in a new one. Cancel safe.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn next_line(&mut self) -> Result<Option<String>, Error> {
        loop {
            let Some(lines) = &mut self.lines else {
                self.reopen().await?;
                continue;
            };
            let line = if self.request.tail {
                lines.next().await
            } else {
                let answer = self.api.http.timings().answer;
                match tokio::time::timeout(answer, lines.next()).await {
                    Ok(line) => line,
                    // Heroku sends the past lines and closes the session.
                    Err(_) => return Ok(None),
                }
            };
            match line {
                Ok(Some(line)) => {
                    self.quiet = false;
                    if let Some(line) = data(&line)
                        && self.is_new(line)
                    {
                        return Ok(Some(line.to_owned()));
                    }
                }
                Ok(None) | Err(_) if self.request.tail => self.lines = None,
                Ok(None) => return Ok(None),
                Err(error) => {
                    let host = error.url().and_then(Url::host_str);
                    return Err(Error::Http(HttpError::Lost {
                        server: format!("Heroku's log ({})", host.unwrap_or_default()),
                        reason: error.without_url().to_string(),
                        read_only: true,
                    }));
                }
            }
        }
    }

    async fn reopen(&mut self) -> Result<(), Error> {
        let lines = if self.seen.is_empty() {
            self.request.lines
        } else {
            OVERLAP
        };
        // Limits the rate of sessions that end immediately.
        if std::mem::replace(&mut self.quiet, true) {
            tokio::time::sleep(self.api.http.timings().poll).await;
        }
        match self.api.log_lines(&self.app, &self.request, lines).await {
            Ok(lines) => {
                self.lines = Some(lines);
                self.resumed = true;
                self.failures = 0;
            }
            Err(error) if self.failures < FAILURES && may_recover(&error) => self.failures += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether a line is new. Lines begin with their time, which sorts as text. A later session may
    /// repeat lines that are older than the first requested one.
    fn is_new(&mut self, line: &str) -> bool {
        let time = line.split(' ').next().unwrap_or_default();
        let first = self.first.get_or_insert_with(|| time.to_owned());
        let older = time < first.as_str();
        if self.resumed && (older || self.seen.iter().any(|seen| seen == line)) {
            return false;
        }
        if self.seen.len() == OVERLAP as usize {
            self.seen.pop_front();
        }
        self.seen.push_back(line.to_owned());
        true
    }
}

/// Whether a later attempt to continue a followed log may succeed. A refusal with `Retry-After` is
/// final: the HTTP client has already waited as long as Heroku required, or the wait is too long.
fn may_recover(error: &Error) -> bool {
    match error {
        Error::NoLog { .. } | Error::Http(_) => true,
        Error::Refused(refusal) => {
            let status = refusal.status;
            let is_temporary = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
            is_temporary && refusal.retry_after.is_none()
        }
        _ => false,
    }
}

/// The data of a line of an event stream; `None` for comments, names, and ends.
fn data(line: &str) -> Option<&str> {
    let data = line.strip_prefix("data:")?;
    Some(data.strip_prefix(' ').unwrap_or(data))
}
