//! Errors and warnings about the file, with their spans.

use std::ops::Range;

use crate::schedule::ScheduleKey;

/// The file, for messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) path: String,
    /// The text with secrets redacted.
    pub(super) text: String,
    /// SHA-256 of the file.
    pub(super) digest: [u8; 32],
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
    pub(super) fn add(&mut self, key: ScheduleKey, span: Range<usize>) {
        self.keys.push((key, span));
    }

    /// Adds the span of `cron`, whose text is `text`.
    pub(super) fn add_cron(&mut self, text: &str, span: Range<usize>) {
        self.cron = (span.len() == text.len() + 2).then_some(span.start + 1);
        self.add(ScheduleKey::Cron, span);
    }

    /// The span of a field, or of the closest field that contains it.
    pub(super) fn get(&self, key: ScheduleKey) -> Option<Range<usize>> {
        let find = |key| self.keys.iter().find(|(listed, _)| *listed == key);
        let found = match key {
            ScheduleKey::AtNth(_) => find(key).or_else(|| find(ScheduleKey::At)),
            ScheduleKey::OnNth(_) => find(key).or_else(|| find(ScheduleKey::On)),
            ScheduleKey::MonthsNth(_) => find(key).or_else(|| find(ScheduleKey::Months)),
            ScheduleKey::CronPart { from, to } => {
                return match self.cron {
                    Some(begin) => Some(begin + from..begin + to),
                    None => self.get(ScheduleKey::Cron),
                };
            }
            key => find(key),
        };
        let found = found
            .or_else(|| find(ScheduleKey::Cron))
            .or_else(|| find(ScheduleKey::Section));
        found.map(|(_, span)| span.clone())
    }
}

/// An error in the file, or a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileDiagnostic {
    /// The bytes to mark; `None` if something is missing.
    pub(super) span: Option<Range<usize>>,
    /// The problem.
    pub(super) problem: String,
    /// A second span to mark.
    pub(super) also: Option<Range<usize>>,
    /// How to fix it.
    pub(super) help: Option<String>,
    /// If something is missing in the file, the sections that could contain it.
    pub(super) missing_in: Option<Vec<String>>,
    /// The names of the jobs to which a warning applies. Empty if it applies to the whole file.
    pub(super) jobs: Vec<String>,
}

/// A value with its span in the file.
#[derive(Debug, Clone)]
pub(super) struct Spanned<T, S = Range<usize>> {
    pub(super) value: T,
    pub(super) span: S,
}

/// A list of errors or warnings.
#[derive(Debug, Default)]
pub(super) struct FileDiagnostics(pub(super) Vec<FileDiagnostic>);

impl FileDiagnostics {
    /// Removes duplicates: each job reads the section `[defaults]`.
    pub(super) fn remove_duplicates(&mut self) {
        let mut kept: Vec<FileDiagnostic> = Vec::new();
        for one in self.0.drain(..) {
            if !kept.contains(&one) {
                kept.push(one);
            }
        }
        self.0 = kept;
    }

    /// Merges equal warnings about jobs. The span of the first one is kept.
    pub(super) fn merge_jobs(&mut self) {
        let mut kept: Vec<FileDiagnostic> = Vec::new();
        for one in self.0.drain(..) {
            let equal = kept.iter_mut().find(|other| {
                !one.jobs.is_empty()
                    && !other.jobs.is_empty()
                    && (&other.problem, &other.help) == (&one.problem, &one.help)
            });
            match equal {
                Some(other) if other.jobs.ends_with(&one.jobs) => {}
                Some(other) => other.jobs.extend(one.jobs),
                None => kept.push(one),
            }
        }
        self.0 = kept;
    }

    /// Removes errors about something that one of these sections could contain.
    pub(super) fn remove_missing_in(&mut self, sections: &[&str]) {
        self.0.retain(|error| {
            let mut missing_in = error.missing_in.iter().flatten();
            !missing_in.any(|section| sections.contains(&section.as_str()))
        });
    }

    pub(super) fn add(
        &mut self,
        span: impl Into<Option<Range<usize>>>,
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.0.push(FileDiagnostic {
            span: span.into(),
            also: None,
            problem: problem.into(),
            help: help.into(),
            missing_in: None,
            jobs: Vec::new(),
        });
    }

    /// Adds an error about something that is missing in the file, and that `sections` could
    /// contain.
    pub(super) fn add_missing(
        &mut self,
        span: Option<Range<usize>>,
        sections: &[&str],
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.0.push(FileDiagnostic {
            span,
            also: None,
            problem: problem.into(),
            help: help.into(),
            missing_in: Some(sections.iter().map(|name| (*name).to_owned()).collect()),
            jobs: Vec::new(),
        });
    }

    /// Adds an error that refers to two spans.
    pub(super) fn add_with(
        &mut self,
        span: Range<usize>,
        problem: String,
        also: Range<usize>,
        help: String,
    ) {
        self.0.push(FileDiagnostic {
            span: Some(span),
            also: Some(also),
            problem,
            help: Some(help),
            missing_in: None,
            jobs: Vec::new(),
        });
    }
}
