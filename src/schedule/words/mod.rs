//! The words of `[schedule]`, and how they are read.

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

/// The keys of `[schedule]`, each as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// `cron`: a crontab expression, in place of `every`, `at`, `on`, and `months`.
    pub cron: Option<String>,
    /// `every`: a unit, or a number of them, such as `15 minutes` or `day`.
    pub every: Option<String>,
    /// `at`: times of the day, such as `08:30`.
    pub at: Vec<String>,
    /// `on`: days of the week, such as `mon`, `weekdays`, or of the month, such as `15`, `last day`,
    /// `first monday`.
    pub on: Vec<String>,
    /// `months`: names of months, such as `jan`; all of them unless given.
    pub months: Vec<String>,
    /// `start`: a local date, or date and time, such as `2026-12-01 08:00`.
    pub start: Option<String>,
    /// `time_zone`: IANA's name; UTC unless given.
    pub time_zone: Option<String>,
    /// `catch_up`: run later what was missed.
    pub catch_up: bool,
    /// `overlap`: what to do where the previous run is not over. With `catch_up` it is `queue` unless
    /// given, and neither `skip` nor `replace`: runs that are made up for start together, and
    /// Azure's concurrency control alone puts them one after another.
    pub overlap: Option<String>,
}

impl Words {
    /// The words that say when runs are due, on one line.
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

/// A place in `[schedule]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The section.
    Section,
    /// `cron`.
    Cron,
    /// A part of the expression in `cron`, by its bytes.
    CronPart {
        /// Of its first byte.
        from: usize,
        /// After its last byte.
        to: usize,
    },
    /// `every`.
    Every,
    /// `at`, as a whole.
    At,
    /// One of the times in `at`, counted from 0.
    AtNth(usize),
    /// `on`, as a whole.
    On,
    /// One of the days in `on`, counted from 0.
    OnNth(usize),
    /// `months`, as a whole.
    Months,
    /// One of the months in `months`, counted from 0.
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

/// Something that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: String,
    /// The nearest thing that can be had.
    pub help: Option<String>,
    /// Whether it is about how the words go together, rather than about one of them.
    pub together: bool,
}

impl Mistake {
    pub(super) fn new(
        place: Place,
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Self {
        Self {
            place,
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

/// What is done when a run is due and the previous one is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// The new run ends as Cancelled.
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
    /// Each.
    pub const ALL: [Self; 4] = [Self::Skip, Self::Replace, Self::Allow, Self::Queue];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Replace => "replace",
            Self::Allow => "allow",
            Self::Queue => "queue",
        }
    }

    pub(super) fn read(word: &str) -> Result<Self, Mistake> {
        let found = Self::ALL.into_iter().find(|overlap| overlap.name() == word);
        found.ok_or_else(|| {
            Mistake::new(
                Place::Overlap,
                format!("{} is no way to deal with an overlap", quote(word)),
                choice(word, &Self::ALL.map(Self::name)),
            )
        })
    }
}

/// `did you mean …` where a word is near, else all of them.
pub(crate) fn choice(word: &str, words: &[&str]) -> String {
    match suggest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes {}", words.join(", ")),
    }
}
