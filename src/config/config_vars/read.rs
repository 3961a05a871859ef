//! `[mail]`, `[picture]` and `[config]` as they stand in the file.

use toml::de::DeTable;

use super::super::names::is_config_var;
use super::super::secret_names;
use super::super::table::{Mistakes, Placed, SECRET, Section, in_quotes, text};
use super::{ConfigVars, Given, Key, Kind, key_of, set_by};
use crate::schedule::choice;
use picletter_worker::address::Mailbox;
use picletter_worker::picture::SourceName;
use picletter_worker::quote::quote;

const fn key(section: &'static str, name: &'static str, variable: &'static str, kind: Kind) -> Key {
    Key {
        section,
        name,
        variable,
        kind,
    }
}

/// Every key of `[mail]` and `[picture]`.
pub(in crate::config) const KEYS: [Key; 9] = [
    key("mail", "from", "BOT_EMAIL", Kind::Text),
    key("mail", "to", "RECEIVER_EMAIL", Kind::List),
    key("mail", "subject", "MAIL_SUBJECT", Kind::Text),
    key("mail", "embed", "MAIL_EMBED", Kind::Text),
    key("mail", "region", "SENDGRID_REGION", Kind::Text),
    key("mail", "sandbox", "SENDGRID_SANDBOX", Kind::Flag),
    key("picture", "sources", "PICTURE_SOURCES", Kind::List),
    key("picture", "url", "PICTURE_URL", Kind::Text),
    key("picture", "max_bytes", "PICTURE_MAX_BYTES", Kind::Number),
];

/// Reads them.
pub(in crate::config) fn read(root: &DeTable<'_>, mistakes: &mut Mistakes) -> ConfigVars {
    let mut vars = ConfigVars::default();
    for name in ["mail", "picture"] {
        of_keys(root, name, &mut vars, mistakes);
    }
    of_config(root, &mut vars, mistakes);
    vars
}

fn of_keys(root: &DeTable<'_>, name: &'static str, vars: &mut ConfigVars, mistakes: &mut Mistakes) {
    let keys = KEYS.iter().filter(|key| key.section == name);
    let names: Vec<&str> = keys.clone().map(|key| key.name).collect();
    let section = Section::of(root, name, &names, mistakes);
    if let Some(span) = &section.span {
        vars.sections.insert(name, span.clone());
    }
    for key in keys {
        let before = mistakes.0.len();
        let value = match key.kind {
            Kind::Text => section.text(key.name, mistakes),
            Kind::Flag => section.flag(key.name, mistakes).map(|flag| Placed {
                value: if flag.value { "1" } else { "0" }.to_owned(),
                span: flag.span,
            }),
            Kind::Number => section.number(key.name, mistakes),
            Kind::List => section.texts(key.name, mistakes).map(|list| {
                let is_list = list.value.iter().all(|item| item.span != list.span);
                for item in &list.value {
                    check_item(key, item, is_list, mistakes);
                }
                let items: Vec<_> = list.value.into_iter().map(|item| item.value).collect();
                Placed {
                    value: items.join(","),
                    span: list.span,
                }
            }),
        };
        if mistakes.0.len() > before {
            vars.told.insert(key.variable.to_owned());
        }
        let (Some(value), Some(name)) = (value, section.key_place(key.name)) else {
            continue;
        };
        let given = Given {
            value,
            name,
            key: Some(key),
        };
        vars.given.insert(key.variable.to_owned(), given);
    }
}

/// Adds what is wrong with one of a list, so that it is told of this one alone.
fn check_item(key: &Key, item: &Placed<String>, is_list: bool, mistakes: &mut Mistakes) {
    let Placed { value, span } = item;
    match key.name {
        "to" if is_list => match Mailbox::parse_list(value) {
            Ok(mailboxes) if mailboxes.len() == 1 => {}
            Ok(_) => mistakes.add(
                span.clone(),
                "`to` has several addresses in one text",
                "give each its own, such as [\"a@x.example\", \"b@x.example\"]".to_owned(),
            ),
            Err(errors) => {
                for error in errors {
                    mistakes.add(span.clone(), format!("`to` {}", error.error), None);
                }
            }
        },
        // The worker itself splits the others.
        "sources" if !value.contains(',') && SourceName::parse(value.trim()).is_none() => {
            let problem = format!("{} is no source of pictures", quote(value));
            let help = choice(value, &SourceName::ALL.map(SourceName::name));
            mistakes.add(span.clone(), problem, help);
        }
        _ => {}
    }
}

fn of_config(root: &DeTable<'_>, vars: &mut ConfigVars, mistakes: &mut Mistakes) {
    let section = Section::of(root, "config", &[], mistakes);
    for (Placed { value: name, span }, value) in section.entries() {
        let mut refuse = |problem: &str, help: &str| {
            mistakes.add(
                span.clone(),
                format!("{} {problem}", quote(name)),
                help.to_owned(),
            );
            vars.told.insert(name.to_owned());
        };
        if secret_names::is_secret_name(name) {
            refuse("does not belong here", SECRET);
        } else if let Some(by) = set_by(name) {
            refuse(by, "leave it out");
        } else if !is_config_var(name) {
            refuse(
                "is no name of a config var",
                "those are made of letters, digits and underscores",
            );
        } else if let Some(given) = vars.given.get(name) {
            let by = key_of(name).map_or("", |key| key.name);
            let problem = format!("`{name}` is what `{by}` gives already");
            let first = given.name.clone();
            mistakes.add_with(span, problem, first, "leave one of them out".to_owned());
        } else if let Some(value) = text(name, value, &|| in_quotes(value.get_ref()), mistakes) {
            let given = Given {
                value,
                name: span,
                key: None,
            };
            vars.given.insert(name.to_owned(), given);
        } else {
            vars.told.insert(name.to_owned());
        }
    }
}
