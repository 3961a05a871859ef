//! `[alert]`.

use toml::de::DeTable;

use super::super::Alert;
use super::super::file_diagnostic::FileDiagnostics;
use super::super::table::Section;
use picletter_worker::address::Mailbox;

/// The maximum and default, as in the template.
const MAX_LOG_LINES: u8 = 20;

pub(super) fn read(root: &DeTable<'_>, errors: &mut FileDiagnostics) -> Alert {
    let section = Section::read(root, "alert", &["email", "log_lines"], &[], errors);
    let email = section
        .text("email", errors)
        .and_then(|text| match Mailbox::parse(&text.value) {
            Ok(mailbox) if mailbox.name.is_none() => Some(mailbox.email),
            Ok(_) => {
                let help = "remove the name: Azure Monitor accepts only the address".to_owned();
                errors.add(text.span, "`email` contains a display name", help);
                None
            }
            Err(error) => {
                let help = "expected one address, such as `ops@example.com`".to_owned();
                errors.add(text.span, format!("`email` {error}"), help);
                None
            }
        });
    let log_lines = section.number("log_lines", errors).and_then(|number| {
        let lines = u8::try_from(number.value).ok();
        let lines = lines.filter(|lines| *lines <= MAX_LOG_LINES);
        if lines.is_none() {
            let problem = format!("invalid value for `log_lines`: {}", number.value);
            let help = format!("expected a number from 0 to {MAX_LOG_LINES}; 0 keeps no lines");
            errors.add(number.span, problem, help);
        }
        lines
    });
    Alert {
        email,
        log_lines: log_lines.unwrap_or(MAX_LOG_LINES),
    }
}
