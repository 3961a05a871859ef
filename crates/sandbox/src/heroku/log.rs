//! The app's log, as Logplex keeps it.
//!
//! Source: <https://devcenter.heroku.com/articles/logging>: the last 1,500 lines, each of at most
//! 10,000 bytes; a longer one goes on in the next.

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

/// How many lines are kept.
pub(super) const LINES: usize = 1_500;
const LINE_BYTES: usize = 10_000;
/// How many log sessions are open at most.
const SESSIONS: usize = 100;
/// How long the address of a session can be called, in seconds.
const SESSION_SECONDS: i64 = 300;

/// A line of an app's log. Displayed, it is in the form that `heroku logs` prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub time: Timestamp,
    /// `app` for what the app or its user did, `heroku` for the platform.
    pub source: &'static str,
    /// Such as `worker.1234`, or `api`.
    pub process: Arc<str>,
    /// What it says.
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
    /// The line, or as many as its text needs.
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

/// A client that is shown new lines as they come.
#[derive(Debug)]
struct Tail {
    filter: Filter,
    form: Form,
    writer: UnboundedSender<Bytes>,
}

/// How lines are written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text,
    /// Server-sent events.
    Events,
}

impl Form {
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
            !tail.filter.has(&line) || tail.writer.send(tail.form.write(&line).into()).is_ok()
        });
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The last lines that a session asks for, and then each new one until the client goes.
    fn follow(&mut self, session: &LogSession, form: Form) -> Body {
        let (writer, body) = stream();
        let _ = writer.send(self.of(session, form).into());
        self.tails.retain(|tail| !tail.writer.is_closed());
        self.tails.push(Tail {
            filter: session.filter.clone(),
            form,
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

    /// The last lines that a session asks for. The filter applies to the app's last lines, as
    /// `filter_and_send_chunked_logs` in <https://github.com/heroku/logplex> has it.
    fn of(&self, session: &LogSession, form: Form) -> String {
        let last = self
            .lines()
            .rev()
            .take(session.lines)
            .filter(|line| session.filter.has(line));
        let last: Vec<_> = last.collect();
        last.into_iter()
            .rev()
            .map(|line| form.write(line))
            .collect()
    }
}

/// Which lines are asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// A dyno, or a process type for all of its dynos.
    pub(super) process: Option<String>,
    pub(super) source: Option<String>,
}

impl Filter {
    fn has(&self, line: &LogLine) -> bool {
        let of_process = |process: &String| {
            *line.process == **process
                || line
                    .process
                    .split_once('.')
                    .is_some_and(|(process_type, _)| process_type == process)
        };
        self.process.as_ref().is_none_or(of_process)
            && self
                .source
                .as_ref()
                .is_none_or(|source| line.source == source)
    }
}

/// A reference to the log that can be followed without the token.
#[derive(Debug)]
struct LogSession {
    id: String,
    /// The app's id.
    app: String,
    created_at: Timestamp,
    lines: usize,
    filter: Filter,
    tail: bool,
}

/// The log sessions that are open, oldest first.
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
    /// Drops the lines of all logs, as a busy app overwrites its own within minutes.
    pub fn forget_logs(&self) {
        let mut state = self.core.state();
        state.apps.hosted.iter_mut().for_each(|app| app.log.clear());
    }

    /// What the apps' logs hold, as `heroku logs` would print it; app by app.
    pub fn log(&self) -> Vec<String> {
        let state = self.core.state();
        let lines = state.apps.hosted.iter().flat_map(|app| app.log.lines());
        lines.map(ToString::to_string).collect()
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new().route("/apps/{app}/log-sessions", post(open_log))
}

/// The address of a log session, which needs no token.
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

/// The lines as text, or as events where the client asks for a stream of them.
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
    let form = if wants_events {
        Form::Events
    } else {
        Form::Text
    };
    let body = if session.tail {
        app.log.follow(session, form)
    } else {
        Body::from(app.log.of(session, form))
    };
    ([(header::CONTENT_TYPE, form.media_type())], body).into_response()
}
