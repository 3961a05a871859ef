//! What `[schedule]` says, once it is known to make sense.

use std::{iter, mem};

use jiff::civil::{DateTime, Time, Weekday, datetime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::words::{Days, Mistake, Place, Words, read_days, read_every, read_start, read_time};
use picletter_logic_apps::recurrence::{Frequency, Occurrence};
use picletter_worker::quote::quote;

/// What intervals are counted from where no start is given: a fixed time in the past, so that a
/// template is the same whenever it is made. A `Recurrence` makes nothing up that lies before its
/// deployment.
const SINCE: DateTime = datetime(2026, 1, 1, 0, 0, 0, 0);

/// Azure takes a start of at most 49 years ahead (`connectors-native-recurrence.md`); counted from
/// [`SINCE`], so that the answer is the same at any time.
const LATEST: DateTime = datetime(2075, 1, 1, 0, 0, 0, 0);

/// When, in the terms of a calendar; the zone is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) interval: u32,
    pub(super) frequency: Frequency,
    /// In order. None for elapsed time.
    pub(super) times: Vec<Time>,
    /// In order, Monday first. Some only with weeks, which then have at least one.
    pub(super) week_days: Vec<Weekday>,
    /// In order, the last day (-1) last. Some only with months, which then have at least one.
    pub(super) month_days: Vec<i8>,
    /// Counted from, and nothing happens before.
    pub(super) start: DateTime,
}

impl Rule {
    pub(super) fn read(words: &Words, clock: Option<&TimeZone>) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let read = Read::new(words, &mut mistakes);
        if let (Some((start, _)), Some(clock)) = (read.start, clock) {
            mistakes.extend(start_mistake(start, clock));
        }
        // What is not readable need not fit.
        if mistakes.is_empty() {
            read.fit(words.catch_up, &mut mistakes);
        }
        if mistakes.is_empty() {
            Ok(read.rule())
        } else {
            Err(mistakes)
        }
    }

    /// The least time between two of its occurrences.
    ///
    /// They repeat except for the changes of the zone's offset: looked at are the first ones, and those
    /// around every change in the two years after.
    pub(super) fn min_gap<I: Iterator<Item = Occurrence>>(
        &self,
        occurrences: impl Fn(Timestamp) -> I,
        clock: &TimeZone,
    ) -> SignedDuration {
        let interval = i64::from(self.interval);
        let days = match self.frequency {
            Frequency::Second | Frequency::Minute | Frequency::Hour => {
                let unit = self.frequency.elapsed().unwrap_or_default();
                return SignedDuration::from_secs(unit.as_secs() * interval);
            }
            Frequency::Day => interval,
            Frequency::Week => 7 * interval,
            Frequency::Month => 31 * interval,
        };
        let start = clock.to_timestamp(self.start).ok();
        let Some(begin) = start.and_then(|start| Some(occurrences(start).next()?.at)) else {
            return SignedDuration::ZERO;
        };
        // Two of them at least, before and after.
        let around = SignedDuration::from_hours(24 * (days + 2));
        let later = |at: Timestamp, by| at.checked_add(by).unwrap_or(Timestamp::MAX);
        let changes = clock
            .following(begin)
            .map(|change| change.timestamp())
            .take_while(|at| at.duration_since(begin) < SignedDuration::from_hours(24 * 800))
            .map(|change| (later(change, -around), later(change, around)));
        // A leap year's February is the shortest month of four years.
        let firsts = match self.frequency {
            Frequency::Month => SignedDuration::from_hours(24 * 1500),
            _ => around * 2,
        };
        iter::once((begin, later(begin, firsts)))
            .chain(changes)
            .filter_map(|(from, until)| {
                let mut due = occurrences(from).take_while(|due| due.at < until);
                let mut last = due.next()?.at;
                let gaps = due.map(|due| due.at.duration_since(mem::replace(&mut last, due.at)));
                gaps.min()
            })
            .min()
            .unwrap_or(SignedDuration::MAX)
    }
}

/// The words one by one, before they are looked at together.
struct Read {
    every: (u32, Frequency),
    at: Vec<Time>,
    week_days: Vec<Weekday>,
    month_days: Vec<i8>,
    start: Option<(DateTime, bool)>,
}

impl Read {
    fn new(words: &Words, mistakes: &mut Vec<Mistake>) -> Self {
        let mut times = Vec::new();
        for (nth, text) in words.at.iter().enumerate() {
            match read_time(nth, text) {
                Ok(time) if times.contains(&time) => {
                    mistakes.push(twice(Place::AtNth(nth), text));
                }
                Ok(time) => times.push(time),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        times.sort_unstable();
        let (mut week_days, mut month_days) = (Vec::new(), Vec::new());
        for (nth, text) in words.on.iter().enumerate() {
            match read_days(nth, text) {
                Ok(Days::OfWeek(read)) if read.iter().any(|day| week_days.contains(day)) => {
                    mistakes.push(twice(Place::OnNth(nth), text));
                }
                Ok(Days::OfMonth(day)) if month_days.contains(&day) => {
                    mistakes.push(twice(Place::OnNth(nth), text));
                }
                Ok(Days::OfWeek(read)) => week_days.extend(read),
                Ok(Days::OfMonth(day)) => month_days.push(day),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        week_days.sort_unstable_by_key(|day| day.to_monday_zero_offset());
        month_days.sort_unstable_by_key(|day| (day.is_negative(), *day));
        let start = match words.start.as_deref().map(read_start) {
            Some(Ok(start)) => Some(start),
            Some(Err(mistake)) => {
                mistakes.push(mistake);
                None
            }
            None => None,
        };
        let every = match words.every.as_deref().map(read_every) {
            Some(Ok(every)) => every,
            Some(Err(mistake)) => {
                mistakes.push(mistake);
                (1, Frequency::Day)
            }
            None if !month_days.is_empty() => (1, Frequency::Month),
            None if !words.on.is_empty() => (1, Frequency::Week),
            None if !words.at.is_empty() => (1, Frequency::Day),
            None => {
                let help = "add `every`, such as `every = \"day\"` or `every = \"15 minutes\"`";
                let problem = "it does not say how often";
                let mistake = Mistake::new(Place::Section, problem, help.to_owned());
                mistakes.push(mistake.together());
                (1, Frequency::Day)
            }
        };
        Self {
            every,
            at: times,
            week_days,
            month_days,
            start,
        }
    }

    /// Whether the words go together.
    fn fit(&self, catch_up: bool, mistakes: &mut Vec<Mistake>) {
        let (interval, frequency) = self.every;
        let mut refuse = |place, problem: &str, help: &str| {
            mistakes.push(Mistake::new(place, problem, help.to_owned()).together());
        };
        if catch_up {
            self.fit_sliding_window(&mut refuse);
        } else if frequency.elapsed().is_some() {
            let help = "for times of the day, or days of the week, write `every = \"day\"` with `at` and `on`";
            if !self.at.is_empty() {
                let problem = "times of the day do not go with an interval shorter than a day";
                refuse(Place::At, problem, help);
            }
            if !self.week_days.is_empty() {
                let problem = "days of the week do not go with an interval shorter than a day";
                refuse(Place::On, problem, help);
            }
        }
        if frequency != Frequency::Month && !self.month_days.is_empty() {
            let problem = "days of the month go with months only";
            refuse(Place::On, problem, "write `every = \"month\"`");
        }
        let with_seconds = self.start.is_some_and(|(start, _)| start.second() != 0);
        match frequency {
            Frequency::Day | Frequency::Week if interval > 1 && self.start.is_none() => {
                let problem = "nothing says with which day the counting begins";
                refuse(
                    Place::Every,
                    problem,
                    "add `start`, such as `start = \"2026-12-01\"`",
                );
            }
            Frequency::Week if !self.has_days() && self.start.is_none() => {
                let problem = "nothing says on which day of the week";
                refuse(Place::Every, problem, "add `on`, such as `on = \"mon\"`");
            }
            _ => {}
        }
        match frequency {
            _ if !self.month_days.is_empty() && !self.week_days.is_empty() => {
                let problem = "`on` has days of the week and days of the month";
                refuse(Place::On, problem, "use one or the other");
            }
            Frequency::Day if interval > 1 && !self.week_days.is_empty() => {
                let problem = "days of the week do not go with an interval of several days";
                refuse(
                    Place::On,
                    problem,
                    "count weeks, such as `every = \"2 weeks\"`",
                );
            }
            Frequency::Day | Frequency::Week if with_seconds => {
                let problem = "Azure has hours and minutes for days and weeks, but no seconds";
                refuse(Place::Start, problem, "leave the seconds out");
            }
            Frequency::Month if !self.week_days.is_empty() => {
                let problem = "days of the week do not go with months: Azure supports them for \
                               weeks only";
                let help = "use a day of the month, such as `on = 1` or `on = \"last day\"`, or \
                            count weeks, such as `every = \"4 weeks\"`";
                refuse(Place::On, problem, help);
            }
            Frequency::Month
                if !self.at.is_empty() && self.start.is_some_and(|(_, timed)| timed) =>
            {
                let problem = "both `at` and `start` give a time of the day";
                refuse(
                    Place::Start,
                    problem,
                    "let `start` be a date alone, or leave `at` out",
                );
            }
            _ => {}
        }
    }

    fn has_days(&self) -> bool {
        !(self.week_days.is_empty() && self.month_days.is_empty())
    }

    /// Source: `connectors-native-sliding-window.md`.
    fn fit_sliding_window(&self, refuse: &mut impl FnMut(Place, &str, &str)) {
        let (interval, frequency) = self.every;
        let hours = match frequency {
            Frequency::Day => interval.saturating_mul(24),
            Frequency::Week => interval.saturating_mul(7 * 24),
            _ => 24,
        };
        let fits = frequency.elapsed().is_some();
        let help = format!(
            "leave `catch_up` out, or write `every = \"{hours} hours\"` with `start`, which moves by \
             an hour where the zone's clocks change"
        );
        if frequency == Frequency::Month {
            let problem = "what was missed cannot be made up for by months: Azure's sliding window \
                           knows seconds, minutes and hours alone";
            refuse(Place::CatchUp, problem, "leave `catch_up` out");
        } else if !self.week_days.is_empty() {
            let problem = "what was missed cannot be made up for on days of the week: Azure's \
                           sliding window knows seconds, minutes and hours alone";
            refuse(Place::CatchUp, problem, &help);
        } else if !self.at.is_empty() {
            let problem = "what was missed cannot be made up for at times of the day: Azure's \
                           sliding window knows seconds, minutes and hours alone";
            refuse(Place::CatchUp, problem, &help);
        } else if !fits {
            let problem = "what was missed cannot be made up for by days or weeks: Azure's sliding \
                           window knows seconds, minutes and hours alone";
            refuse(Place::CatchUp, problem, &help);
        } else if self.start.is_none() {
            let problem = "nothing says since when to make up for what was missed: Azure runs all \
                           that lies between the start and the deployment";
            refuse(
                Place::CatchUp,
                problem,
                "add `start`, such as that of today",
            );
        }
    }

    fn rule(self) -> Rule {
        let (interval, mut frequency) = self.every;
        let (start, has_time) = self.start.unwrap_or((SINCE, false));
        let times = match frequency {
            Frequency::Second | Frequency::Minute | Frequency::Hour => Vec::new(),
            _ if !self.at.is_empty() => self.at,
            _ if has_time => vec![start.time()],
            _ => vec![Time::midnight()],
        };
        let Self {
            mut week_days,
            mut month_days,
            ..
        } = self;
        if frequency == Frequency::Day && !week_days.is_empty() {
            frequency = Frequency::Week;
        }
        if frequency == Frequency::Week && week_days.is_empty() {
            week_days.push(start.weekday());
        }
        if frequency == Frequency::Month && month_days.is_empty() {
            month_days.push(start.day());
        }
        Rule {
            interval,
            frequency,
            times,
            week_days,
            month_days,
            start,
        }
    }
}

fn twice(place: Place, text: &str) -> Mistake {
    Mistake::new(place, format!("{} is there twice", quote(text)), None)
}

pub(super) fn start_mistake(start: DateTime, clock: &TimeZone) -> Option<Mistake> {
    let problem = if start > LATEST {
        let help = format!("the latest is {}", LATEST.strftime("%F %R"));
        return Some(Mistake::new(
            Place::Start,
            "Azure takes a start of at most 49 years ahead",
            help,
        ));
    } else {
        match clock.to_ambiguous_timestamp(start).offset() {
            AmbiguousOffset::Unambiguous { .. } => return None,
            AmbiguousOffset::Gap { .. } => "does not exist in that zone",
            AmbiguousOffset::Fold { .. } => "exists twice in that zone",
        }
    };
    Some(Mistake::new(
        Place::Start,
        format!(
            "{} {problem}: its clocks change that {}",
            start.strftime("%F %R"),
            start.strftime("%A")
        ),
        "take a time some hours from it".to_owned(),
    ))
}
