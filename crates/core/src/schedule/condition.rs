//! Trigger conditions, which select the firings of a recurrence that start a run.
//!
//! A recurrence cannot select the first Monday of a month, or July, but a condition can. Azure
//! evaluates it when the trigger fires. A firing that the condition rejects starts no run.
//! Source: "Trigger conditions" in `logic-apps-workflow-actions-triggers.md`.

use jiff::civil::{Date, DateTime, Weekday};

use super::zone::{Zone, windows_zone_name};

/// A condition on the local due time of a trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// Months from 1 to 12, sorted; empty for every month.
    pub(super) months: Vec<i8>,
    /// In each list, at least one set must contain the date.
    pub(super) within: Vec<Vec<DateSet>>,
    /// None of these sets may contain the date.
    pub(super) except: Vec<DateSet>,
    /// Minutes from 0 to 59, sorted; empty for every minute.
    pub(super) minutes: Vec<i8>,
}

/// A set of dates, by day of the week and day of the month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DateSet {
    /// Days of the week, sorted from Monday; empty for every day.
    pub(super) week_days: Vec<Weekday>,
    /// Days of the month from 1 to 31, sorted. Empty for every day, unless `last` is more than 0.
    pub(super) month_days: Vec<i8>,
    /// How many days at the end of each month are also in the set.
    pub(super) last: i8,
}

/// The time that a condition adds to the due time.
///
/// A trigger may fire up to a minute early or late (`connectors-native-recurrence.md`), and it is
/// not documented whether its `scheduledTime` is exact. Shortly before midnight the margin is
/// halved, so that the sum stays within the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Margin {
    Minute,
    HalfMinute,
}

impl Margin {
    fn seconds(self) -> u8 {
        match self {
            Self::Minute => 60,
            Self::HalfMinute => 30,
        }
    }
}

impl Condition {
    pub(super) fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a trigger due at `local` starts a run.
    pub(super) fn holds(&self, local: DateTime) -> bool {
        self.holds_on(local.date())
            && (self.minutes.is_empty() || self.minutes.contains(&local.minute()))
    }

    /// Whether a trigger can start a run on `date`, ignoring minutes.
    pub(super) fn holds_on(&self, date: Date) -> bool {
        (self.months.is_empty() || self.months.contains(&date.month()))
            && self.within.iter().all(|sets| any(sets, date))
            && !any(&self.except, date)
    }

    /// The expression in the Workflow Definition Language, such as
    /// `@lessOrEquals(dayOfMonth(…), 7)`; `None` if the condition always holds.
    pub(super) fn expression(&self, zone: &Zone, margin: Margin) -> Option<String> {
        let date = due(zone, margin);
        let format = |format: &str| format!("formatDateTime({date}, '{format}')");
        let two_digits = |numbers: &[i8]| -> Vec<String> {
            numbers.iter().map(|n| format!("'{n:02}'")).collect()
        };
        let mut tests = Vec::new();
        if !self.months.is_empty() {
            tests.push(one_of(&two_digits(&self.months), &format("MM")));
        }
        if !self.minutes.is_empty() {
            tests.push(one_of(&two_digits(&self.minutes), &format("mm")));
        }
        for sets in &self.within {
            tests.push(or(sets.iter().map(|set| set.expression(&date))));
        }
        if !self.except.is_empty() {
            let sets = self.except.iter().map(|set| set.expression(&date));
            tests.push(format!("not({})", or(sets)));
        }
        (!tests.is_empty()).then(|| format!("@{}", and(tests)))
    }
}

impl DateSet {
    /// The dates of the nth day of the week in a month: from the first (1) to the fifth, or the
    /// last (-1).
    pub(super) fn nth(pairs: &[(Weekday, i8)]) -> Vec<Self> {
        let mut sets: Vec<Self> = Vec::new();
        for week_day in Weekday::Monday.cycle_forward().take(7) {
            let ordinals: Vec<i8> = pairs
                .iter()
                .filter(|(day, _)| *day == week_day)
                .map(|(_, nth)| *nth)
                .collect();
            if ordinals.is_empty() {
                continue;
            }
            let weeks = (1..=5).filter(|nth| ordinals.contains(nth));
            let month_days = weeks
                .flat_map(|nth: i8| 7 * nth - 6..=(7 * nth).min(31))
                .collect();
            let last = if ordinals.contains(&-1) { 7 } else { 0 };
            match sets
                .iter_mut()
                .find(|set| set.month_days == month_days && set.last == last)
            {
                Some(set) => set.week_days.push(week_day),
                None => sets.push(Self {
                    week_days: vec![week_day],
                    month_days,
                    last,
                }),
            }
        }
        sets
    }

    /// The sets to test if the trigger already selects all of their days of the week.
    pub(super) fn on_selected_days(mut sets: Vec<Self>) -> Vec<Self> {
        if let [only] = sets.as_mut_slice() {
            only.week_days.clear();
        }
        sets
    }

    /// A set of days of the month; -1 is the last day.
    pub(super) fn month_days(days: &[i8]) -> Self {
        Self {
            week_days: Vec::new(),
            month_days: days.iter().copied().filter(|day| *day > 0).collect(),
            last: i8::from(days.contains(&-1)),
        }
    }

    pub(super) fn contains(&self, date: Date) -> bool {
        let every_day = self.month_days.is_empty() && self.last == 0;
        (self.week_days.is_empty() || self.week_days.contains(&date.weekday()))
            && (every_day
                || self.month_days.contains(&date.day())
                || date.day() > date.days_in_month() - self.last)
    }

    fn expression(&self, date: &str) -> String {
        let mut tests = Vec::new();
        if !self.week_days.is_empty() {
            let days: Vec<String> = self
                .week_days
                .iter()
                .map(|day| day.to_sunday_zero_offset().to_string())
                .collect();
            tests.push(one_of(&days, &format!("dayOfWeek({date})")));
        }
        let mut of_month = Vec::new();
        if !self.month_days.is_empty() {
            of_month.push(day_of_month(&self.month_days, date));
        }
        if self.last > 0 {
            // Adding `last` days to such a date gives one of the first `last` days of the next
            // month.
            let last = self.last;
            let later = format!("dayOfMonth(addDays({date}, {last}))");
            of_month.push(format!("lessOrEquals({later}, {last})"));
        }
        if !of_month.is_empty() {
            tests.push(or(of_month));
        }
        and(tests)
    }
}

fn any(sets: &[DateSet], date: Date) -> bool {
    sets.iter().any(|set| set.contains(date))
}

/// The expression for the trigger's local due time. In a condition, `trigger()` "returns the output
/// from the current execution" (`expression-functions-reference.md`). `scheduledTime` is missing if
/// a run is started manually; `utcNow()` keeps the expression valid in that case.
fn due(zone: &Zone, margin: Margin) -> String {
    let due = due_in_utc(margin);
    match zone.windows_name() {
        None => due,
        Some(name) => format!("convertFromUtc({due}, '{name}')"),
    }
}

fn due_in_utc(margin: Margin) -> String {
    let seconds = margin.seconds();
    format!("addSeconds(coalesce(trigger()?['scheduledTime'], utcNow()), {seconds})")
}

/// Replaces the due time in a condition's expression by `date`. Returns `None` for expressions that
/// Picletter did not generate.
pub(crate) fn without_due_times(expression: &str) -> Option<String> {
    let mut rest = expression;
    let mut text = String::new();
    while let Some(begin) = rest.find("addSeconds(") {
        let (before, due) = rest.split_at(begin);
        let after_due = [Margin::Minute, Margin::HalfMinute]
            .into_iter()
            .find_map(|margin| due.strip_prefix(&due_in_utc(margin)))?;
        match before.strip_suffix("convertFromUtc(") {
            None => {
                text.push_str(before);
                rest = after_due;
            }
            Some(before) => {
                let (name, after) = after_due.strip_prefix(", '")?.split_once("')")?;
                windows_zone_name(name)?;
                text.push_str(before);
                rest = after;
            }
        }
        text.push_str("date");
    }
    text.push_str(rest);
    Some(text)
}

fn day_of_month(days: &[i8], date: &str) -> String {
    let value = format!("dayOfMonth({date})");
    match (days.first(), days.last()) {
        (Some(1), Some(last @ 2..)) if days.len() == days_between(1, *last) => {
            format!("lessOrEquals({value}, {last})")
        }
        (Some(first), Some(31)) if days.len() == days_between(*first, 31) => {
            format!("greaterOrEquals({value}, {first})")
        }
        _ => {
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            one_of(&days, &value)
        }
    }
}

fn days_between(first: i8, last: i8) -> usize {
    usize::try_from(last - first + 1).unwrap_or(0)
}

fn one_of(values: &[String], value: &str) -> String {
    match values {
        [only] => format!("equals({value}, {only})"),
        values => format!("contains(createArray({}), {value})", values.join(", ")),
    }
}

fn and(tests: impl IntoIterator<Item = String>) -> String {
    call("and", tests)
}

fn or(tests: impl IntoIterator<Item = String>) -> String {
    call("or", tests)
}

fn call(function: &str, arguments: impl IntoIterator<Item = String>) -> String {
    let arguments: Vec<String> = arguments.into_iter().collect();
    match arguments.as_slice() {
        [only] => only.clone(),
        arguments => format!("{function}({})", arguments.join(", ")),
    }
}
