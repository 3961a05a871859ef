//! .NET format strings for dates and times, in the culture `en-US`.
//!
//! Source: "Standard date and time format strings" and "Custom date and time format strings" in the
//! .NET documentation.

use std::fmt::Write as _;

use jiff::civil::{DateTime, Weekday};

use super::time_parse::Moment;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The default format of timestamps.
pub(super) const ROUND_TRIP: &str = "o";

/// Formats `moment` by `format`. The error describes what is wrong with the format.
pub(super) fn format_moment(moment: Moment, format: &str) -> Result<String, String> {
    let mut characters = format.chars();
    if let (Some(letter), None) = (characters.next(), characters.next()) {
        return custom(moment, standard(moment, letter)?);
    }
    custom(moment, format)
}

/// Returns the custom format that a standard format stands for.
fn standard(moment: Moment, letter: char) -> Result<&'static str, String> {
    Ok(match letter {
        'd' => "M/d/yyyy",
        'D' => "dddd, MMMM d, yyyy",
        'f' => "dddd, MMMM d, yyyy h:mm tt",
        'F' | 'U' if letter == 'F' || moment.utc => "dddd, MMMM d, yyyy h:mm:ss tt",
        'g' => "M/d/yyyy h:mm tt",
        'G' => "M/d/yyyy h:mm:ss tt",
        'm' | 'M' => "MMMM d",
        'o' | 'O' => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        'r' | 'R' => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        's' => "yyyy-MM-ddTHH:mm:ss",
        't' => "h:mm tt",
        'T' => "h:mm:ss tt",
        'u' => "yyyy-MM-dd HH:mm:ss'Z'",
        'y' | 'Y' => "MMMM yyyy",
        'U' => return Err("the format 'U' requires a timestamp with a time zone".to_owned()),
        _ => return Err("the format is not a standard date and time format".to_owned()),
    })
}

fn custom(moment: Moment, format: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        let run = rest.chars().take_while(|next| *next == letter).count();
        rest = match letter {
            'd' | 'f' | 'F' | 'g' | 'h' | 'H' | 'K' | 'm' | 'M' | 's' | 't' | 'y' | 'z' => {
                field(&mut text, moment, letter, run)?;
                &rest[run..]
            }
            '\'' | '"' => {
                let (literal, after) = rest[1..]
                    .split_once(letter)
                    .ok_or_else(|| format!("the format contains an unterminated {letter}"))?;
                text.push_str(literal);
                after
            }
            '\\' | '%' => {
                let next = rest[1..].chars().next();
                let next = next.ok_or_else(|| format!("the format ends with {letter}"))?;
                if letter == '%' {
                    field(&mut text, moment, next, 1)?;
                } else {
                    text.push(next);
                }
                &rest[1 + next.len_utf8()..]
            }
            literal => {
                text.push(literal);
                &rest[literal.len_utf8()..]
            }
        };
    }
    Ok(text)
}

fn day_name(at: DateTime) -> &'static str {
    match at.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// Appends a field of the format: `letter`, repeated `run` times.
fn field(text: &mut String, moment: Moment, letter: char, run: usize) -> Result<(), String> {
    let at = moment.at;
    let month = usize::try_from(at.month()).unwrap_or(1);
    let month_name = MONTHS
        .get(month.saturating_sub(1))
        .copied()
        .unwrap_or_default();
    let hour_of_half = (at.hour() + 11) % 12 + 1;
    let half = if at.hour() < 12 { "AM" } else { "PM" };
    // Writing to a `String` cannot fail.
    let padded = |text: &mut String, number: i64, min: usize, max: usize| {
        let _ = write!(text, "{number:0width$}", width = run.clamp(min, max));
    };
    match (letter, run) {
        ('d', 1 | 2) => padded(text, at.day().into(), 1, 2),
        ('d', 3) => text.push_str(&day_name(at)[..3]),
        ('d', _) => text.push_str(day_name(at)),
        ('M', 1 | 2) => padded(text, at.month().into(), 1, 2),
        ('M', 3) => text.push_str(month_name.get(..3).unwrap_or_default()),
        ('M', _) => text.push_str(month_name),
        ('y', 1 | 2) => padded(text, i64::from(at.year()) % 100, 1, 2),
        ('y', _) => padded(text, at.year().into(), 3, usize::MAX),
        ('H', _) => padded(text, at.hour().into(), 1, 2),
        ('h', _) => padded(text, hour_of_half.into(), 1, 2),
        ('m', _) => padded(text, at.minute().into(), 1, 2),
        ('s', _) => padded(text, at.second().into(), 1, 2),
        ('t', 1) => text.push_str(&half[..1]),
        ('t', _) => text.push_str(half),
        ('g', _) => text.push_str("A.D."),
        ('f' | 'F', 1..=7) => {
            let digits = format!("{:09}", at.subsec_nanosecond());
            if letter == 'f' {
                text.push_str(&digits[..run]);
            } else {
                let digits = digits[..run].trim_end_matches('0');
                if digits.is_empty() && text.ends_with('.') {
                    text.pop();
                }
                text.push_str(digits);
            }
        }
        ('K', _) => text.push_str(&(if moment.utc { "Z" } else { "" }).repeat(run)),
        // A timestamp without a zone is treated as UTC, the zone of the service's machines.
        ('z', 1) => text.push_str("+0"),
        ('z', 2) => text.push_str("+00"),
        ('z', _) => text.push_str("+00:00"),
        ('f' | 'F', _) => return Err(format!("the format repeats '{letter}' more than 7 times")),
        _ => return Err("the format contains an unknown specifier after %".to_owned()),
    }
    Ok(())
}
