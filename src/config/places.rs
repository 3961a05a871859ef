//! Places in the file.

use std::ops::Range;

use crate::schedule::Place;

/// The file, as it may be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) path: String,
    /// Without secrets.
    pub(super) text: String,
    /// Where the keys of `[schedule]` stand.
    pub(super) schedule: Vec<(Place, Range<usize>)>,
}

impl Source {
    /// The place, or the nearest that stands for it.
    pub(super) fn span_of(&self, place: Place) -> Option<Range<usize>> {
        let find = |place| self.schedule.iter().find(|(of, _)| *of == place);
        let found = match place {
            Place::AtNth(_) => find(place).or_else(|| find(Place::At)),
            Place::OnNth(_) => find(place).or_else(|| find(Place::On)),
            Place::MonthsNth(_) => find(place).or_else(|| find(Place::Months)),
            Place::CronPart { from, to } => {
                let (_, span) = find(Place::Cron)?;
                return Some(self.within(span, from..to));
            }
            place => find(place),
        };
        let found = found
            .or_else(|| find(Place::Cron))
            .or_else(|| find(Place::Section));
        found.map(|(_, span)| span.clone())
    }

    /// The `part` of the text that stands at `span` in simple quotes, else the whole.
    fn within(&self, span: &Range<usize>, part: Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let is_simple = !text.starts_with("\"\"\"") && !text.contains('\\');
        let begin = span.start + 1;
        let part = begin + part.start..begin + part.end;
        if is_simple && part.end < span.end {
            part
        } else {
            span.clone()
        }
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
