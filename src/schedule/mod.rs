//! When a job runs: the words that a person writes, the triggers that they become, and the instants
//! at which those fall due.

mod condition;
mod cron;
mod gap;
mod names;
mod rule;
mod timeline;
mod trigger;
mod triggers;
mod warnings;
mod words;
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
pub use timeline::timeline;
pub use trigger::BY_HAND;
pub use triggers::MOST_TRIGGERS;
pub use warnings::Warning;
pub(crate) use words::choice;
pub use words::{Mistake, Overlap, Place, Words};
pub(crate) use zone::windows_zone_name;
pub use zone::{Zone, ZoneError, windows_zone};

/// A schedule that Azure Logic Apps can keep.
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

/// The least time between two runs of which the later replaces the earlier.
const TO_REPLACE: SignedDuration = SignedDuration::from_mins(3);

impl Schedule {
    /// Reads what a person wrote, or tells every mistake in it.
    pub fn new(words: &Words) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut keep = |mistake| mistakes.push(mistake);
        let zone = match words.time_zone.as_deref().map(Zone::get) {
            None => Some(Zone::utc()),
            Some(Ok(zone)) => Some(zone),
            Some(Err(error)) => {
                keep(zone_mistake(&error));
                None
            }
        };
        let overlap = match words.overlap.as_deref().map(Overlap::read) {
            None if words.catch_up => Some(Overlap::Queue),
            None => Some(Overlap::default()),
            Some(Ok(overlap @ (Overlap::Skip | Overlap::Replace))) if words.catch_up => {
                let problem = format!(
                    "runs that are made up for start together, and `{}` cannot keep them apart",
                    overlap.name()
                );
                let help = "write `overlap = \"queue\"`, or leave it out";
                keep(Mistake::new(Place::Overlap, problem, help.to_owned()).together());
                None
            }
            Some(Ok(overlap)) => Some(overlap),
            Some(Err(mistake)) => {
                keep(mistake);
                None
            }
        };
        let clock = zone.as_ref().map(Zone::clock);
        let rules = match &words.cron {
            None => words.rule(clock).map(|rule| vec![rule]),
            Some(expression) => cron_rules(words, expression, clock),
        };
        let rules = match rules {
            Ok(rules) => Some(rules),
            Err(errors) => {
                errors.into_iter().for_each(keep);
                None
            }
        };
        let (Some(zone), Some(overlap), Some(rules)) = (zone, overlap, rules) else {
            return Err(mistakes);
        };
        let triggers = triggers::triggers(&rules, &zone).map_err(|mistake| vec![mistake])?;
        let mut schedule = Self {
            rules,
            zone,
            catch_up: words.catch_up,
            overlap,
            triggers,
            min_gap: SignedDuration::ZERO,
            summary: words.summary(),
            description: words.description(),
        };
        if schedule.occurrences(Timestamp::UNIX_EPOCH).next().is_none() {
            let place = if words.cron.is_some() {
                Place::Cron
            } else {
                Place::On
            };
            let help = "choose days that these months have, or `on = \"last day\"`".to_owned();
            return Err(vec![Mistake::new(
                place,
                "no date matches".to_owned(),
                help,
            )]);
        }
        let due = |from| schedule.occurrences(from);
        schedule.min_gap = gap::least(&schedule.triggers, due, schedule.zone.clock());
        if overlap == Overlap::Replace && schedule.min_gap < TO_REPLACE {
            let problem = "a dyno has half a minute to end before another can take its place, and \
                           may be a minute in starting: runs this close cannot replace each other";
            let help = "let at least 3 minutes lie between two runs, or take `overlap = \"skip\"`";
            return Err(vec![Mistake::new(Place::Overlap, problem, help.to_owned())]);
        }
        Ok(schedule)
    }

    /// When runs are due, in few words: those of the file, such as `day at 08:30`.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The same as a phrase, such as `every day at 08:30` or `cron */15 * * * *`.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The zone that its times are of.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// What is done when a run is due and the previous one is not over.
    pub fn overlap(&self) -> Overlap {
        self.overlap
    }

    /// Whether runs that were missed are made up for.
    pub fn catches_up(&self) -> bool {
        self.catch_up
    }

    /// The workflow's triggers, as its definition has them: one for each recurrence, and
    /// [`BY_HAND`] where each of them has a condition.
    ///
    /// They are the same at any time. Each has a start time, without which Azure would run it at
    /// every deployment, and hours and minutes where those go with it.
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

    /// The name of the trigger that starts a run when it is fired by hand: one without a condition,
    /// since Azure evaluates conditions then as well.
    pub fn trigger_by_hand(&self) -> &str {
        let mut triggers = self.triggers.iter();
        let always = triggers.find(|trigger| trigger.condition.is_always());
        always.map_or(BY_HAND, |trigger| &trigger.name)
    }

    /// Its recurrences, each by the name of its trigger.
    pub fn recurrences(&self) -> impl Iterator<Item = (&str, &Recurrence)> {
        let triggers = self.triggers.iter();
        triggers.map(|trigger| (trigger.name.as_str(), &trigger.recurrence))
    }

    /// Whether it falls due at least once a day, as an alert that looks back for a day must expect.
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

    /// How many firings from `from` until `until` a condition rejects. Each is billed as one
    /// execution, and starts no run.
    pub fn skipped_firings(&self, from: Timestamp, until: Timestamp) -> usize {
        let triggers = self.triggers.iter();
        triggers.map(|trigger| trigger.skipped(from, until)).sum()
    }

    /// Every occurrence of any trigger from `deployed_at` on that starts a run, in order, each instant
    /// once.
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

    /// The least time between two occurrences that follow one another.
    pub fn min_gap(&self) -> SignedDuration {
        self.min_gap
    }
}

/// The rules for `cron = "…"`, which replaces the words that say when.
fn cron_rules(
    words: &Words,
    expression: &str,
    clock: Option<&TimeZone>,
) -> Result<Vec<Rule>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let given = [
        (words.every.is_some(), Place::Every, "every"),
        (!words.at.is_empty(), Place::At, "at"),
        (!words.on.is_empty(), Place::On, "on"),
        (!words.months.is_empty(), Place::Months, "months"),
    ];
    for (_, place, key) in given.into_iter().filter(|(is_given, ..)| *is_given) {
        let problem = format!("`cron` and `{key}` both define when the job runs");
        let help = "use one of them".to_owned();
        mistakes.push(Mistake::new(place, problem, help).together());
    }
    if words.catch_up {
        let problem = "`catch_up` does not support `cron`: Azure's sliding window supports only \
                       seconds, minutes, and hours";
        let help = "leave `catch_up` out, or write `every` with `start`".to_owned();
        mistakes.push(Mistake::new(Place::CatchUp, problem, help).together());
    }
    let start = match words.start.as_deref().map(words::read_start) {
        None => rule::SINCE,
        Some(Ok((start, true))) => {
            let problem = "both `cron` and `start` give a time of the day";
            let help = format!("let `start` be a date alone, such as {}", start.date());
            mistakes.push(Mistake::new(Place::Start, problem, help).together());
            start
        }
        Some(Ok((start, false))) => {
            mistakes.extend(clock.and_then(|clock| rule::start_mistake(start, clock)));
            start
        }
        Some(Err(mistake)) => {
            mistakes.push(mistake);
            rule::SINCE
        }
    };
    match (Cron::parse(expression), clock) {
        (Ok(cron), Some(clock)) if mistakes.is_empty() => Ok(cron::rules(&cron, start, clock)),
        (Ok(_), _) => Err(mistakes),
        (Err(error), _) => {
            mistakes.push(cron_mistake(&error));
            Err(mistakes)
        }
    }
}

fn cron_mistake(error: &CronError) -> Mistake {
    let place = Place::CronPart {
        from: error.at.start,
        to: error.at.end,
    };
    Mistake::new(place, error.to_string(), error.problem.help())
}

/// What is wrong with a zone, and what to write instead.
pub(crate) fn zone_mistake(error: &ZoneError) -> Mistake {
    let help = match error {
        ZoneError::Unknown {
            nearest: Some(near),
            ..
        } if near.starts_with("Etc/GMT") => format!(
            "did you mean `{near}`, which has this offset from UTC all year? A zone such as \
             `Europe/Berlin` follows summer time"
        ),
        ZoneError::Unknown {
            nearest: Some(near),
            ..
        } => format!("did you mean `{near}`?"),
        ZoneError::Unknown { nearest: None, .. } => {
            "it takes IANA's names, such as `Europe/Berlin`".to_owned()
        }
        ZoneError::NotInWindows {
            same: Some(same), ..
        } => format!("`{same}` shows the same time and has one"),
        ZoneError::NotInWindows { same: None, .. } => {
            "no other zone shows the same time: take one near it, or UTC".to_owned()
        }
    };
    Mistake::new(Place::TimeZone, error.to_string(), help)
}
