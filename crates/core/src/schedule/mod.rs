//! Schedules: parsing of `[schedule]`, translation to Logic Apps triggers, and computation of due
//! times.

mod condition;
mod cron;
mod gap;
mod keys;
mod names;
mod rule;
mod timeline;
mod trigger;
mod triggers;
mod warnings;
mod zone;

use std::iter;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use cron::{Cron, CronError};
use picletter_logic_apps::recurrence::{Frequency, Occurrence, Recurrence};
use rule::Rule;
use trigger::Trigger;

pub(crate) use condition::without_due_times;
pub use keys::choice;
pub use keys::{Overlap, ScheduleError, ScheduleKey, ScheduleText};
pub use timeline::timeline;
pub use trigger::BY_HAND;
pub use triggers::MAX_TRIGGERS;
pub use warnings::Warning;
pub(crate) use zone::windows_zone_name;
pub use zone::{Zone, ZoneError, windows_zone};

/// A schedule that Azure Logic Apps supports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    rules: Vec<Rule>,
    zone: Zone,
    catch_up: bool,
    overlap: Overlap,
    triggers: Vec<Trigger>,
    min_gap: SignedDuration,
    summary: String,
    description: String,
}

/// The minimum time between two runs with `overlap = "replace"`.
const MIN_REPLACE_GAP: SignedDuration = SignedDuration::from_mins(3);

impl Schedule {
    /// Parses the keys of a schedule.
    ///
    /// # Errors
    /// All errors.
    pub fn new(text: &ScheduleText) -> Result<Self, Vec<ScheduleError>> {
        let mut errors = Vec::new();
        let mut keep = |error| errors.push(error);
        let zone = match text.time_zone.as_deref().map(Zone::get) {
            None => Some(Zone::utc()),
            Some(Ok(zone)) => Some(zone),
            Some(Err(error)) => {
                keep(zone_error(&error));
                None
            }
        };
        let overlap = match text.overlap.as_deref().map(Overlap::read) {
            None if text.catch_up => Some(Overlap::Queue),
            None => Some(Overlap::default()),
            Some(Ok(overlap @ (Overlap::Skip | Overlap::Replace))) if text.catch_up => {
                let problem = format!(
                    "`{}` cannot be combined with `catch_up`: missed runs are started at the same time",
                    overlap.name()
                );
                let help = "use `overlap = \"queue\"`, or remove it";
                keep(ScheduleError::new(ScheduleKey::Overlap, problem, help.to_owned()).together());
                None
            }
            Some(Ok(overlap)) => Some(overlap),
            Some(Err(error)) => {
                keep(error);
                None
            }
        };
        let clock = zone.as_ref().map(Zone::clock);
        let rules = match &text.cron {
            None => text.rule(clock).map(|rule| vec![rule]),
            Some(expression) => cron_rules(text, expression, clock),
        };
        let rules = match rules {
            Ok(rules) => Some(rules),
            Err(errors) => {
                errors.into_iter().for_each(keep);
                None
            }
        };
        let (Some(zone), Some(overlap), Some(rules)) = (zone, overlap, rules) else {
            return Err(errors);
        };
        let triggers = triggers::triggers(&rules, &zone).map_err(|error| vec![error])?;
        let mut schedule = Self {
            rules,
            zone,
            catch_up: text.catch_up,
            overlap,
            triggers,
            min_gap: SignedDuration::ZERO,
            summary: text.summary(),
            description: text.description(),
        };
        if schedule.occurrences(Timestamp::UNIX_EPOCH).next().is_none() {
            let key = if text.cron.is_some() {
                ScheduleKey::Cron
            } else {
                ScheduleKey::On
            };
            let help = "use days that exist in these months, or `on = \"last day\"`".to_owned();
            return Err(vec![ScheduleError::new(
                key,
                "no date matches".to_owned(),
                help,
            )]);
        }
        let due = |from| schedule.occurrences(from);
        schedule.min_gap = gap::min_gap(&schedule.triggers, due, schedule.zone.clock());
        if overlap == Overlap::Replace && schedule.min_gap < MIN_REPLACE_GAP {
            let problem = "runs are too close together for `replace`: a dyno may take half a minute \
                           to stop and a minute to start";
            let help = "schedule runs at least 3 minutes apart, or use `overlap = \"skip\"`";
            return Err(vec![ScheduleError::new(
                ScheduleKey::Overlap,
                problem,
                help.to_owned(),
            )]);
        }
        Ok(schedule)
    }

    /// A short summary in the file's words, such as `day at 08:30`.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The summary as a phrase, such as `every day at 08:30` or `cron */15 * * * *`.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// What happens if a run is due while the previous one is running.
    pub fn overlap(&self) -> Overlap {
        self.overlap
    }

    /// Whether missed runs are started later.
    pub fn catches_up(&self) -> bool {
        self.catch_up
    }

    /// The triggers of the workflow's definition: one for each recurrence, and [`BY_HAND`] if all
    /// of them have a condition.
    ///
    /// The result does not depend on the current time. Each trigger has a start time, because
    /// without one Azure would fire it at every deployment.
    /// Source: `logic-apps-workflow-actions-triggers.md`, "Recurrence trigger" and "Sliding Window
    /// trigger", in MicrosoftDocs/azure-docs.
    pub fn triggers(&self) -> Map<String, Value> {
        let rendered = self.triggers.iter().map(|trigger| {
            let rendered = trigger.render(&self.zone, self.catch_up);
            (trigger.name.clone(), rendered)
        });
        let by_hand = trigger::needs_by_hand(&self.triggers)
            .then(|| (BY_HAND.to_owned(), trigger::by_hand()));
        rendered.chain(by_hand).collect()
    }

    /// The name of the trigger for manual runs. It has no condition, because Azure also evaluates
    /// conditions of manually fired triggers.
    pub fn trigger_by_hand(&self) -> &str {
        let mut triggers = self.triggers.iter();
        let always = triggers.find(|trigger| trigger.condition.is_always());
        always.map_or(BY_HAND, |trigger| &trigger.name)
    }

    /// The recurrences with the names of their triggers.
    pub fn recurrences(&self) -> impl Iterator<Item = (&str, &Recurrence)> {
        let triggers = self.triggers.iter();
        triggers.map(|trigger| (trigger.name.as_str(), &trigger.recurrence))
    }

    /// Whether a run is due at least once in every 24 hours, which the daily alert requires.
    pub fn is_daily(&self) -> bool {
        self.triggers.iter().any(|trigger| {
            let interval = i64::from(trigger.recurrence.interval);
            trigger.condition.is_always()
                && match trigger.recurrence.frequency {
                    Frequency::Second => interval <= 86_400,
                    Frequency::Minute => interval <= 1_440,
                    Frequency::Hour => interval <= 24,
                    Frequency::Day => interval == 1,
                    Frequency::Week => interval == 1 && trigger.recurrence.week_days.len() == 7,
                    Frequency::Month => false,
                }
        })
    }

    /// The number of firings between `from` and `until` that a condition rejects. Each is billed as
    /// one execution but starts no run.
    pub fn skipped_firings(&self, from: Timestamp, until: Timestamp) -> usize {
        let triggers = self.triggers.iter();
        triggers.map(|trigger| trigger.skipped(from, until)).sum()
    }

    /// The occurrences that start a run, for a deployment at `deployed_at`. They are sorted and
    /// contain each instant once.
    pub fn occurrences(&self, deployed_at: Timestamp) -> impl Iterator<Item = Occurrence> + use<> {
        let mut due: Vec<_> = self
            .triggers
            .iter()
            .map(|trigger| trigger.occurrences(deployed_at).peekable())
            .collect();
        iter::from_fn(move || {
            let mut next: Option<Occurrence> = None;
            for head in due.iter_mut().filter_map(|due| due.peek().copied()) {
                next = Some(match next {
                    Some(next) if next.at < head.at => next,
                    Some(next) if next.at == head.at => next.max(head),
                    _ => head,
                });
            }
            let next = next?;
            for due in &mut due {
                due.next_if(|head| head.at == next.at);
            }
            Some(next)
        })
    }

    /// The minimum time between two consecutive occurrences.
    pub fn min_gap(&self) -> SignedDuration {
        self.min_gap
    }
}

/// The rules for `cron = "…"`, which replaces `every`, `at`, `on`, and `months`.
fn cron_rules(
    text: &ScheduleText,
    expression: &str,
    clock: Option<&TimeZone>,
) -> Result<Vec<Rule>, Vec<ScheduleError>> {
    let mut errors = Vec::new();
    let given = [
        (text.every.is_some(), ScheduleKey::Every, "every"),
        (!text.at.is_empty(), ScheduleKey::At, "at"),
        (!text.on.is_empty(), ScheduleKey::On, "on"),
        (!text.months.is_empty(), ScheduleKey::Months, "months"),
    ];
    for (_, key, name) in given.into_iter().filter(|(is_given, ..)| *is_given) {
        let problem = format!("`cron` and `{name}` both define when the job runs");
        let help = "use one of them".to_owned();
        errors.push(ScheduleError::new(key, problem, help).together());
    }
    if text.catch_up {
        let problem = "`catch_up` does not support `cron`: Azure's sliding window supports only \
                       seconds, minutes, and hours";
        let help = "remove `catch_up`, or use `every` with `start`".to_owned();
        errors.push(ScheduleError::new(ScheduleKey::CatchUp, problem, help).together());
    }
    let start = match text.start.as_deref().map(keys::read_start) {
        None => rule::SINCE,
        Some(Ok((start, true))) => {
            let problem = "both `cron` and `start` contain a time of day";
            let help = format!(
                "set `start` to a date without a time, such as {}",
                start.date()
            );
            errors.push(ScheduleError::new(ScheduleKey::Start, problem, help).together());
            start
        }
        Some(Ok((start, false))) => {
            errors.extend(clock.and_then(|clock| rule::start_error(start, clock)));
            start
        }
        Some(Err(error)) => {
            errors.push(error);
            rule::SINCE
        }
    };
    match (Cron::parse(expression), clock) {
        (Ok(cron), Some(clock)) if errors.is_empty() => Ok(cron::rules(&cron, start, clock)),
        (Ok(_), _) => Err(errors),
        (Err(error), _) => {
            errors.push(cron_error(&error));
            Err(errors)
        }
    }
}

fn cron_error(error: &CronError) -> ScheduleError {
    let key = ScheduleKey::CronPart {
        from: error.at.start,
        to: error.at.end,
    };
    ScheduleError::new(key, error.to_string(), error.problem.help())
}

/// The error for an unsupported zone, with a suggestion.
pub fn zone_error(error: &ZoneError) -> ScheduleError {
    let help = match error {
        ZoneError::Unknown {
            nearest: Some(near),
            ..
        } if near.starts_with("Etc/GMT") => format!(
            "did you mean `{near}`, which has this UTC offset all year? For daylight saving time, \
             use a zone such as `Europe/Berlin`"
        ),
        ZoneError::Unknown {
            nearest: Some(near),
            ..
        } => format!("did you mean `{near}`?"),
        ZoneError::Unknown { nearest: None, .. } => {
            "use an IANA name, such as `Europe/Berlin`".to_owned()
        }
        ZoneError::NotInWindows {
            same: Some(same), ..
        } => format!("use `{same}`, which has the same local time"),
        ZoneError::NotInWindows { same: None, .. } => {
            "no supported zone has the same local time: use a similar one, or UTC".to_owned()
        }
    };
    ScheduleError::new(ScheduleKey::TimeZone, error.to_string(), help)
}
