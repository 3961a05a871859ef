//! `[config]`: config vars given as texts.

use toml::de::DeTable;

use super::super::file_diagnostic::{FileDiagnostics, Spanned};
use super::super::hints::{SECRET, in_quotes};
use super::super::names::is_config_var;
use super::super::secret_names;
use super::super::table::{Section, text};
use super::keys::key_for;
use super::{ConfigVars, Given, set_by};
use picletter_worker::quote::quote;

/// Reads the section.
pub(super) fn read(root: &DeTable<'_>, vars: &mut ConfigVars, errors: &mut FileDiagnostics) {
    let section = Section::read(root, "config", &[], &[], errors);
    for (Spanned { value: name, span }, value) in section.entries() {
        let mut refuse = |problem: &str, help: &str| {
            errors.add(
                span.clone(),
                format!("{} {problem}", quote(name)),
                help.to_owned(),
            );
            vars.reported.insert(name.to_owned());
        };
        if secret_names::is_secret_name(name) {
            refuse("does not belong here", SECRET);
        } else if let Some(by) = set_by(name) {
            refuse(by, "remove it");
        } else if !is_config_var(name) {
            refuse(
                "is not a valid config var name",
                "use letters, digits, and underscores",
            );
        } else if let Some(given) = vars.given.get(name) {
            let by = key_for(name).map_or("", |key| key.name);
            let problem = format!("`{name}` is already set by `{by}`");
            let first = given.name.clone();
            errors.add_with(span, problem, first, "remove one of them".to_owned());
        } else if let Some(value) = text(name, value, &|| in_quotes(value.get_ref()), errors) {
            let given = Given {
                value: value.span,
                name: span,
                key: None,
            };
            vars.given.insert(name.to_owned(), given);
            vars.texts.insert(name.to_owned(), value.value);
        } else {
            vars.reported.insert(name.to_owned());
        }
    }
}
