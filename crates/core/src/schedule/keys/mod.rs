//! Parsers for the keys of `[schedule]`.

mod combine;
mod days;
mod instants;
mod intervals;
mod months;

use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

pub(super) use days::{Days, day_name, read_days};
pub(super) use instants::{read_start, read_time};
pub(super) use intervals::{read_every, unit_name};
pub(super) use months::{month_name, read_month};

/// The unparsed keys of `[schedule]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleText {
    /// `cron`: a crontab expression, instead of `every`, `at`, `on`, and `months`.
    pub cron: Option<String>,
    /// `every`: an interval, such as `15 minutes` or `day`.
    pub every: Option<String>,
    /// `at`: times of the day, such as `08:30`.
    pub at: Vec<String>,
    /// `on`: days of the week, such as `mon` or `weekdays`, or of the month, such as `15`, `last
    /// day`, or `first monday`.
    pub on: Vec<String>,
    /// `months`: names of months, such as `jan`; empty for all months.
    pub months: Vec<String>,
    /// `start`: a local date with an optional time, such as `2026-12-01 08:00`.
    pub start: Option<String>,
    /// `time_zone`: an IANA name; the default is UTC.
    pub time_zone: Option<String>,
    /// `catch_up`: whether to start missed runs later.
    pub catch_up: bool,
    /// `overlap`: what to do if the previous run is still running. With `catch_up`, the default is
    /// `queue`, and `skip` and `replace` are not supported: missed runs are started at the same
    /// time, and only Azure's concurrency control can serialize them.
    pub overlap: Option<String>,
}

impl ScheduleText {
    /// A one-line summary of when runs are due.
    pub(super) fn summary(&self) -> String {
        if let Some(cron) = &self.cron {
            return cron.clone();
        }
        let listed = |word: &str, list: &[String]| {
            let list = list.join(", ");
            (!list.is_empty()).then(|| format!("{word} {list}"))
        };
        let parts = [
            self.every.clone(),
            listed("on", &self.on),
            listed("in", &self.months),
            listed("at", &self.at),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The summary as a phrase.
    pub(super) fn description(&self) -> String {
        let summary = self.summary();
        match (&self.cron, &self.every) {
            (Some(_), _) => format!("cron {summary}"),
            (None, Some(_)) => format!("every {summary}"),
            (None, None) => summary,
        }
    }
}

/// A key of `[schedule]`, or a part of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKey {
    /// The section.
    Section,
    /// `cron`.
    Cron,
    /// A part of the expression in `cron`, by its bytes.
    CronPart {
        /// The offset of the first byte.
        from: usize,
        /// The offset after the last byte.
        to: usize,
    },
    /// `every`.
    Every,
    /// The whole value of `at`.
    At,
    /// A time in `at`, counted from 0.
    AtNth(usize),
    /// The whole value of `on`.
    On,
    /// A day in `on`, counted from 0.
    OnNth(usize),
    /// The whole value of `months`.
    Months,
    /// A month in `months`, counted from 0.
    MonthsNth(usize),
    /// `start`.
    Start,
    /// `time_zone`.
    TimeZone,
    /// `catch_up`.
    CatchUp,
    /// `overlap`.
    Overlap,
}

/// An error in a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
pub struct ScheduleError {
    /// The key that the error refers to.
    pub key: ScheduleKey,
    /// The problem.
    pub problem: String,
    /// How to fix it.
    pub help: Option<String>,
    /// Whether the error is in a combination of keys, not in a single one.
    pub together: bool,
}

impl ScheduleError {
    pub(super) fn new(
        key: ScheduleKey,
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Self {
        Self {
            key,
            problem: problem.into(),
            help: help.into(),
            together: false,
        }
    }

    pub(super) fn together(self) -> Self {
        Self {
            together: true,
            ..self
        }
    }
}

/// What happens if a run is due while the previous one is still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// The new run ends as `Cancelled`.
    #[default]
    Skip,
    /// The previous run's dyno is stopped.
    Replace,
    /// Both run.
    Allow,
    /// The new run waits for the previous one.
    Queue,
}

impl Overlap {
    /// All values.
    pub const ALL: [Self; 4] = [Self::Skip, Self::Replace, Self::Allow, Self::Queue];

    /// The name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Replace => "replace",
            Self::Allow => "allow",
            Self::Queue => "queue",
        }
    }

    pub(super) fn read(word: &str) -> Result<Self, ScheduleError> {
        let found = Self::ALL.into_iter().find(|overlap| overlap.name() == word);
        found.ok_or_else(|| {
            ScheduleError::new(
                ScheduleKey::Overlap,
                format!("invalid value for `overlap`: {}", quote(word)),
                choice(word, &Self::ALL.map(Self::name)),
            )
        })
    }
}

/// Suggests a similar word (`did you mean …`), or lists all of them.
pub fn choice(word: &str, words: &[&str]) -> String {
    match suggest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected {}", words.join(", ")),
    }
}
