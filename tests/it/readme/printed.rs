//! A sample of what a command prints, held against what it does print.

/// Stands for any lines, or within a line for any words.
const ANYTHING: &str = "…";

/// Where a sample tells of something else than was printed: the number of its line, from 0, and what
/// stands there instead.
pub(crate) fn difference(sample: &str, printed: &str) -> Option<(usize, String)> {
    let sample: Vec<&str> = sample.lines().collect();
    // What the stand-ins' addresses add is nothing that a person has.
    let printed: Vec<&str> = printed
        .lines()
        .filter(|line| !line.contains("_URL: http://127.0.0.1:"))
        .collect();
    let mut at = 0;
    let mut first = 0;
    let parts = sample.split(|line| *line == ANYTHING);
    let last = parts.clone().count() - 1;
    for (index, part) in parts.enumerate() {
        let found = match (index == 0, index == last) {
            (true, _) => begin(part, &printed),
            (false, true) if !part.is_empty() => {
                let tail = printed.len().saturating_sub(part.len()).max(at);
                begin(part, &printed[tail..]).map(|length| tail + length)
            }
            (false, _) => search(part, &printed[at..]).map(|end| at + end),
        };
        match found {
            Ok(end) => at = end,
            Err((line, instead)) => return Some((first + line, instead)),
        }
        first += part.len() + 1;
    }
    let ends_here = sample.last() != Some(&ANYTHING);
    (ends_here && at < printed.len()).then(|| (sample.len() - 1, end(&printed[at..])))
}

/// How many lines `part` takes up at the beginning of `printed`; else the line that is another.
fn begin(part: &[&str], printed: &[&str]) -> Result<usize, (usize, String)> {
    for (index, line) in part.iter().enumerate() {
        match printed.get(index) {
            Some(is) if fits(line, is) => {}
            Some(is) => return Err((index, format!("it prints `{}`", is.trim()))),
            None => return Err((index, "it prints no more".to_owned())),
        }
    }
    Ok(part.len())
}

/// The end of `part`'s first occurrence; else the line up to which the best one is right.
fn search(part: &[&str], printed: &[&str]) -> Result<usize, (usize, String)> {
    let mut nearest = (0, "it prints no such line".to_owned());
    for start in 0..=printed.len().saturating_sub(1) {
        match begin(part, printed.get(start..).unwrap_or_default()) {
            Ok(length) => return Ok(start + length),
            Err(other) if other.0 > nearest.0 => nearest = other,
            Err(_) => {}
        }
    }
    Err(nearest)
}

fn end(more: &[&str]) -> String {
    format!("it goes on with `{}`", more[0].trim())
}

/// Whether a line is the sample's, but for what is drawn or measured anew each time.
fn fits(sample: &str, printed: &str) -> bool {
    let (sample, printed) = (steady(sample), steady(printed));
    let mut rest = printed.as_str();
    let mut pieces = sample.split(ANYTHING);
    let first = pieces.next().unwrap_or_default();
    match rest.strip_prefix(first) {
        Some(after) => rest = after,
        None => return false,
    }
    let mut open = false;
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
        open = piece.is_empty();
    }
    open || rest.is_empty()
}

/// The words of a line, without what is another each time.
fn steady(line: &str) -> String {
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
            // Without the subscription.
            let job = job.split_once('/').map_or("", |(_, job)| job);
            return format!("{job}/RUN");
        }
        word.to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_sample_is_right_where_its_lines_are_printed_in_this_order() {
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
        ("…\nd took=1s\ne", 1),
        ("…\ne\n…", 1),
    ] {
        let found = difference(wrong, printed).map(|(line, _)| line);
        assert_eq!(found, Some(line), "{wrong}");
    }
}
