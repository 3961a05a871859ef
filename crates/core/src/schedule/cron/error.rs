//! Errors in crontab expressions.

use std::ops::Range;

use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

use super::parse::Field;

/// An error in an expression, with the range of bytes that it refers to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub(in crate::schedule) struct CronError {
    pub(in crate::schedule) at: Range<usize>,
    pub(in crate::schedule) problem: CronProblem,
}

/// The kind of error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::schedule) enum CronProblem {
    #[error("{}", fields(*.0))]
    Fields(usize),
    #[error("`@reboot` is not supported: there is no machine that boots")]
    Reboot,
    #[error("unknown nickname {}", quote(.0))]
    Nickname(String),
    #[error("the expression contains a variable")]
    TimeZone,
    #[error("a value is missing in the {}", .0.name())]
    Empty(Field),
    #[error("{} is not a {}", quote(.text), .field.name())]
    Value { field: Field, text: String },
    #[error("the {} {value} is out of range", .field.name())]
    OutOfRange { field: Field, value: u32 },
    #[error("the range {} goes backward", quote(.0))]
    Backward(String),
    #[error("the step 0 is out of range")]
    StepZero,
    #[error("the step {step} is longer than the field, which has {}", .field.range())]
    StepTooLong { field: Field, step: u32 },
    #[error("a step requires a range")]
    StepOfOne { first: u32, last: u32, step: String },
    #[error("{} is out of range: a month has at most five of each day of the week", quote(.0))]
    Nth(String),
    #[error("`W`, the nearest weekday, is not supported")]
    NearestWeekday,
    #[error("days before the last day of a month are not supported")]
    BeforeLast,
    #[error("`L` alone is not a day of the week")]
    LastWeekday,
    #[error("the expression never matches a date")]
    Never,
}

fn fields(count: usize) -> String {
    match count {
        1 => "expected 5 fields, but the expression has 1".to_owned(),
        count => format!("expected 5 fields, but the expression has {count}"),
    }
}

/// Nicknames of expressions.
pub(super) const NICKNAMES: [(&str, &str); 8] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@reboot", ""),
];

impl CronProblem {
    /// How to fix the error.
    pub(in crate::schedule) fn help(&self) -> String {
        match self {
            Self::Fields(6..) => "write minute, hour, day of the month, month, and day of the \
                                  week, without seconds and years"
                .to_owned(),
            Self::Fields(_) => "write minute, hour, day of the month, month, and day of the week, \
                                such as `0 8 * * mon-fri`"
                .to_owned(),
            Self::Reboot => "use a time, such as `@daily`".to_owned(),
            Self::Nickname(name) => {
                let names = NICKNAMES.iter().map(|(name, _)| *name);
                let names = names.filter(|name| *name != "@reboot");
                match suggest(&name.to_lowercase(), names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if name.to_lowercase().starts_with("@every") => {
                        "use `every`, such as `every = \"90 minutes\"`".to_owned()
                    }
                    None => {
                        "use @hourly, @daily, @weekly, @monthly, @yearly, or five fields".to_owned()
                    }
                }
            }
            Self::TimeZone => "remove it; for a time zone, use the key `time_zone`".to_owned(),
            Self::Empty(field) | Self::Value { field, .. } | Self::OutOfRange { field, .. } => {
                format!("expected {}", field.range())
            }
            Self::Backward(_) => {
                "write two ranges, such as `22-23,0-5` or `fri-sun,mon`".to_owned()
            }
            Self::StepZero => "the smallest step is 1".to_owned(),
            Self::StepTooLong { .. } => {
                "steps restart in each hour, day, month, or year; for longer intervals, use \
                 `every`, such as `every = \"90 minutes\"`"
                    .to_owned()
            }
            Self::StepOfOne { first, last, step } => format!("write `{first}-{last}/{step}`"),
            Self::Nth(_) => "use 1 to 5, such as `mon#1`, or `5L` for the last Friday".to_owned(),
            Self::NearestWeekday => {
                "use a day of the week, such as `mon#3`, or run on weekdays and let the command \
                 decide"
                    .to_owned()
            }
            Self::BeforeLast => "use `L` for the last day, or a day from 1 to 31".to_owned(),
            Self::LastWeekday => "use `6L` for the last Saturday, or `sat`".to_owned(),
            Self::Never => "no month has that day: use `L` for the last day".to_owned(),
        }
    }
}
