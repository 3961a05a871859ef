//! The app's log, as Logplex keeps it.
//!
//! Source: <https://devcenter.heroku.com/articles/logging>: the last 1,500 lines, each of at most
//! 10,000 bytes; a longer one goes on in the next.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

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
        let time = self.time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
        let Self {
            source,
            process,
            text,
            ..
        } = self;
        write!(f, "{time} {source}[{process}]: {text}")
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
pub(super) enum Form {
    Text,
    /// Server-sent events.
    Events,
}

impl Form {
    pub(super) fn media_type(self) -> &'static str {
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
    pub(super) fn follow(&mut self, session: &LogSession, form: Form) -> Body {
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

    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    /// Ends the bodies of all that follow it.
    pub(super) fn end_tails(&mut self) {
        self.tails.clear();
    }

    /// All lines, oldest first.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.lines.iter()
    }

    /// The last lines that a session asks for. The filter applies to the app's last lines, as
    /// `filter_and_send_chunked_logs` in <https://github.com/heroku/logplex> has it.
    pub(super) fn of(&self, session: &LogSession, form: Form) -> String {
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
pub(super) struct LogSession {
    pub(super) id: String,
    /// The app's id.
    pub(super) app: String,
    pub(super) created_at: Timestamp,
    pub(super) lines: usize,
    pub(super) filter: Filter,
    pub(super) tail: bool,
}

impl LogSession {
    pub(super) fn open(sessions: &mut VecDeque<Self>, session: Self) {
        if sessions.len() == SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(session);
    }

    pub(super) fn find<'a>(
        sessions: &'a VecDeque<Self>,
        id: &str,
        now: Timestamp,
    ) -> Option<&'a Self> {
        sessions
            .iter()
            .find(|session| session.id == id)
            .filter(|session| now.as_second() - session.created_at.as_second() <= SESSION_SECONDS)
    }
}
