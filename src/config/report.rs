//! Mistakes and warnings with the lines that they are about.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::places::{Mistake, Source};

/// Whether a report may have colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With a terminal's colors.
    Coloured,
}

pub(super) fn mistakes(source: &Source, mistakes: &[Mistake], style: Style) -> String {
    let reports = mistakes.iter();
    render(reports.map(|one| group(Level::ERROR, source, one)), style)
}

pub(super) fn warnings(source: &Source, warnings: &[Mistake], style: Style) -> String {
    let reports = warnings.iter();
    render(reports.map(|one| group(Level::WARNING, source, one)), style)
}

fn group<'a>(level: Level<'a>, source: &'a Source, said: &'a Mistake) -> Group<'a> {
    let group = Group::with_title(level.primary_title(&said.problem));
    let group = at(group, source, said);
    match &said.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

fn at<'a>(group: Group<'a>, source: &'a Source, said: &'a Mistake) -> Group<'a> {
    let Some(span) = said.span.clone() else {
        return group.element(annotate_snippets::Origin::path(&source.path));
    };
    let snippet = Snippet::source(&source.text)
        .path(&source.path)
        .annotation(AnnotationKind::Primary.span(within(&source.text, span)))
        .annotations(
            said.also
                .iter()
                .map(|span| AnnotationKind::Context.span(within(&source.text, span.clone()))),
        );
    group.element(snippet)
}

/// The first line of the span, within the text and at characters.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let floor = |at: usize| {
        let at = at.min(text.len());
        (0..=at)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let (start, end) = (floor(span.start), floor(span.end.max(span.start)));
    let first = text.get(start..end).unwrap_or_default();
    let end = first.find(['\n', '\r']).map_or(end, |at| start + at);
    start..end
}

fn render<'a>(reports: impl Iterator<Item = Group<'a>>, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let reports: Vec<String> = reports.map(|report| renderer.render(&[report])).collect();
    reports.join("\n\n")
}
