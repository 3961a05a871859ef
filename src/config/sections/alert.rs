//! `[alert]`.

use toml::de::DeTable;

use super::super::Alert;
use super::super::table::{Mistakes, Section};
use crate::job::address::Mailbox;

pub(super) fn read(root: &DeTable<'_>, mistakes: &mut Mistakes) -> Alert {
    let section = Section::of(root, "alert", &["email"], mistakes);
    let email =
        section
            .text("email", mistakes)
            .and_then(|text| match Mailbox::parse(&text.value) {
                Ok(mailbox) if mailbox.name.is_none() => Some(mailbox.email),
                Ok(_) => {
                    let help = "Azure Monitor takes the address alone".to_owned();
                    mistakes.add(text.span, "`email` has a name", help);
                    None
                }
                Err(error) => {
                    let help = "it is one address, such as `ops@example.com`".to_owned();
                    mistakes.add(text.span, format!("`email` {error}"), help);
                    None
                }
            });
    Alert { email }
}
