//! Typed access to TOML tables, with spans and errors.

use std::borrow::Cow;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::file_diagnostic::{FileDiagnostics, Spanned};
use super::hints::{SECRET_VALUE, as_text, integer, kind, unknown};
use super::secret_names;
use picletter_worker::quote::quote;

/// The maximum length of names and schedule values, in characters.
const MAX_LENGTH: usize = 256;

/// A section of the file. Empty if it is not in the file.
#[derive(Clone)]
pub(super) struct Section<'t> {
    name: Cow<'static, str>,
    table: Option<&'t DeTable<'t>>,
    /// Defaults for keys that are not in the section.
    defaults: Option<&'t DeTable<'t>>,
    /// The span of the section's name.
    pub(super) span: Option<Range<usize>>,
    /// Whether the value is a table with only known keys.
    pub(super) is_valid: bool,
}

impl<'t> Section<'t> {
    /// Reads a section. If `keys` is empty, any key is allowed. `others` are synonyms of keys.
    pub(super) fn read(
        root: &'t DeTable<'t>,
        name: &'static str,
        keys: &[&str],
        others: &[(&str, &str)],
        errors: &mut FileDiagnostics,
    ) -> Self {
        match root.iter().find(|(key, _)| key.as_ref() == name) {
            Some((key, value)) => Self::new(
                name.into(),
                key.span(),
                value.get_ref(),
                keys,
                others,
                errors,
            ),
            None => Self {
                name: name.into(),
                table: None,
                defaults: None,
                span: None,
                is_valid: true,
            },
        }
    }

    /// Creates a section from a value whose name is at `span`; see [`Section::read`].
    pub(super) fn new(
        name: Cow<'static, str>,
        span: Range<usize>,
        value: &'t DeValue<'t>,
        keys: &[&str],
        others: &[(&str, &str)],
        errors: &mut FileDiagnostics,
    ) -> Self {
        let mut section = Self {
            name,
            table: None,
            defaults: None,
            span: Some(span.clone()),
            is_valid: false,
        };
        let name = &section.name;
        let before = errors.0.len();
        let DeValue::Table(table) = value else {
            let problem = format!("`{name}` must be a section, not {}", kind(value));
            errors.add(
                span,
                problem,
                format!("write `[{name}]` on a line of its own"),
            );
            return section;
        };
        if !keys.is_empty() {
            for (key, value) in table {
                let word: &str = key.as_ref();
                if !keys.contains(&word) {
                    unknown(name, word, keys, others, value, key.span(), errors);
                }
            }
        }
        section.is_valid = errors.0.len() == before;
        section.table = Some(table);
        section
    }

    /// Uses `defaults` for keys that are not in the section.
    pub(super) fn with_defaults(self, defaults: &Self) -> Self {
        Self {
            defaults: defaults.table,
            ..self
        }
    }

    /// Whether the section is in the file.
    pub(super) fn exists(&self) -> bool {
        self.span.is_some()
    }

    /// The keys and values, sorted by key.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (Spanned<&'t str>, &'t toml::Spanned<DeValue<'t>>)> {
        let entries = self.table.into_iter().flat_map(DeTable::iter);
        entries.map(|(key, value)| {
            let key = Spanned {
                value: key.get_ref().as_ref(),
                span: key.span(),
            };
            (key, value)
        })
    }

    fn get(&self, key: &str) -> Option<&'t toml::Spanned<DeValue<'t>>> {
        let find = |table: &'t DeTable<'t>| {
            let mut entries = table.iter();
            let found = entries.find(|(of, _)| of.get_ref().as_ref() == key);
            found.map(|(_, value)| value)
        };
        let own = self.table.and_then(find);
        own.or_else(|| self.defaults.and_then(find))
    }

    /// The span of a key's value.
    pub(super) fn value_span(&self, key: &str) -> Option<Range<usize>> {
        self.get(key).map(toml::Spanned::span)
    }

    /// The span of a key.
    pub(super) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        let mut entries = self.entries();
        let found = entries.find(|(of, _)| of.value == key);
        found.map(|(of, _)| of.span)
    }

    pub(super) fn text(&self, key: &str, errors: &mut FileDiagnostics) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        self.read_text(key, value, errors)
    }

    /// Reads a value of a key as text. A day of the month may be a number.
    fn read_text(
        &self,
        key: &str,
        value: &toml::Spanned<DeValue<'_>>,
        errors: &mut FileDiagnostics,
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
            &|| as_text(&self.name, key, value.get_ref()),
            errors,
        )?;
        let is_long = ["mail", "picture", "config"].contains(&self.name.as_ref());
        if !is_long && key != "command" && text.value.chars().count() > MAX_LENGTH {
            let problem = format!("`{key}` is longer than {MAX_LENGTH} characters");
            let help = "shorten it".to_owned();
            errors.add(text.span, problem, help);
            return None;
        }
        Some(text)
    }

    /// Reads a text, or a TOML date.
    pub(super) fn text_or_date(
        &self,
        key: &str,
        errors: &mut FileDiagnostics,
    ) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Datetime(date) => Some(Spanned {
                value: date.to_string(),
                span: value.span(),
            }),
            _ => self.read_text(key, value, errors),
        }
    }

    /// Reads a list of texts or a single text, with the span of the whole value.
    pub(super) fn texts(
        &self,
        key: &str,
        errors: &mut FileDiagnostics,
    ) -> Option<Spanned<Vec<Spanned<String>>>> {
        let value = self.get(key)?;
        let texts: Vec<_> = match value.get_ref() {
            DeValue::Array(array) => {
                if array.is_empty() {
                    let problem = format!("`{key}` is an empty list");
                    errors.add(
                        value.span(),
                        problem,
                        "remove it, or add a value".to_owned(),
                    );
                }
                array
                    .iter()
                    .filter_map(|value| self.read_text(key, value, errors))
                    .collect()
            }
            _ => self.read_text(key, value, errors).into_iter().collect(),
        };
        Some(Spanned {
            value: texts,
            span: value.span(),
        })
    }

    pub(super) fn flag(&self, key: &str, errors: &mut FileDiagnostics) -> Option<Spanned<bool>> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(Spanned {
                value: *flag,
                span: value.span(),
            });
        }
        let problem = format!(
            "`{key}` must be true or false, not {}",
            kind(value.get_ref())
        );
        errors.add(
            value.span(),
            problem,
            "write `true` or `false`, without quotes".to_owned(),
        );
        None
    }

    /// Reads a whole number.
    pub(super) fn number(&self, key: &str, errors: &mut FileDiagnostics) -> Option<Spanned<i64>> {
        let value = self.get(key)?;
        if let Some(number) = integer(value.get_ref()) {
            return Some(Spanned {
                value: number,
                span: value.span(),
            });
        }
        let problem = format!("`{key}` must be a whole number");
        errors.add(
            value.span(),
            problem,
            "write only digits, without quotes".to_owned(),
        );
        None
    }

    /// Reads a text and validates it with `accepts`. `expected` describes valid values.
    pub(super) fn checked(
        &self,
        key: &str,
        accepts: impl Fn(&str) -> bool,
        expected: &str,
        errors: &mut FileDiagnostics,
    ) -> Option<String> {
        let text = self.text(key, errors)?;
        if accepts(&text.value) {
            return Some(text.value);
        }
        let problem = format!("invalid value for `{key}`: {}", quote(&text.value));
        errors.add(text.span, problem, format!("expected {expected}"));
        None
    }

    /// Reports that a required key is missing.
    pub(super) fn missing(&self, key: &str, help: &str, errors: &mut FileDiagnostics) {
        let problem = format!("`{key}` is missing in [{}]", self.name);
        errors.add_missing(self.span.clone(), &[&self.name], problem, help.to_owned());
    }
}

/// Reads a text. Reports a value that is not text, with the given help, or that looks like a
/// secret.
pub(super) fn text(
    key: &str,
    value: &toml::Spanned<DeValue<'_>>,
    help: &dyn Fn() -> String,
    errors: &mut FileDiagnostics,
) -> Option<Spanned<String>> {
    if let DeValue::String(text) = value.get_ref() {
        if let Some(shape) = secret_names::secret_shape(text) {
            let problem = format!("`{key}` {shape}");
            errors.add(value.span(), problem, SECRET_VALUE.to_owned());
            return None;
        }
        return Some(Spanned {
            value: text.to_string(),
            span: value.span(),
        });
    }
    let problem = format!("{} must be text, not {}", quote(key), kind(value.get_ref()));
    errors.add(value.span(), problem, help());
    None
}
