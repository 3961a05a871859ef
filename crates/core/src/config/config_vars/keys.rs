//! The keys of `[mail]` and `[picture]`. Each is parsed into the worker's type and rendered as the
//! worker's config var.

use std::ops::Range;

use toml::de::DeTable;

use super::super::file_diagnostic::{FileDiagnostics, Spanned};
use super::super::table::Section;
use super::{ConfigVars, Given};
use crate::schedule::choice;
use picletter_worker::address::Mailbox;
use picletter_worker::picture::{Embed, SourceName};
use picletter_worker::quote::quote;
use picletter_worker::sendgrid::Region;
use picletter_worker::settings::{Defaults, parse};

/// A key of `[mail]` or `[picture]`.
#[derive(Debug)]
pub(in crate::config) struct Key {
    /// The section's name.
    pub(in crate::config) section: &'static str,
    /// The key's name.
    pub(in crate::config) name: &'static str,
    /// The name of the config var.
    pub(in crate::config) variable: &'static str,
    read: fn(&Section<'_>, &mut Defaults, &mut FileDiagnostics),
    render: fn(&Defaults) -> Option<String>,
}

/// Every key of `[mail]` and `[picture]`.
pub(in crate::config) const KEYS: [Key; 9] = [
    Key {
        section: "mail",
        name: "from",
        variable: "BOT_EMAIL",
        read: sender,
        render: |values| values.sender.as_ref().map(Mailbox::to_string),
    },
    Key {
        section: "mail",
        name: "to",
        variable: "RECEIVER_EMAIL",
        read: receivers,
        render: |values| {
            let receivers = values.receivers.as_ref()?.iter();
            Some(
                receivers
                    .map(Mailbox::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            )
        },
    },
    Key {
        section: "mail",
        name: "subject",
        variable: "MAIL_SUBJECT",
        read: |section, values, errors| {
            let subject = text(section, "subject", errors);
            values.subject = subject.map(|subject| subject.value);
        },
        render: |values| values.subject.clone(),
    },
    Key {
        section: "mail",
        name: "embed",
        variable: "MAIL_EMBED",
        read: |section, values, errors| {
            values.embed = one_of(section, "embed", &Embed::NAMES, errors);
        },
        render: |values| name_for(values.embed, &Embed::NAMES),
    },
    Key {
        section: "mail",
        name: "region",
        variable: "SENDGRID_REGION",
        read: |section, values, errors| {
            values.region = one_of(section, "region", &Region::NAMES, errors);
        },
        render: |values| name_for(values.region, &Region::NAMES),
    },
    Key {
        section: "mail",
        name: "sandbox",
        variable: "SENDGRID_SANDBOX",
        read: |section, values, errors| {
            values.sandbox = section.flag("sandbox", errors).map(|flag| flag.value);
        },
        render: |values| {
            let sandbox = values.sandbox?;
            Some(if sandbox { "1" } else { "0" }.to_owned())
        },
    },
    Key {
        section: "picture",
        name: "sources",
        variable: "PICTURE_SOURCES",
        read: sources,
        render: |values| {
            let sources = values.sources.as_ref()?.iter();
            Some(sources.map(|one| one.name()).collect::<Vec<_>>().join(","))
        },
    },
    Key {
        section: "picture",
        name: "url",
        variable: "PICTURE_URL",
        read: |section, values, errors| {
            values.url = text(section, "url", errors).and_then(|url| {
                value_or_report("url", parse::picture_url(&url.value), url.span, errors)
            });
        },
        render: |values| values.url.as_ref().map(ToString::to_string),
    },
    Key {
        section: "picture",
        name: "max_bytes",
        variable: "PICTURE_MAX_BYTES",
        read: |section, values, errors| {
            values.max_bytes = section.number("max_bytes", errors).and_then(|number| {
                let bytes = usize::try_from(number.value).ok();
                let bytes = parse::max_bytes(bytes, &number.value.to_string());
                value_or_report("max_bytes", bytes, number.span, errors)
            });
        },
        render: |values| values.max_bytes.map(|bytes| bytes.to_string()),
    },
];

/// Synonyms of keys of `[mail]`.
const SYNONYMS: [(&str, &str); 3] = [("sender", "from"), ("receiver", "to"), ("receivers", "to")];

/// The key for a config var.
pub(super) fn key_for(variable: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.variable == variable)
}

/// Each value rendered as its config var, with its key.
pub(in crate::config) fn rendered(
    values: &Defaults,
) -> impl Iterator<Item = (&'static Key, String)> {
    KEYS.iter()
        .filter_map(|key| Some((key, (key.render)(values)?)))
}

/// Reads a section.
pub(super) fn read(
    root: &DeTable<'_>,
    name: &'static str,
    vars: &mut ConfigVars,
    errors: &mut FileDiagnostics,
) {
    let keys = KEYS.iter().filter(|key| key.section == name);
    let names: Vec<&str> = keys.clone().map(|key| key.name).collect();
    let variables = keys.clone().map(|key| (key.variable, key.name));
    let others: Vec<_> = SYNONYMS.into_iter().chain(variables).collect();
    let section = Section::read(root, name, &names, &others, errors);
    if let Some(span) = &section.span {
        vars.sections.insert(name, span.clone());
    }
    for key in keys {
        let (Some(value), Some(name)) = (section.value_span(key.name), section.key_span(key.name))
        else {
            continue;
        };
        let before = errors.0.len();
        (key.read)(&section, &mut vars.values, errors);
        if errors.0.len() > before {
            vars.reported.insert(key.variable.to_owned());
        }
        let given = Given {
            value,
            name,
            key: Some(key),
        };
        vars.given.insert(key.variable.to_owned(), given);
    }
}

/// The trimmed text of a key; `None` if it is empty.
fn text(section: &Section<'_>, key: &str, errors: &mut FileDiagnostics) -> Option<Spanned<String>> {
    let text = section.text(key, errors)?;
    let value = text.value.trim().to_owned();
    let span = text.span;
    (!value.is_empty()).then_some(Spanned { value, span })
}

/// Returns the value, or reports the problem.
fn value_or_report<T>(
    key: &str,
    value: Result<T, String>,
    span: Range<usize>,
    errors: &mut FileDiagnostics,
) -> Option<T> {
    value
        .map_err(|problem| errors.add(span, format!("`{key}` {problem}"), None))
        .ok()
}

fn one_of<T: Copy>(
    section: &Section<'_>,
    key: &str,
    values: &[(&str, T)],
    errors: &mut FileDiagnostics,
) -> Option<T> {
    let text = text(section, key, errors)?;
    value_or_report(key, parse::choice(&text.value, values), text.span, errors)
}

fn name_for<T: PartialEq>(value: Option<T>, values: &[(&str, T)]) -> Option<String> {
    let value = value?;
    let found = values.iter().find(|(_, other)| *other == value);
    found.map(|(name, _)| (*name).to_owned())
}

fn sender(section: &Section<'_>, values: &mut Defaults, errors: &mut FileDiagnostics) {
    values.sender = text(section, "from", errors).and_then(|from| {
        let sender = Mailbox::parse(&from.value).map_err(|error| error.to_string());
        value_or_report("from", sender, from.span, errors)
    });
}

/// Reads a list of addresses, or one text with comma-separated addresses.
fn receivers(section: &Section<'_>, values: &mut Defaults, errors: &mut FileDiagnostics) {
    let Some(list) = section.texts("to", errors) else {
        return;
    };
    let mut receivers = Vec::new();
    for item in list.value {
        let is_list = item.span != list.span;
        if !is_list && item.value.trim().is_empty() {
            continue;
        }
        match Mailbox::parse_list(item.value.trim()) {
            Ok(mailboxes) if is_list && mailboxes.len() > 1 => errors.add(
                item.span,
                "`to` contains several addresses in one text",
                "write each address separately, such as [\"a@x.example\", \"b@x.example\"]"
                    .to_owned(),
            ),
            Ok(mailboxes) => receivers.extend(mailboxes),
            Err(found) => {
                for error in found {
                    let problem = if is_list {
                        format!("`to` {}", error.error)
                    } else {
                        format!("`to` {error}")
                    };
                    errors.add(item.span.clone(), problem, None);
                }
            }
        }
    }
    values.receivers = (!receivers.is_empty()).then_some(receivers);
}

fn sources(section: &Section<'_>, values: &mut Defaults, errors: &mut FileDiagnostics) {
    let Some(list) = section.texts("sources", errors) else {
        return;
    };
    let mut sources = Vec::new();
    for Spanned { value, span } in list.value {
        if let Some(source) = SourceName::parse(value.trim()) {
            sources.push(source);
        } else if value.contains(',') {
            let (several, problems) = parse::sources(&value);
            sources.extend(several);
            for problem in problems {
                errors.add(list.span.clone(), format!("`sources` {problem}"), None);
            }
        } else {
            let problem = format!("unknown picture source: {}", quote(&value));
            let help = choice(&value, &SourceName::ALL.map(SourceName::name));
            errors.add(span, problem, help);
        }
    }
    let mut seen = Vec::new();
    sources.retain(|source| {
        let is_new = !seen.contains(source);
        seen.push(*source);
        is_new
    });
    values.sources = (!sources.is_empty()).then_some(sources);
}
