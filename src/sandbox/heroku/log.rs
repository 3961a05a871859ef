//! The app's log, as Logplex keeps it.
//!
//! Source: <https://devcenter.heroku.com/articles/logging>: the last 1,500 lines, each of at most
//! 10,000 bytes; a longer one goes on in the next.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

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
pub(super) struct Log(VecDeque<LogLine>);

impl Log {
    pub(super) fn push(&mut self, line: LogLine) {
        if self.0.len() == LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// All lines, oldest first.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.0.iter()
    }

    /// The last lines that a session asks for.
    pub(super) fn of(&self, session: &LogSession) -> Vec<String> {
        let last = self
            .lines()
            .rev()
            .filter(|line| session.filter.has(line))
            .take(session.lines);
        let mut lines = last.map(ToString::to_string).collect::<Vec<_>>();
        lines.reverse();
        lines
    }
}

/// Which lines are asked for.
#[derive(Debug, Default)]
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
    pub(super) created_at: Timestamp,
    pub(super) lines: usize,
    pub(super) filter: Filter,
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
