//! The outcome of a run: its name, exit code, and report.

use serde::Serialize;

use crate::log::Log;

/// The outcome of a run. The Logic App, the log, and the exit status use its names and codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// SendGrid accepted the mail.
    Sent,
    /// The command line is invalid.
    Usage,
    /// No source returned a picture, or the mail API was unreachable. Nothing was sent.
    Unavailable,
    /// The response was lost after the whole body was sent. The mail may have been accepted.
    Unknown,
    /// Rate limited, failing upstream, or stopped before sending. Nothing was sent.
    TryLater,
    /// The response is not from the mail API.
    Protocol,
    /// The mail API rejected the key, the sender identity, or the payload.
    Refused,
    /// A config var is missing or malformed. No request was sent.
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

/// The report of a run: the body of the callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The run's ID, from `--run-id` or `RUN_ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The dyno's name, such as `worker.1234`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dyno: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
    /// The process's exit status.
    pub exit_code: u8,
    /// The reason in one line, unless the outcome is `sent`. Contains upstream messages verbatim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The signal that ended the run early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<&'static str>,
    /// The source of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// The picture's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The picture's size in bytes, if the mail contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// The number of receivers.
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
    /// Creates a report of `outcome` without details.
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

    /// Masks texts from external sources in the same way as the log.
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

    /// Creates a report of `outcome` with a reason.
    pub fn with_detail(outcome: Outcome, detail: impl std::fmt::Display) -> Self {
        Self {
            detail: Some(detail.to_string()),
            ..Self::new(outcome)
        }
    }
}
