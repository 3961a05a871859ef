//! Compares a sample of a command's output with the actual output.

use regex::{Regex, escape};

/// Matches any lines, or any words within a line.
const ANYTHING: &str = "…";

/// The index of the first line of the sample that does not match. If the output is longer than the
/// sample, the index of the last line.
pub(crate) fn difference(sample: &str, printed: &str) -> Option<usize> {
    // Omits the URLs of fakes, which real configurations do not have.
    let printed = printed
        .lines()
        .filter(|line| !line.contains("_URL: http://127.0.0.1:"));
    let printed: String = printed
        .map(|line| without_variable_parts(line) + "\n")
        .collect();
    let mut pattern = "^".to_owned();
    let lines: Vec<&str> = sample.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if *line == ANYTHING {
            pattern += "(?s:.*\n)?";
        } else {
            let pieces: Vec<_> = without_variable_parts(line)
                .split(ANYTHING)
                .map(escape)
                .collect();
            pattern.extend([&pieces.join(".*"), "\n"]);
        }
        let end = if index + 1 == lines.len() { "$" } else { "" };
        if !Regex::new(&format!("{pattern}{end}"))
            .unwrap()
            .is_match(&printed)
        {
            return Some(index);
        }
    }
    None
}

/// The words of a line, without values that differ in each run.
fn without_variable_parts(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if let Some((key @ ("bytes" | "date" | "message_id" | "run_id" | "took"), _)) =
            word.split_once('=')
        {
            return format!("{key}=");
        }
        match word.split_once('.') {
            Some(("worker", number)) if is_number(number) => return "worker.".to_owned(),
            Some((whole, part)) if is_number(whole) && is_number(part) => return "0.0".to_owned(),
            _ => {}
        }
        let (job, run) = word.rsplit_once('/').unwrap_or(("", word));
        let is_run_id = run.len() > 30
            && run.starts_with("08")
            && run.chars().all(|c| c.is_ascii_alphanumeric());
        if is_run_id {
            // Removes the subscription.
            let job = job.split_once('/').map_or("", |(_, job)| job);
            return format!("{job}/RUN");
        }
        word.to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn sample_matches_lines_in_order() {
    let printed = "a\nb 1\nc\nb 2\nd took=3s\n";
    for right in [
        "a\nb 1\nc\nb 2\nd took=9ms",
        "a\n…",
        "…\nb 2\n…",
        "a\n…\nb 2\nd took=1s",
        "…\nb …\nc\n…",
        "…",
    ] {
        assert_eq!(difference(right, printed), None, "{right}");
    }
    for (wrong, line) in [
        ("a\nb 2", 1),
        ("b 1\n…", 0),
        ("…\nc\nd took=1s\n…", 2),
        ("…\nb 2\n…\nc\n…", 3),
        ("a\nb 1\nc", 2),
        ("…\nc", 1),
        ("…\nd took=1s\ne", 2),
        ("…\ne\n…", 1),
    ] {
        assert_eq!(difference(wrong, printed), Some(line), "{wrong}");
    }
}
