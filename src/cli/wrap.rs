//! Word wrapping for terminals.

use anstream::adapter::strip_str;
use textwrap::{Options, WordSeparator, WordSplitter};

/// Replaces spaces at which lines must not break. A private-use character that no text contains.
const NO_BREAK: char = '\u{e000}';

/// Wraps each line of `text` to `columns`. Continuation lines are indented to the line's text, after its
/// indentation and title. Words, such as URLs, and text in backticks are not broken.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    let lines = text.split('\n').map(|line| {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let (first, next) = (
            " ".repeat(indent),
            " ".repeat(indent + title(content, columns)),
        );
        let options = Options::new(columns)
            .initial_indent(&first)
            .subsequent_indent(&next)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        textwrap::fill(&kept_together(content), options).replace(NO_BREAK, " ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The indentation of continuation lines: the width of a title that is followed by at least two spaces,
/// if it takes at most half of the columns; otherwise two.
fn title(line: &str, columns: usize) -> usize {
    let plain = strip_str(line).to_string();
    let after_title = plain.find("  ").map(|gap| {
        let spaces = plain[gap..].len() - plain[gap..].trim_start().len();
        plain[..gap].chars().count() + spaces
    });
    after_title
        .filter(|width| *width <= columns / 2)
        .unwrap_or(2)
}

fn kept_together(line: &str) -> String {
    let last = line.matches('`').count();
    let parts = line.split('`').enumerate().map(|(n, part)| {
        // The last of an odd number of backticks opens nothing.
        if n % 2 == 1 && n != last {
            part.replace(' ', &NO_BREAK.to_string())
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("`")
}
