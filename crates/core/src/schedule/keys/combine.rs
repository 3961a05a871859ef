//! Validates combinations of schedule keys and builds the rule.

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;

use super::{
    Days, ScheduleError, ScheduleKey, ScheduleText, day_name, read_days, read_every, read_month,
    read_start, read_time,
};
use crate::schedule::condition::{Condition, DateSet};
use crate::schedule::rule::{Rule, SINCE, start_error};
use picletter_logic_apps::recurrence::Frequency;
use picletter_worker::quote::quote;

impl ScheduleText {
    /// The rule for all keys except `cron`, in the zone of `clock`.
    pub(in crate::schedule) fn rule(
        &self,
        clock: Option<&TimeZone>,
    ) -> Result<Rule, Vec<ScheduleError>> {
        let mut errors = Vec::new();
        let read = Read::new(self, &mut errors);
        if let (Some((start, _)), Some(clock)) = (read.start, clock) {
            errors.extend(start_error(start, clock));
        }
        // Combinations are only checked if all keys are valid.
        if errors.is_empty() {
            read.fit(self.catch_up, &mut errors);
        }
        if errors.is_empty() {
            Ok(read.rule())
        } else {
            Err(errors)
        }
    }
}

/// The parsed keys, before their combinations are checked.
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
    fn new(text: &ScheduleText, errors: &mut Vec<ScheduleError>) -> Self {
        let mut times = Vec::new();
        for (nth, text) in text.at.iter().enumerate() {
            match read_time(nth, text) {
                Ok(time) if times.contains(&time) => {
                    errors.push(duplicate(ScheduleKey::AtNth(nth), text));
                }
                Ok(time) => times.push(time),
                Err(error) => errors.push(error),
            }
        }
        times.sort_unstable();
        let (mut week_days, mut month_days, mut nth_days) = (Vec::new(), Vec::new(), Vec::new());
        for (nth, text) in text.on.iter().enumerate() {
            match read_days(nth, text) {
                Ok(Days::OfWeek(read)) if read.iter().any(|day| week_days.contains(day)) => {
                    errors.push(duplicate(ScheduleKey::OnNth(nth), text));
                }
                Ok(Days::OfMonth(day)) if month_days.contains(&day) => {
                    errors.push(duplicate(ScheduleKey::OnNth(nth), text));
                }
                Ok(Days::NthOfMonth(day, of_month)) if nth_days.contains(&(day, of_month)) => {
                    errors.push(duplicate(ScheduleKey::OnNth(nth), text));
                }
                Ok(Days::OfWeek(read)) => week_days.extend(read),
                Ok(Days::NthOfMonth(day, of_month)) => nth_days.push((day, of_month)),
                Ok(Days::OfMonth(day)) => month_days.push(day),
                Err(error) => errors.push(error),
            }
        }
        week_days.sort_unstable_by_key(|day| day.to_monday_zero_offset());
        month_days.sort_unstable_by_key(|day| (day.is_negative(), *day));
        let mut months = Vec::new();
        for (nth, text) in text.months.iter().enumerate() {
            match read_month(nth, text) {
                Ok(month) if months.contains(&month) => {
                    errors.push(duplicate(ScheduleKey::MonthsNth(nth), text));
                }
                Ok(month) => months.push(month),
                Err(error) => errors.push(error),
            }
        }
        months.sort_unstable();
        let start = match text.start.as_deref().map(read_start) {
            Some(Ok(start)) => Some(start),
            Some(Err(error)) => {
                errors.push(error);
                None
            }
            None => None,
        };
        let every = match text.every.as_deref().map(read_every) {
            Some(Ok(every)) => every,
            Some(Err(error)) => {
                errors.push(error);
                (1, Frequency::Day)
            }
            None if !(month_days.is_empty() && nth_days.is_empty()) => (1, Frequency::Month),
            None if !text.on.is_empty() => (1, Frequency::Week),
            None if !text.at.is_empty() => (1, Frequency::Day),
            None => {
                let help = "add `every`, such as `every = \"day\"` or `every = \"15 minutes\"`";
                let problem = "the schedule has no interval";
                let error = ScheduleError::new(ScheduleKey::Section, problem, help.to_owned());
                errors.push(error.together());
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

    /// Checks the combinations of keys.
    fn fit(&self, catch_up: bool, errors: &mut Vec<ScheduleError>) {
        let (interval, frequency) = self.every;
        let mut refuse = |key, problem: &str, help: &str| {
            errors.push(ScheduleError::new(key, problem, help.to_owned()).together());
        };
        if catch_up {
            self.fit_sliding_window(&mut refuse);
        } else if frequency.elapsed().is_some() {
            let help =
                "for times of day or days of the week, use `every = \"day\"` with `at` and `on`";
            if !self.at.is_empty() {
                let problem = "`at` cannot be combined with an interval shorter than a day";
                refuse(ScheduleKey::At, problem, help);
            }
            if !self.week_days.is_empty() {
                let problem =
                    "days of the week cannot be combined with an interval shorter than a day";
                refuse(ScheduleKey::On, problem, help);
            }
        }
        if frequency != Frequency::Month && !self.month_days.is_empty() {
            let problem = "days of the month require an interval of months";
            refuse(ScheduleKey::On, problem, "write `every = \"month\"`");
        }
        self.fit_months(catch_up, &mut refuse);
        let with_seconds = self.start.is_some_and(|(start, _)| start.second() != 0);
        match frequency {
            // Days that require months have already been reported.
            Frequency::Day | Frequency::Week if self.has_month_days() => {}
            Frequency::Day | Frequency::Week if interval > 1 && self.start.is_none() => {
                let problem = "an interval of several days or weeks requires a start";
                refuse(
                    ScheduleKey::Every,
                    problem,
                    "add `start`, such as `start = \"2026-12-01\"`",
                );
            }
            Frequency::Week if !self.has_days() && self.start.is_none() => {
                let problem = "the day of the week is missing";
                refuse(
                    ScheduleKey::Every,
                    problem,
                    "add `on`, such as `on = \"mon\"`",
                );
            }
            _ => {}
        }
        match frequency {
            _ if !self.month_days.is_empty() && !self.week_days.is_empty() => {
                let problem = "`on` contains days of the week and days of the month";
                refuse(ScheduleKey::On, problem, "use one or the other");
            }
            Frequency::Day if interval > 1 && !self.week_days.is_empty() => {
                let problem =
                    "days of the week cannot be combined with an interval of several days";
                refuse(
                    ScheduleKey::On,
                    problem,
                    "use weeks, such as `every = \"2 weeks\"`",
                );
            }
            Frequency::Day | Frequency::Week if with_seconds => {
                let problem = "Azure does not support seconds for intervals of days and weeks";
                refuse(ScheduleKey::Start, problem, "remove the seconds");
            }
            Frequency::Month if !self.week_days.is_empty() => {
                let problem = "a month has several of each day of the week";
                let help = "specify which one, such as `on = \"first monday\"` or `on = \"last \
                            friday\"`; or use a day of the month, such as `on = 1` or `on = \"last \
                            day\"`; or use weeks, such as `every = \"4 weeks\"`";
                refuse(ScheduleKey::On, problem, help);
            }
            Frequency::Month
                if !self.at.is_empty() && self.start.is_some_and(|(_, timed)| timed) =>
            {
                let problem = "both `at` and `start` contain a time of day";
                refuse(
                    ScheduleKey::Start,
                    problem,
                    "set `start` to a date without a time, or remove `at`",
                );
            }
            _ => {}
        }
    }

    fn has_days(&self) -> bool {
        !(self.week_days.is_empty() && self.month_days.is_empty())
    }

    /// Whether there are days that require an interval of months.
    fn has_month_days(&self) -> bool {
        !(self.month_days.is_empty() && self.nth_days.is_empty())
    }

    /// Checks months, and nth days of the week in a month.
    fn fit_months(&self, catch_up: bool, refuse: &mut impl FnMut(ScheduleKey, &str, &str)) {
        let (interval, frequency) = self.every;
        if !self.months.is_empty() {
            if catch_up {
                let problem = "`catch_up` does not support `months`: Azure's sliding window runs in \
                               every month";
                refuse(
                    ScheduleKey::CatchUp,
                    problem,
                    "remove `catch_up` or `months`",
                );
            } else if frequency == Frequency::Month && interval > 1 {
                let problem = "`months` cannot be combined with an interval of several months";
                refuse(ScheduleKey::Months, problem, "write `every = \"month\"`");
            }
        }
        if self.nth_days.is_empty() {
            return;
        }
        if frequency != Frequency::Month {
            let problem = "a day such as the first Monday requires an interval of months";
            let month = "write `every = \"month\"`";
            match self.nth_days.as_slice() {
                [(day, _)] if frequency == Frequency::Week => {
                    let day = day_name(*day);
                    let help = format!("{month}, or `on = \"{day}\"` for each {day}");
                    refuse(ScheduleKey::On, problem, &help);
                }
                _ => refuse(ScheduleKey::On, problem, month),
            }
        } else if 12 % interval != 0 {
            let problem = "for a day such as the first Monday, the number of months must divide 12";
            refuse(
                ScheduleKey::Every,
                problem,
                "use 1, 2, 3, 4, 6, or 12 months",
            );
        } else if !(self.month_days.is_empty() && self.week_days.is_empty()) {
            let problem = "`on` combines a day such as the first Monday with other days";
            refuse(
                ScheduleKey::On,
                problem,
                "use one kind of days, or `cron`, such as `cron = \"0 8 1 * mon#1\"`",
            );
        }
    }

    /// Checks the limits of Azure's sliding window. Source: `connectors-native-sliding-window.md`.
    fn fit_sliding_window(&self, refuse: &mut impl FnMut(ScheduleKey, &str, &str)) {
        let (interval, frequency) = self.every;
        let hours = match frequency {
            Frequency::Day => interval.saturating_mul(24),
            Frequency::Week => interval.saturating_mul(7 * 24),
            _ => 24,
        };
        let fits = frequency.elapsed().is_some();
        let help = format!(
            "remove `catch_up`, or use `every = \"{hours} hours\"` with `start`; its runs shift by an \
             hour when the zone's clocks change"
        );
        if frequency == Frequency::Month {
            let problem = "`catch_up` does not support months: Azure's sliding window supports only \
                           seconds, minutes, and hours";
            refuse(ScheduleKey::CatchUp, problem, "remove `catch_up`");
        } else if !self.week_days.is_empty() {
            let problem = "`catch_up` does not support days of the week: Azure's sliding window \
                           supports only seconds, minutes, and hours";
            refuse(ScheduleKey::CatchUp, problem, &help);
        } else if !self.at.is_empty() {
            let problem = "`catch_up` does not support times of day: Azure's sliding window supports \
                           only seconds, minutes, and hours";
            refuse(ScheduleKey::CatchUp, problem, &help);
        } else if !fits {
            let problem = "`catch_up` does not support days or weeks: Azure's sliding window supports \
                           only seconds, minutes, and hours";
            refuse(ScheduleKey::CatchUp, problem, &help);
        } else if self.start.is_none() {
            let problem = "`catch_up` requires `start`: Azure runs everything that was due between \
                           the start and the deployment";
            refuse(
                ScheduleKey::CatchUp,
                problem,
                "add `start`, such as today's date",
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

/// The months of a year that an interval of months from `start` selects, sorted.
fn counted_months(start: DateTime, interval: u32) -> Vec<i8> {
    let first = u32::from(start.month().unsigned_abs()) % interval;
    let months = (1..=12).filter(|month| month % interval == first);
    months
        .filter_map(|month| i8::try_from(month).ok())
        .collect()
}

fn duplicate(key: ScheduleKey, text: &str) -> ScheduleError {
    ScheduleError::new(key, format!("duplicate value {}", quote(text)), None)
}
