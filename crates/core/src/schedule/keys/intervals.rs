//! Parser for intervals, such as `15 minutes` or `day`.

use super::days::read_days;
use super::{ScheduleError, ScheduleKey};
use crate::schedule::cron::Cron;
use picletter_logic_apps::recurrence::Frequency;
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

/// The units with their names and abbreviations.
const UNITS: [(&str, &[&str], Frequency); 6] = [
    ("second", &["s", "sec", "secs"], Frequency::Second),
    ("minute", &["m", "min", "mins"], Frequency::Minute),
    ("hour", &["h", "hr", "hrs"], Frequency::Hour),
    ("day", &["d"], Frequency::Day),
    ("week", &["w", "wk", "wks"], Frequency::Week),
    ("month", &["mo", "mos"], Frequency::Month),
];

/// Adverbs with their units, for suggestions.
const ADVERBS: [(&str, &str); 5] = [
    ("hourly", "hour"),
    ("daily", "day"),
    ("nightly", "day"),
    ("weekly", "week"),
    ("monthly", "month"),
];

/// Units that Azure does not support, as multiples of supported ones.
const LONGER: [(&str, u64, &str); 5] = [
    ("fortnight", 2, "week"),
    ("quarter", 3, "month"),
    ("year", 12, "month"),
    ("yearly", 12, "month"),
    ("annually", 12, "month"),
];

/// The name of a unit.
pub(in crate::schedule) fn unit_name(frequency: Frequency) -> &'static str {
    let of = UNITS.iter().find(|(_, _, unit)| *unit == frequency);
    of.map_or("", |(name, _, _)| name)
}

/// Parses an interval such as `15 minutes` or `day`.
pub(in crate::schedule) fn read_every(text: &str) -> Result<(u32, Frequency), ScheduleError> {
    let error =
        |problem: String, help: String| Err(ScheduleError::new(ScheduleKey::Every, problem, help));
    let lower = text.trim().to_lowercase();
    let digits = lower.len() - lower.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, word) = lower.split_at(digits);
    let word = word.trim();
    let unit = UNITS.iter().find(|(name, short, _)| {
        word == *name || word.strip_suffix('s') == Some(name) || short.contains(&word)
    });
    let Some((_, _, frequency)) = unit else {
        let plain = word.trim_start_matches('@').trim_start_matches("every ");
        let mut adverbs = ADVERBS.iter();
        let near = adverbs
            .find(|(adverb, _)| plain == *adverb)
            .map(|(_, unit)| *unit)
            .or_else(|| suggest(plain, UNITS.iter().map(|(name, _, _)| *name)));
        let mut longer = LONGER.iter();
        let longer = longer.find(|(name, ..)| plain.strip_suffix('s').unwrap_or(plain) == *name);
        // Azure supports at most 16 months.
        let count = longer.map_or(0, |(_, count, _)| {
            let number: u64 = number.parse().unwrap_or(1);
            number.saturating_mul(*count)
        });
        if let Some((_, _, unit)) = longer
            && (1..=16).contains(&count)
        {
            let help = format!("did you mean `{count} {unit}s`?");
            return error(format!("invalid interval: {}", quote(text)), help);
        }
        let help = match near {
            _ if Cron::parse(text).is_ok() => format!("use `cron = \"{}\"`", text.trim()),
            _ if word.is_empty() && !number.is_empty() => {
                let number = number.trim_start_matches('0');
                let s = if number == "1" { "" } else { "s" };
                let number = if number.is_empty() { "15" } else { number };
                format!("did you mean `{number} minute{s}`?")
            }
            _ if read_days(0, plain).is_ok() => {
                format!("use `on = \"{plain}\"` instead of `every`")
            }
            Some(near) if number.is_empty() => format!("did you mean `{near}`?"),
            Some(near) => format!("did you mean `{number} {near}s`?"),
            None => {
                "expected a number of seconds, minutes, hours, days, weeks, or months, such as \
                     `15 minutes` or `day`"
                    .to_owned()
            }
        };
        return error(format!("invalid interval: {}", quote(text)), help);
    };
    let max = frequency.largest_interval();
    let plural = format!("{}s", unit_name(*frequency));
    match number.parse::<u32>() {
        Err(_) if number.is_empty() => Ok((1, *frequency)),
        Ok(interval) if (1..=max).contains(&interval) => Ok((interval, *frequency)),
        Ok(0) => error(
            "an interval must be at least 1".to_owned(),
            format!("use at least `1 {}`", unit_name(*frequency)),
        ),
        _ => error(
            format!("interval {} is too long for Azure", quote(text)),
            format!(
                "use at most `{max} {plural}`{}",
                longer_unit_help(*frequency)
            ),
        ),
    }
}

fn longer_unit_help(frequency: Frequency) -> &'static str {
    if frequency == Frequency::Month {
        ""
    } else {
        ", or a larger unit"
    }
}
