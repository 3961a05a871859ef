//! Lines too long for a terminal, broken between words.

use anstream::adapter::strip_str;
use textwrap::{Options, WordSeparator, WordSplitter};

/// Stands for a space at which no line is broken; no text has this one, of a range that means nothing.
const NO_BREAK: char = '\u{e000}';

/// The text in lines of so many columns. What is too long goes on below the line's text, behind its
/// indentation and title. Words, such as URLs, and what stands between backticks stay whole.
pub(super) fn folded(text: &str, columns: usize) -> String {
    let lines = text.split('\n').map(|line| {
        let content = line.trim_start_matches(' ');
        let own = line.len() - content.len();
        let (first, next) = (" ".repeat(own), " ".repeat(own + title(content, columns)));
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

/// The columns before the text of a line: those of a title with two spaces or more behind it, where
/// these leave half of all columns; else two, by which the rest of the line is indented.
fn title(line: &str, columns: usize) -> usize {
    let plain = strip_str(line).to_string();
    let behind = plain.find("  ").map(|gap| {
        let spaces = plain[gap..].len() - plain[gap..].trim_start().len();
        plain[..gap].chars().count() + spaces
    });
    behind.filter(|width| *width <= columns / 2).unwrap_or(2)
}

fn kept_together(line: &str) -> String {
    let last = line.matches('`').count();
    let parts = line.split('`').enumerate().map(|(n, part)| {
        // Behind the last of an odd number nothing is closed.
        if n % 2 == 1 && n != last {
            part.replace(' ', &NO_BREAK.to_string())
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("`")
}
