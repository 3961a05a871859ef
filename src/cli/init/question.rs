//! What `init` asks.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::schedule::Zone;

/// Something that it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    App,
    From,
    To,
    At,
    TimeZone,
    Location,
}

/// What was answered: one text, or several where the file takes a list.
pub(super) type Answers = BTreeMap<Question, Vec<String>>;

impl Question {
    /// Each, in the order in which they are asked.
    pub(super) const ALL: [Self; 6] = [
        Self::App,
        Self::From,
        Self::To,
        Self::At,
        Self::TimeZone,
        Self::Location,
    ];

    /// The section of the file that it is about.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::App => "heroku",
            Self::From | Self::To => "mail",
            Self::At | Self::TimeZone => "schedule",
            Self::Location => "azure",
        }
    }

    /// The key.
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

    /// The flag that answers it.
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

    /// As a person is asked.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::App => "Heroku app:",
            Self::From => "Sender:",
            Self::To => "Receivers:",
            Self::At => "Every day at:",
            Self::TimeZone => "Time zone:",
            Self::Location => "Azure location:",
        }
    }

    /// What helps to answer.
    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::App => "its name; it is created where there is none",
            Self::From => {
                "an address that is verified at SendGrid, such as Picletter <bot@example.com>"
            }
            Self::To => "one address or more, separated by commas",
            Self::At => "hours and minutes, such as 08:30; several are separated by commas",
            Self::TimeZone => "IANA's name, such as Europe/Berlin",
            Self::Location => "where the Logic App runs, such as westeurope or eastus",
        }
    }

    /// What is taken where nothing is said.
    pub(super) fn default(self) -> Option<String> {
        match self {
            Self::App | Self::From | Self::To => None,
            Self::At => Some("08:30".to_owned()),
            Self::TimeZone => Some(zone_of_this_machine()),
            Self::Location => Some("westeurope".to_owned()),
        }
    }

    /// An answer as it is typed, in the parts that the file takes.
    pub(super) fn parts(self, typed: &str) -> Vec<String> {
        match self {
            Self::At => typed
                .split(',')
                .map(|time| time.trim().to_owned())
                .collect(),
            // The file takes addresses in one text too.
            _ => vec![typed.trim().to_owned()],
        }
    }
}

/// UTC where the machine has none that Azure knows.
fn zone_of_this_machine() -> String {
    let zone = TimeZone::try_system().ok();
    let name = zone.as_ref().and_then(TimeZone::iana_name);
    let known = name.and_then(|name| Zone::get(name).ok());
    known.unwrap_or_else(Zone::utc).name().to_owned()
}
