//! How a run ends: the outcome, its exit code, and the report.

use serde::Serialize;

use crate::log::Log;

/// How a run ended. The Logic App, the log, and the exit status use these names and codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// SendGrid accepted the mail.
    Sent,
    /// Started in a way that the worker does not know.
    Usage,
    /// No source gave a picture, or the mail API could not be reached; nothing was sent.
    Unavailable,
    /// The answer was lost after the whole body was sent: the mail may have been accepted.
    Unknown,
    /// Rate limited, failing upstream, or stopped before sending; nothing was sent.
    TryLater,
    /// The mail API's answer makes no sense.
    Protocol,
    /// The mail API refused: key, sender identity, or payload.
    Refused,
    /// A variable is missing or malformed; nothing was contacted.
    Config,
}

impl Outcome {
    /// The name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Usage => "usage",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::TryLater => "try_later",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
            Self::Config => "config",
        }
    }

    /// The process's exit status, after BSD's `sysexits.h`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Sent => 0,
            Self::Usage => 64,
            Self::Unavailable => 69,
            Self::Unknown => 74,
            Self::TryLater => 75,
            Self::Protocol => 76,
            Self::Refused => 77,
            Self::Config => 78,
        }
    }
}

/// What is known about a run at its end; the body of the callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The run's id, as given at its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The dyno's name, such as `worker.1234`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dyno: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The process's exit status.
    pub exit_code: u8,
    /// Why, in one line, where the outcome is not `sent`; upstream's own words are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The signal that ended the run early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<&'static str>,
    /// The source that gave the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// The picture's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The picture's size in bytes, when it travels with the mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// How many receivers the mail has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receivers: Option<usize>,
    /// SendGrid's `X-Message-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Wall time of the run up to the report, in milliseconds.
    pub took_ms: u64,
    /// The worker's version.
    pub version: &'static str,
}

impl Report {
    /// A report of `outcome` without details.
    pub fn new(outcome: Outcome) -> Self {
        Self {
            run_id: None,
            dyno: None,
            outcome,
            exit_code: outcome.exit_code(),
            detail: None,
            signal: None,
            source: None,
            title: None,
            bytes: None,
            receivers: None,
            message_id: None,
            took_ms: 0,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The report as it may leave the process: texts of others are masked as the log's are.
    #[must_use]
    pub fn masked(&self, log: &Log) -> Self {
        let masked = |text: &Option<String>| text.as_deref().map(|text| log.masked(text));
        Self {
            detail: masked(&self.detail),
            title: masked(&self.title),
            message_id: masked(&self.message_id),
            ..self.clone()
        }
    }

    /// A report of `outcome` with its reason.
    pub fn because(outcome: Outcome, detail: impl std::fmt::Display) -> Self {
        Self {
            detail: Some(detail.to_string()),
            ..Self::new(outcome)
        }
    }
}
