//! The prompts of `init`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use picletter_core::schedule::Zone;

/// A value that `init` prompts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    App,
    From,
    To,
    At,
    TimeZone,
    Location,
}

/// The answers: one text each, or several for a list.
pub(super) type Answers = BTreeMap<Question, Vec<String>>;

impl Question {
    /// All, in the order of the prompts.
    pub(super) const ALL: [Self; 6] = [
        Self::App,
        Self::From,
        Self::To,
        Self::At,
        Self::TimeZone,
        Self::Location,
    ];

    /// The section of the file.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::App => "heroku",
            Self::From | Self::To => "mail",
            Self::At | Self::TimeZone => "schedule",
            Self::Location => "azure",
        }
    }

    /// The key in the section.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::From => "from",
            Self::To => "to",
            Self::At => "at",
            Self::TimeZone => "time_zone",
            Self::Location => "location",
        }
    }

    /// The option that sets it.
    pub(super) const fn flag(self) -> &'static str {
        match self {
            Self::App => "--app",
            Self::From => "--from",
            Self::To => "--to",
            Self::At => "--at",
            Self::TimeZone => "--time-zone",
            Self::Location => "--location",
        }
    }

    /// The text of the prompt.
    pub(super) const fn prompt(self) -> &'static str {
        match self {
            Self::App => "Heroku app:",
            Self::From => "Sender:",
            Self::To => "Receivers:",
            Self::At => "Every day at:",
            Self::TimeZone => "Time zone:",
            Self::Location => "Azure location:",
        }
    }

    /// The help below the prompt.
    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::App => "name of the app; created if it does not exist",
            Self::From => "address verified at SendGrid, such as Picletter <bot@example.com>",
            Self::To => "one or more addresses, separated by commas",
            Self::At => "one or more times, such as 08:30, separated by commas",
            Self::TimeZone => "IANA name, such as Europe/Berlin",
            Self::Location => "location of the Logic App, such as westeurope or eastus",
        }
    }

    /// The default answer.
    pub(super) fn default(self) -> Option<String> {
        match self {
            Self::App | Self::From | Self::To => None,
            Self::At => Some("08:30".to_owned()),
            Self::TimeZone => Some(machine_zone()),
            Self::Location => Some("westeurope".to_owned()),
        }
    }

    /// Splits a typed answer into the values of the file.
    pub(super) fn parts(self, typed: &str) -> Vec<String> {
        match self {
            Self::At => typed
                .split(',')
                .map(|time| time.trim().to_owned())
                .collect(),
            // The file also accepts several addresses in one text.
            _ => vec![typed.trim().to_owned()],
        }
    }
}

/// The machine's time zone; UTC if Azure does not support it.
fn machine_zone() -> String {
    let zone = TimeZone::try_system().ok();
    let name = zone.as_ref().and_then(TimeZone::iana_name);
    let known = name.and_then(|name| Zone::get(name).ok());
    known.unwrap_or_else(Zone::utc).name().to_owned()
}
