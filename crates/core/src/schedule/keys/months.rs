//! Parser for names of months.

use super::{ScheduleError, ScheduleKey};
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

const MONTHS: [(&str, &str); 12] = [
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may", "may"),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
];

/// The short name of a month from 1 to 12, in lower case.
pub(in crate::schedule) fn month_name(month: i8) -> &'static str {
    let month = usize::try_from(month - 1).ok();
    month
        .and_then(|month| MONTHS.get(month))
        .map_or("", |(short, _)| short)
}

/// Parses a month such as `jan` or `January` to a number from 1 to 12.
pub(in crate::schedule) fn read_month(nth: usize, text: &str) -> Result<i8, ScheduleError> {
    let word = text.trim().to_lowercase();
    let mut numbered = (1..).zip(MONTHS);
    if let Some((month, _)) = numbered.find(|(_, (short, long))| word == *short || word == *long) {
        return Ok(month);
    }
    let number = word.parse().ok().filter(|month| (1..=12).contains(month));
    let names = MONTHS.iter().flat_map(|(short, long)| [*short, *long]);
    let near = number.map(month_name).or_else(|| suggest(&word, names));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "expected jan, feb, mar, apr, may, jun, jul, aug, sep, oct, nov, or dec".to_owned(),
    };
    let problem = format!("invalid month: {}", quote(text));
    Err(ScheduleError::new(
        ScheduleKey::MonthsNth(nth),
        problem,
        help,
    ))
}
