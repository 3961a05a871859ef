//! The file for a user's own command.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use toml::Value;

use super::question::{Answers, Question};
use picletter_core::config::{Config, FILE};
use picletter_core::schedule::Zone;

/// A user's own command and its interval.
pub(super) struct OwnCommand {
    pub(super) command: String,
    pub(super) every: String,
}

impl OwnCommand {
    /// Whether the file needs an answer to `question`.
    pub(super) fn needs(&self, question: Question) -> bool {
        match question {
            Question::From | Question::To => false,
            // Days, weeks, and months have a time; shorter intervals do not need one.
            Question::At => ["day", "week", "month"]
                .iter()
                .any(|unit| self.every.contains(unit)),
            Question::App | Question::TimeZone | Question::Location => true,
        }
    }

    /// The file, in the short form. Intervals that need a start begin today.
    pub(super) fn text(&self, answers: &Answers, now: Timestamp) -> String {
        let text = self.text_from(answers, None);
        let today = || {
            let zone = answers.get(&Question::TimeZone)?.first()?;
            let zone = Zone::get(zone).ok()?;
            let from = zone.clock().to_datetime(now).date();
            let text = self.text_from(answers, Some(from));
            Config::parse(Path::new(FILE), &text)
                .is_ok()
                .then_some(text)
        };
        match Config::parse(Path::new(FILE), &text) {
            Ok(_) => text,
            Err(_) => today().unwrap_or(text),
        }
    }

    fn text_from(&self, answers: &Answers, start: Option<Date>) -> String {
        let line = |question: Question| {
            let answer = answers.get(&question).map(Vec::as_slice);
            let value = match answer.unwrap_or_default() {
                [] => return String::new(),
                [one] => Value::from(one.as_str()),
                several => Value::from(several.to_vec()),
            };
            format!("{} = {value}\n", question.key())
        };
        format!(
            "\
# Configuration of Picletter. `picletter check` validates it; `picletter schedule next` shows the next
# runs. Write several jobs as [jobs.NAME]: see docs/configuration.md.

[schedule]
every = {every}
{start}{at}{zone}
[heroku]
{app}command = {command}

[azure]
{location}",
            every = Value::from(self.every.as_str()),
            start = start
                .map(|day| format!("start = \"{day}\"\n"))
                .unwrap_or_default(),
            at = line(Question::At),
            zone = line(Question::TimeZone),
            app = line(Question::App),
            command = Value::from(self.command.as_str()),
            location = line(Question::Location),
        )
    }
}
