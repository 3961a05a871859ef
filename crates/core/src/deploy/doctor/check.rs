//! Checks and their findings.

use crate::deploy::redact::Redactor;
use crate::diagnostic::Diagnostic;
use crate::shell::picletter;
use picletter_worker::picture::SourceName;

/// The subject of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` describes each")]
pub enum Check {
    File,
    Secrets,
    Addresses,
    HerokuToken,
    HerokuAccount,
    HerokuScope,
    HerokuApp,
    HerokuTeam,
    RegistryLogin,
    Image,
    AzureSignIn,
    AzureSubscription,
    AzureLogic,
    AzureInsights,
    AzureRole,
    AzureLocation,
    SendGridKey,
    SendGridSender,
    Picture(SourceName),
    Pictures,
    Clock,
}

impl Check {
    /// Its stable name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Secrets => "secrets",
            Self::Addresses => "addresses",
            Self::HerokuToken => "heroku-token",
            Self::HerokuAccount => "heroku-account",
            Self::HerokuScope => "heroku-scope",
            Self::HerokuApp => "heroku-app",
            Self::HerokuTeam => "heroku-team",
            Self::RegistryLogin => "registry",
            Self::Image => "image",
            Self::AzureSignIn => "azure-sign-in",
            Self::AzureSubscription => "azure-subscription",
            Self::AzureLogic => "azure-logic",
            Self::AzureInsights => "azure-insights",
            Self::AzureRole => "azure-role",
            Self::AzureLocation => "azure-location",
            Self::SendGridKey => "sendgrid-key",
            Self::SendGridSender => "sendgrid-sender",
            Self::Picture(SourceName::Unsplash) => "picture-unsplash",
            Self::Picture(SourceName::Wikimedia) => "picture-wikimedia",
            Self::Picture(SourceName::Nasa) => "picture-nasa",
            Self::Picture(SourceName::Picsum) => "picture-picsum",
            Self::Picture(SourceName::Url) => "picture-url",
            Self::Pictures => "pictures",
            Self::Clock => "clock",
        }
    }

    /// Its display name.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "Configuration file",
            Self::Secrets => "Secrets",
            Self::Addresses => "Addresses",
            Self::HerokuToken => "Heroku token",
            Self::HerokuAccount => "Heroku account",
            Self::HerokuScope => "Heroku token scope",
            Self::HerokuApp => "Heroku app",
            Self::HerokuTeam => "Heroku team",
            Self::RegistryLogin => "Heroku registry",
            Self::Image => "Image",
            Self::AzureSignIn => "Azure sign-in",
            Self::AzureSubscription => "Azure subscription",
            Self::AzureLogic => "Azure Logic Apps",
            Self::AzureInsights => "Azure Monitor",
            Self::AzureRole => "Azure role",
            Self::AzureLocation => "Azure location",
            Self::SendGridKey => "SendGrid key",
            Self::SendGridSender => "SendGrid sender",
            Self::Picture(SourceName::Unsplash) => "Picture source unsplash",
            Self::Picture(SourceName::Wikimedia) => "Picture source wikimedia",
            Self::Picture(SourceName::Nasa) => "Picture source nasa",
            Self::Picture(SourceName::Picsum) => "Picture source picsum",
            Self::Picture(SourceName::Url) => "Picture source PICTURE_URL",
            Self::Pictures => "Pictures",
            Self::Clock => "Clock",
        }
    }
}

/// The state of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The check succeeded.
    Ok,
    /// A deployment or its runs would fail.
    Wrong,
    /// A deployment or its runs may fail, or the check would require a change.
    Unsure,
    /// Another check must succeed first.
    Skipped,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Wrong, Self::Unsure, Self::Skipped];

    /// Its name in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::Unsure => "unsure",
            Self::Skipped => "skipped",
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The state of the check.
    pub state: State,
    /// The finding in one sentence. Contains the vendor's message if it refused a request.
    pub summary: String,
    /// The help; `None` for ok and skipped checks.
    pub help: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: Check, summary: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Ok,
            summary: summary.into(),
            help: None,
        }
    }

    pub(super) fn wrong(check: Check, diagnostic: Diagnostic) -> Self {
        Self::diagnosed(check, State::Wrong, diagnostic)
    }

    pub(super) fn unsure(check: Check, diagnostic: Diagnostic) -> Self {
        Self::diagnosed(check, State::Unsure, diagnostic)
    }

    fn diagnosed(check: Check, state: State, diagnostic: Diagnostic) -> Self {
        let help = diagnostic
            .help
            .unwrap_or_else(|| format!("run {} to see all requests", picletter("doctor -vv")));
        Self {
            check,
            state,
            summary: diagnostic.summary,
            help: Some(help),
        }
    }

    /// A check that was skipped because it requires the check `prerequisite` to succeed.
    pub(super) fn skipped(check: Check, prerequisite: Check) -> Self {
        Self::skipped_as(
            check,
            format!("requires another check to succeed: {}", prerequisite.name()),
        )
    }

    pub(super) fn skipped_as(check: Check, why: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Skipped,
            summary: why.into(),
            help: None,
        }
    }

    pub(super) fn clean(&mut self, redactor: &Redactor) {
        self.summary = redactor.clean(&self.summary).into_owned();
        let help = self.help.take();
        self.help = help.map(|help| redactor.clean(&help).into_owned());
    }
}
