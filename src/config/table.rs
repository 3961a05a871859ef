//! Values out of a TOML table, each with its place, and what is wrong with them.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::hints::{SECRET_VALUE, as_text, integer, kind, unknown};
use super::places::{Mistakes, Spanned};
use super::secret_names;
use picletter_worker::quote::quote;

/// More characters than a name, a time or a word of `[schedule]` has.
const LONGEST: usize = 256;

/// One section of the file; empty where the file has none of that name.
pub(super) struct Section<'t> {
    name: &'static str,
    table: Option<&'t DeTable<'t>>,
    /// Where it begins.
    pub(super) span: Option<Range<usize>>,
}

impl<'t> Section<'t> {
    /// The section of that name, whose keys are `keys` or, if there are none, anything; `others` are
    /// other words for its keys.
    pub(super) fn read(
        root: &'t DeTable<'t>,
        name: &'static str,
        keys: &[&str],
        others: &[(&str, &str)],
        mistakes: &mut Mistakes,
    ) -> Self {
        let Some((key, value)) = root.iter().find(|(key, _)| key.as_ref() == name) else {
            return Self {
                name,
                table: None,
                span: None,
            };
        };
        let DeValue::Table(table) = value.get_ref() else {
            let problem = format!("`{name}` is a section, and not {}", kind(value.get_ref()));
            mistakes.add(
                key.span(),
                problem,
                format!("write `[{name}]` on a line of its own"),
            );
            return Self {
                name,
                table: None,
                span: Some(key.span()),
            };
        };
        if !keys.is_empty() {
            for (key, value) in table {
                let word: &str = key.as_ref();
                if !keys.contains(&word) {
                    unknown(name, word, keys, others, value, key.span(), mistakes);
                }
            }
        }
        Self {
            name,
            table: Some(table),
            span: Some(key.span()),
        }
    }

    /// Whether the file has it.
    pub(super) fn exists(&self) -> bool {
        self.span.is_some()
    }

    /// Its keys and values, in order of the keys.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (Spanned<&'t str>, &'t toml::Spanned<DeValue<'t>>)> {
        let entries = self.table.into_iter().flat_map(DeTable::iter);
        entries.map(|(key, value)| {
            let placed = Spanned {
                value: key.get_ref().as_ref(),
                span: key.span(),
            };
            (placed, value)
        })
    }

    fn get(&self, key: &str) -> Option<&'t toml::Spanned<DeValue<'t>>> {
        let mut entries = self.entries();
        entries
            .find(|(of, _)| of.value == key)
            .map(|(_, value)| value)
    }

    /// Where the value of that key stands.
    pub(super) fn place(&self, key: &str) -> Option<Range<usize>> {
        self.get(key).map(toml::Spanned::span)
    }

    /// Where that key stands.
    pub(super) fn key_place(&self, key: &str) -> Option<Range<usize>> {
        let mut entries = self.entries();
        let found = entries.find(|(of, _)| of.value == key);
        found.map(|(of, _)| of.span)
    }

    pub(super) fn text(&self, key: &str, mistakes: &mut Mistakes) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        self.text_of(key, value, mistakes)
    }

    /// The text of a value of that key. A day of the month may be a number.
    fn text_of(
        &self,
        key: &str,
        value: &toml::Spanned<DeValue<'_>>,
        mistakes: &mut Mistakes,
    ) -> Option<Spanned<String>> {
        if key == "on"
            && let Some(number) = integer(value.get_ref())
        {
            return Some(Spanned {
                value: number.to_string(),
                span: value.span(),
            });
        }
        let text = text(
            key,
            value,
            &|| as_text(self.name, key, value.get_ref()),
            mistakes,
        )?;
        let is_short = ["schedule", "heroku", "azure", "run", "alert"].contains(&self.name);
        if is_short && key != "command" && text.value.chars().count() > LONGEST {
            let problem = format!("`{key}` has more than {LONGEST} characters");
            let help = "it is a name or a few words".to_owned();
            mistakes.add(text.span, problem, help);
            return None;
        }
        Some(text)
    }

    /// A text, or a date as TOML has it.
    pub(super) fn text_or_date(
        &self,
        key: &str,
        mistakes: &mut Mistakes,
    ) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Datetime(date) => Some(Spanned {
                value: date.to_string(),
                span: value.span(),
            }),
            _ => self.text_of(key, value, mistakes),
        }
    }

    /// A list of texts, or a single one; with the place of the whole.
    pub(super) fn texts(
        &self,
        key: &str,
        mistakes: &mut Mistakes,
    ) -> Option<Spanned<Vec<Spanned<String>>>> {
        let value = self.get(key)?;
        let texts: Vec<_> = match value.get_ref() {
            DeValue::Array(array) => {
                if array.is_empty() {
                    let problem = format!("`{key}` is an empty list");
                    mistakes.add(value.span(), problem, "leave it out, or fill it".to_owned());
                }
                array
                    .iter()
                    .filter_map(|value| self.text_of(key, value, mistakes))
                    .collect()
            }
            _ => self.text_of(key, value, mistakes).into_iter().collect(),
        };
        Some(Spanned {
            value: texts,
            span: value.span(),
        })
    }

    pub(super) fn flag(&self, key: &str, mistakes: &mut Mistakes) -> Option<Spanned<bool>> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(Spanned {
                value: *flag,
                span: value.span(),
            });
        }
        let problem = format!("`{key}` is {}", kind(value.get_ref()));
        mistakes.add(value.span(), problem, "it takes true or false".to_owned());
        None
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str, mistakes: &mut Mistakes) -> Option<Spanned<i64>> {
        let value = self.get(key)?;
        if let Some(number) = integer(value.get_ref()) {
            return Some(Spanned {
                value: number,
                span: value.span(),
            });
        }
        let problem = format!("`{key}` is no whole number");
        mistakes.add(
            value.span(),
            problem,
            "write digits, without quotes".to_owned(),
        );
        None
    }

    /// A text that `good` holds for.
    pub(super) fn checked(
        &self,
        key: &str,
        good: impl Fn(&str) -> bool,
        what: &str,
        mistakes: &mut Mistakes,
    ) -> Option<String> {
        let text = self.text(key, mistakes)?;
        if good(&text.value) {
            return Some(text.value);
        }
        let problem = format!("`{key}` cannot be {}", quote(&text.value));
        mistakes.add(text.span, problem, what.to_owned());
        None
    }

    /// Adds that a required key is missing.
    pub(super) fn missing(&self, key: &str, help: &str, mistakes: &mut Mistakes) {
        let problem = format!("`{key}` is missing in [{}]", self.name);
        mistakes.add_missing(self.span.clone(), problem, help.to_owned());
    }
}

/// A text; else that it is none, with this help, or that it looks like a secret.
pub(super) fn text(
    key: &str,
    value: &toml::Spanned<DeValue<'_>>,
    help: &dyn Fn() -> String,
    mistakes: &mut Mistakes,
) -> Option<Spanned<String>> {
    if let DeValue::String(text) = value.get_ref() {
        if let Some(shape) = secret_names::secret_shape(text) {
            let problem = format!("`{key}` {shape}");
            mistakes.add(value.span(), problem, SECRET_VALUE.to_owned());
            return None;
        }
        return Some(Spanned {
            value: text.to_string(),
            span: value.span(),
        });
    }
    let problem = format!("{} is {}, and not text", quote(key), kind(value.get_ref()));
    mistakes.add(value.span(), problem, help());
    None
}
