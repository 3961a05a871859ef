//! Places in the file.

use std::ops::Range;

use crate::schedule::Place;

/// The file, as it may be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) path: String,
    /// Without secrets.
    pub(super) text: String,
}

/// Where the keys of a schedule stand.
#[derive(Debug, Clone, Default)]
pub(super) struct SchedulePlaces {
    keys: Vec<(Place, Range<usize>)>,
    /// Where the text of `cron` begins, if it stands there as it is: between single quotation marks, and
    /// without escapes.
    cron: Option<usize>,
}

impl SchedulePlaces {
    pub(super) fn add(&mut self, place: Place, span: Range<usize>) {
        self.keys.push((place, span));
    }

    /// Adds the place of `cron`, whose text is `text`.
    pub(super) fn add_cron(&mut self, text: &str, span: Range<usize>) {
        self.cron = (span.len() == text.len() + 2).then_some(span.start + 1);
        self.add(Place::Cron, span);
    }

    /// The place, or the nearest that stands for it.
    pub(super) fn span_of(&self, place: Place) -> Option<Range<usize>> {
        let find = |place| self.keys.iter().find(|(of, _)| *of == place);
        let found = match place {
            Place::AtNth(_) => find(place).or_else(|| find(Place::At)),
            Place::OnNth(_) => find(place).or_else(|| find(Place::On)),
            Place::MonthsNth(_) => find(place).or_else(|| find(Place::Months)),
            Place::CronPart { from, to } => {
                return match self.cron {
                    Some(begin) => Some(begin + from..begin + to),
                    None => self.span_of(Place::Cron),
                };
            }
            place => find(place),
        };
        let found = found
            .or_else(|| find(Place::Cron))
            .or_else(|| find(Place::Section));
        found.map(|(_, span)| span.clone())
    }
}

/// Something in the file that is wrong, or that may surprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Which bytes it is about; none for what is missing altogether.
    pub(super) span: Option<Range<usize>>,
    /// What is wrong.
    pub(super) problem: String,
    /// What else it is about.
    pub(super) also: Option<Range<usize>>,
    /// What would be right.
    pub(super) help: Option<String>,
    /// Whether it is about something that the file does not have: where the file has other mistakes,
    /// one of them may be the reason.
    pub(super) is_missing: bool,
}

/// A value with the bytes that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Spanned<T, S = Range<usize>> {
    pub(super) value: T,
    pub(super) span: S,
}

/// All that is wrong.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    /// Keeps one of those that are the same: each job reads the section [defaults].
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

    /// Adds a mistake about something that the file does not have.
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

    /// Of something that is wrong together with what stands at `also`.
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
