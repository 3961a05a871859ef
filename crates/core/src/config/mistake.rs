//! Mistakes in the file, and the spans that they refer to.

use std::ops::Range;

use crate::schedule::ScheduleKey;

/// The file, for messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) path: String,
    /// The text with secrets redacted.
    pub(super) text: String,
}

/// The spans of a schedule's keys.
#[derive(Debug, Clone, Default)]
pub(super) struct ScheduleSpans {
    keys: Vec<(ScheduleKey, Range<usize>)>,
    /// The start of `cron`'s text, if the file contains it verbatim: on one line and without
    /// escapes.
    cron: Option<usize>,
}

impl ScheduleSpans {
    pub(super) fn add(&mut self, place: ScheduleKey, span: Range<usize>) {
        self.keys.push((place, span));
    }

    /// Adds the span of `cron`, whose text is `text`.
    pub(super) fn add_cron(&mut self, text: &str, span: Range<usize>) {
        self.cron = (span.len() == text.len() + 2).then_some(span.start + 1);
        self.add(ScheduleKey::Cron, span);
    }

    /// The span of a field, or of the closest field that contains it.
    pub(super) fn get(&self, place: ScheduleKey) -> Option<Range<usize>> {
        let find = |place| self.keys.iter().find(|(of, _)| *of == place);
        let found = match place {
            ScheduleKey::AtNth(_) => find(place).or_else(|| find(ScheduleKey::At)),
            ScheduleKey::OnNth(_) => find(place).or_else(|| find(ScheduleKey::On)),
            ScheduleKey::MonthsNth(_) => find(place).or_else(|| find(ScheduleKey::Months)),
            ScheduleKey::CronPart { from, to } => {
                return match self.cron {
                    Some(begin) => Some(begin + from..begin + to),
                    None => self.get(ScheduleKey::Cron),
                };
            }
            place => find(place),
        };
        let found = found
            .or_else(|| find(ScheduleKey::Cron))
            .or_else(|| find(ScheduleKey::Section));
        found.map(|(_, span)| span.clone())
    }
}

/// A mistake in the file, or a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The bytes that the mistake refers to; `None` if something is missing.
    pub(super) span: Option<Range<usize>>,
    /// The problem.
    pub(super) problem: String,
    /// A second span that the mistake refers to.
    pub(super) also: Option<Range<usize>>,
    /// How to fix it.
    pub(super) help: Option<String>,
    /// Whether something is missing in the file. Another mistake may be the cause of this one.
    pub(super) is_missing: bool,
}

/// A value with its span in the file.
#[derive(Debug, Clone)]
pub(super) struct Spanned<T, S = Range<usize>> {
    pub(super) value: T,
    pub(super) span: S,
}

/// A list of mistakes.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    /// Removes duplicates: each job reads the section `[defaults]`.
    pub(super) fn merge_same(&mut self) {
        let mut kept: Vec<Mistake> = Vec::new();
        for mistake in self.0.drain(..) {
            if !kept.contains(&mistake) {
                kept.push(mistake);
            }
        }
        self.0 = kept;
    }

    pub(super) fn add(
        &mut self,
        span: impl Into<Option<Range<usize>>>,
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.0.push(Mistake {
            span: span.into(),
            also: None,
            problem: problem.into(),
            help: help.into(),
            is_missing: false,
        });
    }

    /// Adds a mistake about something that is missing in the file.
    pub(super) fn add_missing(
        &mut self,
        span: Option<Range<usize>>,
        problem: String,
        help: impl Into<Option<String>>,
    ) {
        self.0.push(Mistake {
            span,
            also: None,
            problem,
            help: help.into(),
            is_missing: true,
        });
    }

    /// Adds a mistake that refers to two spans.
    pub(super) fn add_with(
        &mut self,
        span: Range<usize>,
        problem: String,
        also: Range<usize>,
        help: String,
    ) {
        self.0.push(Mistake {
            span: Some(span),
            also: Some(also),
            problem,
            help: Some(help),
            is_missing: false,
        });
    }
}
