//! Parser for days of the week and of the month.

use jiff::civil::Weekday;

use super::{ScheduleError, ScheduleKey};
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// The full name of a day, in lower case.
pub(in crate::schedule) fn day_name(day: Weekday) -> &'static str {
    let of = DAYS.iter().find(|(_, _, of)| *of == day);
    of.map_or("", |(_, name, _)| name)
}

/// A parsed entry of `on`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::schedule) enum Days {
    OfWeek(Vec<Weekday>),
    /// A day of the month from 1 to 31; -1 is the last day.
    OfMonth(i8),
    /// The first (1) to fifth, or last (-1), of a day of the week in a month.
    NthOfMonth(Weekday, i8),
}

const LAST_DAY: &str = "last day";

/// Parses an entry such as `mon`, `monday`, `weekdays`, `weekend`, `15`, `last day`, or `first
/// monday`.
pub(in crate::schedule) fn read_days(nth: usize, text: &str) -> Result<Days, ScheduleError> {
    let word = text.trim().to_lowercase();
    let of = |days: &[(&str, &str, Weekday)]| {
        Ok(Days::OfWeek(days.iter().map(|(_, _, day)| *day).collect()))
    };
    match word.as_str() {
        "weekdays" => return of(&DAYS[..5]),
        "weekend" => return of(&DAYS[5..]),
        LAST_DAY => return Ok(Days::OfMonth(-1)),
        _ => {}
    }
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    if is_number(word.strip_prefix('-').unwrap_or(&word)) {
        if let Ok(day @ 1..=31) = word.parse() {
            return Ok(Days::OfMonth(day));
        }
        let help = "expected a number from 1 to 31, or \"last day\"";
        let problem = format!("invalid day of the month: {}", quote(text));
        return Err(ScheduleError::new(
            ScheduleKey::OnNth(nth),
            problem,
            help.to_owned(),
        ));
    }
    let mut days = DAYS.iter();
    if let Some((_, _, day)) = days.find(|(short, long, _)| word == *short || word == *long) {
        return Ok(Days::OfWeek(vec![*day]));
    }
    if let Some((day, nth)) = nth_day(&word) {
        return Ok(Days::NthOfMonth(day, nth));
    }
    let problem = format!("invalid day: {}", quote(text));
    Err(ScheduleError::new(
        ScheduleKey::OnNth(nth),
        problem,
        instead_of_days(&word),
    ))
}

const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// Parses a day such as `first monday` or `last fri`.
fn nth_day(word: &str) -> Option<(Weekday, i8)> {
    let mut parts = word.split_whitespace();
    let (nth, day) = (parts.next()?, parts.next()?);
    let nth = match ORDINALS.iter().position(|ordinal| *ordinal == nth) {
        Some(n) => i8::try_from(n + 1).ok()?,
        None if nth == "last" => -1,
        None => return None,
    };
    let mut days = DAYS.iter();
    let (_, _, day) = days.find(|(short, long, _)| day == *short || day == *long)?;
    parts.next().is_none().then_some((*day, nth))
}

/// Suggests an nth day of the week for words such as `2nd tue` or `the last friday of the month`.
fn meant_nth_day(parts: &[&str], day: &str) -> Option<String> {
    let number = |part: &&str| {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let nth: usize = digits.parse().ok()?;
        ORDINALS.get(nth.checked_sub(1)?)
    };
    let mut ordinals = ORDINALS.iter();
    let nth = ordinals
        .find(|ordinal| parts.contains(ordinal))
        .or_else(|| parts.contains(&"last").then_some(&"last"))
        .or_else(|| parts.iter().find_map(number))?;
    Some(format!("did you mean `on = \"{nth} {day}\"`?"))
}

/// Suggests a day of the month for words such as `15th`, `first day`, or `end of month`.
fn meant_day(parts: &[&str]) -> Option<String> {
    let mut ordinals = ORDINALS.iter();
    let letters = |c: char| c.is_ascii_alphabetic();
    let numbers = parts
        .iter()
        .map(|part| part.trim_end_matches(letters))
        .filter(|number| !number.is_empty());
    let days: Option<Vec<i8>> = numbers
        .map(|number| number.parse().ok().filter(|day| (1..=31).contains(day)))
        .collect();
    match ordinals.position(|word| parts.contains(word)) {
        _ if ["last", "lastday", "end", "eom", "ultimo"]
            .iter()
            .any(|word| parts.contains(word)) =>
        {
            Some(format!("did you mean `on = \"{LAST_DAY}\"`?"))
        }
        Some(nth) => Some(format!("did you mean `on = {}`?", nth + 1)),
        // If a number is not a valid day, as in a date, the other numbers are not days either.
        None => match days?.as_slice() {
            [] => None,
            [day] => Some(format!("did you mean `on = {day}`?")),
            days => Some(format!("did you mean `on = {days:?}`?")),
        },
    }
}

/// Help for words that are not a day.
fn instead_of_days(word: &str) -> String {
    let letters = |c: char| !c.is_alphanumeric();
    let parts: Vec<&str> = word
        .split(letters)
        .filter(|part| !part.is_empty())
        .collect();
    let day = |part: &&str| {
        let part = part.strip_suffix('s').unwrap_or(part);
        let mut days = DAYS.iter();
        days.find(|(short, long, _)| part == *short || part == *long)
    };
    let days: Vec<_> = parts.iter().filter_map(day).collect();
    let of_month = meant_day(&parts);
    let of_week = !days.is_empty() || parts.iter().any(|part| part.starts_with("week"));
    match (days.as_slice(), of_month) {
        ([(_, day, _), ..], Some(_)) if let Some(help) = meant_nth_day(&parts, day) => help,
        (_, Some(_)) if of_week => {
            "use a day such as \"first monday\", \"last friday\", or \"last day\"".to_owned()
        }
        (_, Some(day)) => day,
        ([], _) if ["daily", "everyday", "every day", "day", "*"].contains(&word) => {
            "remove `on` to run every day".to_owned()
        }
        ([], _) => {
            let names = DAYS.iter().flat_map(|(short, long, _)| [*short, *long]);
            match suggest(word, names.chain(["weekdays", "weekend", LAST_DAY])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "expected mon, tue, wed, thu, fri, sat, sun, weekdays, weekend, a number \
                         from 1 to 31, \"last day\", or a day such as \"first monday\""
                    .to_owned(),
            }
        }
        ([(short, ..)], _) => format!("did you mean `{short}`?"),
        ([(first, ..), (last, ..)], _) if parts.len() == 3 || word.contains(['-', '–']) => {
            let at = |name| DAYS.iter().position(|(short, ..)| short == name);
            let between = match (at(first), at(last)) {
                (Some(first), Some(last)) if first < last => &DAYS[first..=last],
                _ => return list(&days),
            };
            list(&between.iter().collect::<Vec<_>>())
        }
        (several, _) => list(several),
    }
}

/// Suggests `on` with these days.
fn list(days: &[&(&str, &str, Weekday)]) -> String {
    let days: Vec<String> = days
        .iter()
        .map(|(short, ..)| format!("\"{short}\""))
        .collect();
    format!("use `on = [{}]`", days.join(", "))
}
