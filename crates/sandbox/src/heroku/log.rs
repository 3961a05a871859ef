//! The log of an app, as kept by Logplex.
//!
//! Source: <https://devcenter.heroku.com/articles/logging>. It keeps the last 1,500 lines of at
//! most 10,000 bytes; longer lines are split.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::Heroku;
use super::body::{self, LogSessionCreate};
use super::dyno::date_time;
use super::refusal::Refusal;
use crate::stream::stream;

/// Maximum number of lines kept.
pub(super) const LINES: usize = 1_500;
const LINE_BYTES: usize = 10_000;
/// Maximum number of open log sessions.
const SESSIONS: usize = 100;
/// How long the URL of a session is valid, in seconds.
const SESSION_SECONDS: i64 = 300;

/// A line of an app's log. `Display` writes the format of `heroku logs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub time: Timestamp,
    /// `app` for lines of the app and its user, `heroku` for lines of the platform.
    pub source: &'static str,
    /// The dyno, such as `worker.1234`, or `api`.
    pub process: Arc<str>,
    /// The text of the line.
    pub text: String,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.display_with_offset(Offset::UTC);
        let Self {
            source,
            process,
            text,
            ..
        } = self;
        write!(f, "{time:.6} {source}[{process}]: {text}")
    }
}

impl LogLine {
    /// Creates a line, or several if the text exceeds the maximum length.
    pub(super) fn split(
        time: Timestamp,
        source: &'static str,
        process: &Arc<str>,
        mut text: &str,
    ) -> Vec<Self> {
        let mut lines = Vec::with_capacity(1);
        loop {
            let end = text.floor_char_boundary(LINE_BYTES);
            let (part, rest) = text.split_at(end);
            lines.push(Self {
                time,
                source,
                process: process.clone(),
                text: part.to_owned(),
            });
            text = rest;
            if text.is_empty() {
                return lines;
            }
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<LogLine>,
    tails: Vec<Tail>,
}

/// A client that follows the log.
#[derive(Debug)]
struct Tail {
    filter: Filter,
    format: Format,
    writer: UnboundedSender<Bytes>,
}

/// The format of the lines.
#[derive(Debug, Clone, Copy)]
enum Format {
    Text,
    /// Server-sent events.
    Events,
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Events => "text/event-stream",
        }
    }

    fn write(self, line: &LogLine) -> String {
        match self {
            Self::Text => format!("{line}\n"),
            Self::Events => format!("data: {line}\n\n"),
        }
    }
}

impl Log {
    pub(super) fn push(&mut self, line: LogLine) {
        self.tails.retain(|tail| {
            !tail.filter.matches(&line) || tail.writer.send(tail.format.write(&line).into()).is_ok()
        });
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The last lines of a session, followed by new ones until the client disconnects.
    fn follow(&mut self, session: &LogSession, format: Format) -> Body {
        let (writer, body) = stream();
        let _ = writer.send(self.read(session, format).into());
        self.tails.retain(|tail| !tail.writer.is_closed());
        self.tails.push(Tail {
            filter: session.filter.clone(),
            format,
            writer,
        });
        body
    }

    fn clear(&mut self) {
        self.lines.clear();
    }

    /// All lines, oldest first.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.lines.iter()
    }

    /// The last lines of a session. The filter applies to the last lines of the app, as in
    /// `filter_and_send_chunked_logs` of <https://github.com/heroku/logplex>.
    fn read(&self, session: &LogSession, format: Format) -> String {
        let last = self
            .lines()
            .rev()
            .take(session.lines)
            .filter(|line| session.filter.matches(line));
        let last: Vec<_> = last.collect();
        last.into_iter()
            .rev()
            .map(|line| format.write(line))
            .collect()
    }
}

/// Selects lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// A dyno, or a process type for all its dynos.
    pub(super) process: Option<String>,
    pub(super) source: Option<String>,
}

impl Filter {
    fn matches(&self, line: &LogLine) -> bool {
        let has_process = |process: &String| {
            *line.process == **process
                || line
                    .process
                    .split_once('.')
                    .is_some_and(|(process_type, _)| process_type == process)
        };
        self.process.as_ref().is_none_or(has_process)
            && self
                .source
                .as_ref()
                .is_none_or(|source| line.source == source)
    }
}

/// A session whose URL provides the log without a token.
#[derive(Debug)]
struct LogSession {
    id: String,
    /// The ID of the app.
    app: String,
    created_at: Timestamp,
    lines: usize,
    filter: Filter,
    tail: bool,
}

/// The open log sessions, oldest first.
#[derive(Debug, Default)]
pub(super) struct LogSessions(VecDeque<LogSession>);

impl LogSessions {
    fn open(&mut self, session: LogSession) {
        if self.0.len() == SESSIONS {
            self.0.pop_front();
        }
        self.0.push_back(session);
    }

    fn find(&self, id: &str, now: Timestamp) -> Option<&LogSession> {
        self.0
            .iter()
            .find(|session| session.id == id)
            .filter(|session| now.as_second() - session.created_at.as_second() <= SESSION_SECONDS)
    }
}

impl Heroku {
    /// Clears all logs. The log of a busy app is overwritten within minutes.
    pub fn clear_logs(&self) {
        let mut state = self.core.state();
        state.apps.hosted.iter_mut().for_each(|app| app.log.clear());
    }

    /// The lines of all logs as `heroku logs` prints them, grouped by app.
    pub fn log(&self) -> Vec<String> {
        let state = self.core.state();
        let lines = state.apps.hosted.iter().flat_map(|app| app.log.lines());
        lines.map(ToString::to_string).collect()
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new().route("/apps/{app}/log-sessions", post(open_log))
}

/// The URLs of log sessions, which require no token.
pub(super) fn session_routes() -> Router<Heroku> {
    Router::new().route("/sessions/{session}", get(read_log))
}

async fn open_log(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let create = LogSessionCreate::read(body::object(&headers, &body)?)?;
    let now = core.clock.now();
    let mut state = core.state();
    let app = state.apps.get(&app)?.identity.id.clone();
    let session = LogSession {
        id: state.ids.uuid(),
        app,
        created_at: now,
        lines: create.lines,
        filter: create.filter,
        tail: create.tail,
    };
    let json = json!({
        "created_at": date_time(now),
        "id": session.id,
        "logplex_url": format!("{}/sessions/{}?srv={}", core.url, session.id, now.as_second()),
        "updated_at": date_time(now),
    });
    state.sessions.open(session);
    Ok((StatusCode::CREATED, Json(json)))
}

/// Responds with the lines as text, or as server-sent events if the client requests them.
async fn read_log(
    State(Heroku { core, .. }): State<Heroku>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut state = core.state();
    let state = &mut *state;
    let session = state.sessions.find(&id, core.clock.now());
    let app = session.and_then(|session| {
        let mut apps = state.apps.hosted.iter_mut();
        apps.find(|app| app.identity.id == session.app)
    });
    let (Some(session), Some(app)) = (session, app) else {
        return (StatusCode::NOT_FOUND, "Not found\n").into_response();
    };
    let wants_events = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    let format = if wants_events {
        Format::Events
    } else {
        Format::Text
    };
    let body = if session.tail {
        app.log.follow(session, format)
    } else {
        Body::from(app.log.read(session, format))
    };
    ([(header::CONTENT_TYPE, format.media_type())], body).into_response()
}
