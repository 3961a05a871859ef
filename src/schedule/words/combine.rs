//! How the words go together, and the rule that they come to.

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;

use super::{
    Days, Mistake, Place, Words, day_name, read_days, read_every, read_month, read_start, read_time,
};
use crate::schedule::condition::{Condition, DateSet};
use crate::schedule::rule::{Rule, SINCE, start_mistake};
use picletter_logic_apps::recurrence::Frequency;
use picletter_worker::quote::quote;

impl Words {
    /// The rule that the words, except for `cron`, come to in the zone of `clock`.
    pub(in crate::schedule) fn rule(&self, clock: Option<&TimeZone>) -> Result<Rule, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let read = Read::new(self, &mut mistakes);
        if let (Some((start, _)), Some(clock)) = (read.start, clock) {
            mistakes.extend(start_mistake(start, clock));
        }
        // What is not readable need not fit.
        if mistakes.is_empty() {
            read.fit(self.catch_up, &mut mistakes);
        }
        if mistakes.is_empty() {
            Ok(read.rule())
        } else {
            Err(mistakes)
        }
    }
}

/// The words one by one, before they are looked at together.
struct Read {
    every: (u32, Frequency),
    at: Vec<Time>,
    week_days: Vec<Weekday>,
    month_days: Vec<i8>,
    nth_days: Vec<(Weekday, i8)>,
    months: Vec<i8>,
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
        let (mut week_days, mut month_days, mut nth_days) = (Vec::new(), Vec::new(), Vec::new());
        for (nth, text) in words.on.iter().enumerate() {
            match read_days(nth, text) {
                Ok(Days::OfWeek(read)) if read.iter().any(|day| week_days.contains(day)) => {
                    mistakes.push(twice(Place::OnNth(nth), text));
                }
                Ok(Days::OfMonth(day)) if month_days.contains(&day) => {
                    mistakes.push(twice(Place::OnNth(nth), text));
                }
                Ok(Days::NthOfMonth(day, of_month)) if nth_days.contains(&(day, of_month)) => {
                    mistakes.push(twice(Place::OnNth(nth), text));
                }
                Ok(Days::OfWeek(read)) => week_days.extend(read),
                Ok(Days::NthOfMonth(day, of_month)) => nth_days.push((day, of_month)),
                Ok(Days::OfMonth(day)) => month_days.push(day),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        week_days.sort_unstable_by_key(|day| day.to_monday_zero_offset());
        month_days.sort_unstable_by_key(|day| (day.is_negative(), *day));
        let mut months = Vec::new();
        for (nth, text) in words.months.iter().enumerate() {
            match read_month(nth, text) {
                Ok(month) if months.contains(&month) => {
                    mistakes.push(twice(Place::MonthsNth(nth), text));
                }
                Ok(month) => months.push(month),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        months.sort_unstable();
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
            None if !(month_days.is_empty() && nth_days.is_empty()) => (1, Frequency::Month),
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
            nth_days,
            months,
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
        self.fit_months(catch_up, &mut refuse);
        let with_seconds = self.start.is_some_and(|(start, _)| start.second() != 0);
        match frequency {
            // Days that go with months are reported above; a further error would only distract.
            Frequency::Day | Frequency::Week if self.has_days_of_months() => {}
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
                let problem = "a month has several of each day of the week";
                let help = "say which, such as `on = \"first monday\"` or `on = \"last friday\"`, \
                            use a day of the month, such as `on = 1` or `on = \"last day\"`, or \
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

    /// Whether there are days that only months have.
    fn has_days_of_months(&self) -> bool {
        !(self.month_days.is_empty() && self.nth_days.is_empty())
    }

    /// Whether the months, and the days that are the nth of their kind in a month, fit.
    fn fit_months(&self, catch_up: bool, refuse: &mut impl FnMut(Place, &str, &str)) {
        let (interval, frequency) = self.every;
        if !self.months.is_empty() {
            if catch_up {
                let problem = "`catch_up` does not support `months`: Azure's sliding window runs in \
                               every month";
                refuse(Place::CatchUp, problem, "leave `catch_up` or `months` out");
            } else if frequency == Frequency::Month && interval > 1 {
                let problem = "`months` and an interval of several months do not go together";
                refuse(Place::Months, problem, "write `every = \"month\"`");
            }
        }
        if self.nth_days.is_empty() {
            return;
        }
        if frequency != Frequency::Month {
            let problem = "a day such as the first Monday goes with months only";
            let month = "write `every = \"month\"`";
            match self.nth_days.as_slice() {
                [(day, _)] if frequency == Frequency::Week => {
                    let day = day_name(*day);
                    let help = format!("{month}, or `on = \"{day}\"` for each {day}");
                    refuse(Place::On, problem, &help);
                }
                _ => refuse(Place::On, problem, month),
            }
        } else if 12 % interval != 0 {
            let problem = "with a day such as the first Monday, the months must divide a year";
            refuse(Place::Every, problem, "use 1, 2, 3, 4, 6, or 12 months");
        } else if !(self.month_days.is_empty() && self.week_days.is_empty()) {
            let problem = "`on` mixes a day such as the first Monday with other days";
            refuse(
                Place::On,
                problem,
                "use one kind of days, or `cron`, such as `cron = \"0 8 1 * mon#1\"`",
            );
        }
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
        let (mut interval, mut frequency) = self.every;
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
            nth_days,
            months,
            ..
        } = self;
        let mut condition = Condition {
            months,
            ..Condition::default()
        };
        if !nth_days.is_empty() {
            if interval > 1 {
                condition.months = counted_months(start, interval);
            }
            (interval, frequency) = (1, Frequency::Week);
            let sets = DateSet::nth(&nth_days);
            week_days = sets.iter().flat_map(|set| set.week_days.clone()).collect();
            condition.within.push(DateSet::on_selected_days(sets));
        }
        if frequency == Frequency::Day && !week_days.is_empty() {
            frequency = Frequency::Week;
        }
        if frequency == Frequency::Week && week_days.is_empty() {
            week_days.push(start.weekday());
        }
        if frequency == Frequency::Month && month_days.is_empty() {
            month_days.push(start.day());
        }
        week_days.sort_unstable_by_key(|day| day.to_monday_zero_offset());
        Rule {
            interval,
            frequency,
            times,
            week_days,
            month_days,
            start,
            condition,
        }
    }
}

/// The months of a year that are counted from that of `start`, in order.
fn counted_months(start: DateTime, interval: u32) -> Vec<i8> {
    let first = u32::from(start.month().unsigned_abs()) % interval;
    let months = (1..=12).filter(|month| month % interval == first);
    months
        .filter_map(|month| i8::try_from(month).ok())
        .collect()
}

fn twice(place: Place, text: &str) -> Mistake {
    Mistake::new(place, format!("{} is there twice", quote(text)), None)
}
