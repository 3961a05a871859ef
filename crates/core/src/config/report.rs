//! Renders errors and warnings with the lines that they refer to.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::file_diagnostic::{FileDiagnostic, Source};

/// The maximum number of jobs that a warning names.
const MAX_NAMED_JOBS: usize = 5;

/// The style of rendered reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain text.
    Plain,
    /// Text with terminal colors.
    Colored,
}

pub(super) fn errors(source: &Source, errors: &[FileDiagnostic], style: Style) -> String {
    let reports = errors.iter();
    render(reports.map(|one| group(Level::ERROR, source, one)), style)
}

pub(super) fn warnings(source: &Source, warnings: &[FileDiagnostic], style: Style) -> String {
    let reports = warnings.iter();
    render(reports.map(|one| group(Level::WARNING, source, one)), style)
}

fn group<'a>(level: Level<'a>, source: &'a Source, diagnostic: &'a FileDiagnostic) -> Group<'a> {
    let group = Group::with_title(level.primary_title(&diagnostic.problem));
    let group = at(group, source, diagnostic);
    let group = match diagnostic.jobs.as_slice() {
        [] | [_] => group,
        jobs => group.element(Level::NOTE.message(applies_to(jobs))),
    };
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

/// The jobs to which a warning applies: their number and the first names.
fn applies_to(jobs: &[String]) -> String {
    let count = jobs.len();
    let (named, more) = match jobs.get(..MAX_NAMED_JOBS) {
        Some(named) if count > MAX_NAMED_JOBS => {
            (named, format!(", and {} more", count - MAX_NAMED_JOBS))
        }
        _ => (jobs, String::new()),
    };
    format!("applies to {count} jobs: {}{more}", named.join(", "))
}

fn at<'a>(group: Group<'a>, source: &'a Source, diagnostic: &'a FileDiagnostic) -> Group<'a> {
    let Some(span) = diagnostic.span.clone() else {
        return group.element(annotate_snippets::Origin::path(&source.path));
    };
    let snippet = Snippet::source(&source.text)
        .path(&source.path)
        .annotation(AnnotationKind::Primary.span(within(&source.text, span)))
        .annotations(
            diagnostic
                .also
                .iter()
                .map(|span| AnnotationKind::Context.span(within(&source.text, span.clone()))),
        );
    group.element(snippet)
}

/// Limits a span to its first line, to the text, and to character boundaries.
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
        Style::Colored => Renderer::styled(),
    };
    let reports: Vec<String> = reports.map(|report| renderer.render(&[report])).collect();
    reports.join("\n\n")
}
