//! Lines too long for a terminal, broken between words.

use textwrap::{Options, WordSeparator, WordSplitter};

/// Stands for a space at which no line is broken.
const NO_BREAK: char = '\u{a0}';

/// The text in lines of so many columns. What is too long goes on below the line's text, behind its
/// indentation and title. Words, such as URLs, and what stands between backticks stay whole.
pub(super) fn folded(text: &str, columns: usize) -> String {
    let lines = text.split('\n').map(|line| {
        let indent = " ".repeat(text_column(line, columns));
        let options = Options::new(columns)
            .subsequent_indent(&indent)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        textwrap::fill(&kept_together(line), options).replace(NO_BREAK, " ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where the text of a line begins, counted from 0: behind a title and at least two spaces, where these
/// leave half of the columns; else two columns further than the line.
fn text_column(line: &str, columns: usize) -> usize {
    let plain = without_colours(line);
    let own = plain.len() - plain.trim_start().len();
    let title = plain[own..].find("  ").map(|gap| own + gap);
    let behind = title.map(|gap| {
        let spaces = plain[gap..].len() - plain[gap..].trim_start().len();
        plain[..gap].chars().count() + spaces
    });
    behind
        .filter(|column| *column <= columns / 2)
        .unwrap_or(own + 2)
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        plain + part.split_once('m').map_or("", |(_, text)| text)
    })
}

fn kept_together(line: &str) -> String {
    let parts = line.split('`').enumerate().map(|(n, part)| {
        if n % 2 == 1 {
            part.replace(' ', &NO_BREAK.to_string())
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("`")
}
