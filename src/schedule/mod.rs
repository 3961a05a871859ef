//! When a job runs: the words that a person writes, the triggers that they become, and the instants
//! at which those fall due.

mod rule;
mod timeline;
mod triggers;
mod warnings;
mod words;
mod zone;

use std::iter;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use picletter_logic_apps::recurrence::{Occurrence, Recurrence};

pub use timeline::timeline;
pub use triggers::MOST_TRIGGERS;
pub use warnings::Warning;
pub use words::{Mistake, Overlap, Place, Words};
pub(crate) use words::{NO_CRON, choice};
pub(crate) use zone::windows_zone_name;
pub use zone::{Zone, ZoneError, windows_zone};

/// A schedule that Azure Logic Apps can keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    rule: rule::Rule,
    zone: Zone,
    catch_up: bool,
    overlap: Overlap,
    /// With the name that each has in the workflow.
    recurrences: Vec<(String, Recurrence)>,
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
        let rule = match rule::Rule::read(words, clock) {
            Ok(rule) => Some(rule),
            Err(errors) => {
                errors.into_iter().for_each(keep);
                None
            }
        };
        let (Some(zone), Some(overlap), Some(rule)) = (zone, overlap, rule) else {
            return Err(mistakes);
        };
        let recurrences = triggers::recurrences(&rule, &zone).map_err(|mistake| vec![mistake])?;
        let schedule = Self {
            rule,
            zone,
            catch_up: words.catch_up,
            overlap,
            recurrences,
        };
        if overlap == Overlap::Replace && schedule.min_gap() < TO_REPLACE {
            let problem = "a dyno has half a minute to end before another can take its place, and \
                           may be a minute in starting: runs this close cannot replace each other";
            let help = "let at least 3 minutes lie between two runs, or take `overlap = \"skip\"`";
            return Err(vec![Mistake::new(Place::Overlap, problem, help.to_owned())]);
        }
        Ok(schedule)
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

    /// The workflow's triggers: one for each recurrence, as its definition has them.
    ///
    /// They are the same at any time. Each has a start time, without which Azure would run it at
    /// every deployment, and hours and minutes where those go with it.
    /// Source: `logic-apps-workflow-actions-triggers.md`, "Recurrence trigger" and "Sliding Window
    /// trigger", in MicrosoftDocs/azure-docs.
    pub fn triggers(&self) -> Map<String, Value> {
        self.recurrences
            .iter()
            .map(|(name, recurrence)| {
                let trigger = triggers::render(recurrence, &self.zone, self.catch_up);
                (name.clone(), trigger)
            })
            .collect()
    }

    /// Its recurrences, each by the name of its trigger.
    pub fn recurrences(&self) -> impl Iterator<Item = (&str, &Recurrence)> {
        let pairs = self.recurrences.iter();
        pairs.map(|(name, recurrence)| (name.as_str(), recurrence))
    }

    /// Every occurrence of any trigger from `deployed_at` on, in order, each instant once.
    pub fn occurrences(&self, deployed_at: Timestamp) -> impl Iterator<Item = Occurrence> + use<> {
        let mut due: Vec<_> = self
            .recurrences
            .iter()
            .map(|(_, recurrence)| recurrence.occurrences(deployed_at).peekable())
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
        self.rule
            .min_gap(|from| self.occurrences(from), self.zone.clock())
    }
}

fn zone_mistake(error: &ZoneError) -> Mistake {
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
