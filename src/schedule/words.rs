//! What a person writes into `[schedule]`, read.

use jiff::civil::{Date, DateTime, Time, Weekday};

use picletter_logic_apps::recurrence::Frequency;
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

/// The keys of `[schedule]`, each as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// `every`: a unit, or a number of them, such as `15 minutes` or `day`.
    pub every: Option<String>,
    /// `at`: times of the day, such as `08:30`.
    pub at: Vec<String>,
    /// `on`: days of the week, such as `mon`, `weekdays`, or of the month, such as `15`, `last day`.
    pub on: Vec<String>,
    /// `start`: a local date, or date and time, such as `2026-12-01 08:00`.
    pub start: Option<String>,
    /// `time_zone`: IANA's name; UTC unless given.
    pub time_zone: Option<String>,
    /// `catch_up`: run later what was missed.
    pub catch_up: bool,
    /// `overlap`: what to do where the previous run is not over. With `catch_up` it is `queue` unless
    /// given, and neither `skip` nor `replace`: runs that are made up for start together, and
    /// Azure's concurrency control alone puts them one after another.
    pub overlap: Option<String>,
}

/// A place in `[schedule]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The section.
    Section,
    /// `every`.
    Every,
    /// `at`, as a whole.
    At,
    /// One of the times in `at`, counted from 0.
    AtNth(usize),
    /// `on`, as a whole.
    On,
    /// One of the days in `on`, counted from 0.
    OnNth(usize),
    /// `start`.
    Start,
    /// `time_zone`.
    TimeZone,
    /// `catch_up`.
    CatchUp,
    /// `overlap`.
    Overlap,
}

/// Something that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: String,
    /// The nearest thing that can be had.
    pub help: Option<String>,
    /// Whether it is about how the words go together, rather than about one of them.
    pub together: bool,
}

impl Mistake {
    pub(super) fn new(
        place: Place,
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Self {
        Self {
            place,
            problem: problem.into(),
            help: help.into(),
            together: false,
        }
    }

    pub(super) fn together(self) -> Self {
        Self {
            together: true,
            ..self
        }
    }
}

/// What is done when a run is due and the previous one is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// The new run ends as Cancelled.
    #[default]
    Skip,
    /// The previous run's dyno is stopped.
    Replace,
    /// Both run.
    Allow,
    /// The new run waits for the previous one.
    Queue,
}

impl Overlap {
    /// Each.
    pub const ALL: [Self; 4] = [Self::Skip, Self::Replace, Self::Allow, Self::Queue];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Replace => "replace",
            Self::Allow => "allow",
            Self::Queue => "queue",
        }
    }

    pub(super) fn read(word: &str) -> Result<Self, Mistake> {
        let found = Self::ALL.into_iter().find(|overlap| overlap.name() == word);
        found.ok_or_else(|| {
            Mistake::new(
                Place::Overlap,
                format!("{} is no way to deal with an overlap", quote(word)),
                choice(word, &Self::ALL.map(Self::name)),
            )
        })
    }
}

/// `did you mean …` where a word is near, else all of them.
pub(crate) fn choice(word: &str, words: &[&str]) -> String {
    match suggest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes {}", words.join(", ")),
    }
}

/// Each unit with its word, and what else people write.
const UNITS: [(&str, &[&str], Frequency); 6] = [
    ("second", &["s", "sec", "secs"], Frequency::Second),
    ("minute", &["m", "min", "mins"], Frequency::Minute),
    ("hour", &["h", "hr", "hrs"], Frequency::Hour),
    ("day", &["d"], Frequency::Day),
    ("week", &["w", "wk", "wks"], Frequency::Week),
    ("month", &["mo", "mos"], Frequency::Month),
];

/// What else is said for every such unit.
const ADVERBS: [(&str, &str); 5] = [
    ("hourly", "hour"),
    ("daily", "day"),
    ("nightly", "day"),
    ("weekly", "week"),
    ("monthly", "month"),
];

/// Longer units that Azure does not have, in those that it has.
const LONGER: [(&str, u64, &str); 5] = [
    ("fortnight", 2, "week"),
    ("quarter", 3, "month"),
    ("year", 12, "month"),
    ("yearly", 12, "month"),
    ("annually", 12, "month"),
];

/// The word for a unit.
pub(super) fn unit_name(frequency: Frequency) -> &'static str {
    let of = UNITS.iter().find(|(_, _, unit)| *unit == frequency);
    of.map_or("", |(name, _, _)| name)
}

/// Such as `15 minutes` or `day`.
pub(super) fn read_every(text: &str) -> Result<(u32, Frequency), Mistake> {
    let mistake = |problem: String, help: String| Err(Mistake::new(Place::Every, problem, help));
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
        // Azure takes at most 16 months.
        let count = longer.map_or(0, |(_, count, _)| {
            let number: u64 = number.parse().unwrap_or(1);
            number.saturating_mul(*count)
        });
        if let Some((_, _, unit)) = longer
            && (1..=16).contains(&count)
        {
            let help = format!("did you mean `{count} {unit}s`?");
            return mistake(format!("{} is no interval", quote(text)), help);
        }
        let help = match near {
            _ if is_cron(&lower) => NO_CRON.to_owned(),
            _ if word.is_empty() && !number.is_empty() => {
                let number = number.trim_start_matches('0');
                let s = if number == "1" { "" } else { "s" };
                let number = if number.is_empty() { "15" } else { number };
                format!("did you mean `{number} minute{s}`?")
            }
            _ if read_days(0, plain).is_ok() => {
                format!("leave `every` out and write `on = \"{plain}\"`")
            }
            Some(near) if number.is_empty() => format!("did you mean `{near}`?"),
            Some(near) => format!("did you mean `{number} {near}s`?"),
            None => "it takes a number of seconds, minutes, hours, days, weeks or months, such as \
                     `15 minutes` or `day`"
                .to_owned(),
        };
        return mistake(format!("{} is no interval", quote(text)), help);
    };
    let most = frequency.largest_interval();
    let plural = format!("{}s", unit_name(*frequency));
    match number.parse::<u32>() {
        Err(_) if number.is_empty() => Ok((1, *frequency)),
        Ok(interval) if (1..=most).contains(&interval) => Ok((interval, *frequency)),
        Ok(0) => mistake(
            "an interval of 0 would never end".to_owned(),
            format!("the least is `1 {}`", unit_name(*frequency)),
        ),
        _ => mistake(
            format!("{} is more than Azure takes", quote(text)),
            format!("the most is `{most} {plural}`{}", longer(*frequency)),
        ),
    }
}

/// Why there is no such thing, and what there is.
pub(crate) const NO_CRON: &str = "cron expressions are not taken: say when in words, such as `every = \"day\"`, \
     `at = \"03:00\"` and `on = \"weekdays\"`";

/// Five or six fields: numbers, stars and what stands between them, and from the third on names of days
/// and months too.
fn is_cron(text: &str) -> bool {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let is_number = |part: &str| part.chars().all(|c| c.is_ascii_digit() || "*?".contains(c));
    let is_name = |part: &str| part.len() <= 3 && part.chars().all(|c| c.is_ascii_alphanumeric());
    let mut numbered = fields.iter().enumerate();
    (5..=6).contains(&fields.len())
        && numbered.all(|(n, field)| {
            let mut parts = field.split([',', '-', '/', '#']);
            parts.all(|part| is_number(part) || n > 1 && is_name(part))
        })
}

fn longer(frequency: Frequency) -> &'static str {
    if frequency == Frequency::Month {
        ""
    } else {
        "; a larger unit reaches further"
    }
}

/// Such as `08:30`.
pub(super) fn read_time(nth: usize, text: &str) -> Result<Time, Mistake> {
    let mistake = |help: &str| {
        let problem = format!("{} is no time of the day", quote(text));
        Mistake::new(Place::AtNth(nth), problem, help.to_owned())
    };
    let parts: Vec<&str> = text.trim().split(':').collect();
    let number = |part: &str| -> Option<i8> {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    match parts.as_slice() {
        [hour, minute] if minute.len() == 2 => {
            let time = number(hour).zip(number(minute));
            time.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
                .ok_or_else(|| mistake("they are 00:00 to 23:59"))
        }
        [_, _, _] => Err(mistake("Azure knows hours and minutes, so write `HH:MM`")),
        _ => Err(mistake("write hours and minutes, such as `08:30`")),
    }
}

const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// The day's whole name, in lower case.
pub(super) fn day_name(day: Weekday) -> &'static str {
    let of = DAYS.iter().find(|(_, _, of)| *of == day);
    of.map_or("", |(_, name, _)| name)
}

/// What one entry of `on` selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    OfWeek(Vec<Weekday>),
    /// From the first (1) or, for the last day, from the end (-1).
    OfMonth(i8),
}

const LAST_DAY: &str = "last day";

/// Such as `mon`, `monday`, `weekdays` or `weekend`; or `15` or `last day`.
pub(super) fn read_days(nth: usize, text: &str) -> Result<Days, Mistake> {
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
        let help = "a day of the month is a number from 1 to 31, or \"last day\"";
        let problem = format!("{} is not a day of the month", quote(text));
        return Err(Mistake::new(Place::OnNth(nth), problem, help.to_owned()));
    }
    let mut days = DAYS.iter();
    if let Some((_, _, day)) = days.find(|(short, long, _)| word == *short || word == *long) {
        return Ok(Days::OfWeek(vec![*day]));
    }
    let problem = format!("{} is not a day of the week or of the month", quote(text));
    Err(Mistake::new(
        Place::OnNth(nth),
        problem,
        instead_of_days(&word),
    ))
}

const NTH_DAY: &str = "the nth weekday of a month is not supported: `on = \"mon\"` runs on every Monday, and \
     `every = \"4 weeks\"` with `start` on every fourth";

const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// The day of the month that words such as `15th`, `first day` or `end of month` mean.
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
        // A number that is no day, as in a date, leaves the others without meaning.
        None => match days?.as_slice() {
            [] => None,
            [day] => Some(format!("did you mean `on = {day}`?")),
            days => Some(format!("did you mean `on = {days:?}`?")),
        },
    }
}

/// What to write in place of words that name no day.
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
        (_, Some(_)) if of_week => NTH_DAY.to_owned(),
        (_, Some(day)) => day,
        ([], _) if ["daily", "everyday", "every day", "day", "*"].contains(&word) => {
            "leave `on` out for every day".to_owned()
        }
        ([], _) => {
            let names = DAYS.iter().flat_map(|(short, long, _)| [*short, *long]);
            match suggest(word, names.chain(["weekdays", "weekend", LAST_DAY])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "expected mon, tue, wed, thu, fri, sat, sun, weekdays, weekend, a number \
                         from 1 to 31, or \"last day\""
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

/// `on` with these days.
fn list(days: &[&(&str, &str, Weekday)]) -> String {
    let days: Vec<String> = days
        .iter()
        .map(|(short, ..)| format!("\"{short}\""))
        .collect();
    format!("write `on = [{}]`", days.join(", "))
}

/// A local date, with a time or without; whether it had one.
pub(super) fn read_start(text: &str) -> Result<(DateTime, bool), Mistake> {
    let text = text.trim();
    let mistake = |help: &str| {
        let problem = format!("{} is no local date and time", quote(text));
        Mistake::new(Place::Start, problem, help.to_owned())
    };
    if !text.is_ascii() {
        return Err(mistake("write it such as `2026-12-01 08:00`"));
    }
    let date_alone = text.len() == 10;
    let offset = text.len() > 10 && (text.ends_with(['Z', 'z']) || text[10..].contains(['+', '-']));
    if offset {
        return Err(mistake(
            "it is one of `time_zone`: write it without `Z` or an offset",
        ));
    }
    let read = if date_alone {
        text.parse::<Date>()
            .map(|date| date.to_datetime(Time::midnight()))
    } else {
        text.parse::<DateTime>()
    };
    match read {
        Ok(start) if start.subsec_nanosecond() != 0 => Err(mistake("Azure knows whole seconds")),
        Ok(start) if start.year() < 2000 => Err(mistake("the earliest is the year 2000")),
        Ok(start) => Ok((start, !date_alone)),
        Err(_) => Err(mistake("write it such as `2026-12-01 08:00`")),
    }
}
