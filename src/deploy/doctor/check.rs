//! What is checked, and what came of it.

use crate::deploy::redact::Redactor;
use crate::diagnostic::Diagnostic;
use crate::shell::picletter;
use picletter_worker::picture::SourceName;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is said in words below")]
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
    /// Its name in JSON; none ever changes.
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

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "Configuration file",
            Self::Secrets => "Secrets",
            Self::Addresses => "Addresses",
            Self::HerokuToken => "Heroku token",
            Self::HerokuAccount => "Heroku account",
            Self::HerokuScope => "Heroku token's scope",
            Self::HerokuApp => "Heroku app",
            Self::HerokuTeam => "Heroku team",
            Self::RegistryLogin => "Heroku's registry",
            Self::Image => "Image",
            Self::AzureSignIn => "Azure sign-in",
            Self::AzureSubscription => "Azure subscription",
            Self::AzureLogic => "Azure Logic Apps",
            Self::AzureInsights => "Azure Monitor",
            Self::AzureRole => "Azure role",
            Self::AzureLocation => "Azure location",
            Self::SendGridKey => "SendGrid key",
            Self::SendGridSender => "SendGrid sender",
            Self::Picture(SourceName::Unsplash) => "Pictures of unsplash",
            Self::Picture(SourceName::Wikimedia) => "Pictures of wikimedia",
            Self::Picture(SourceName::Nasa) => "Pictures of nasa",
            Self::Picture(SourceName::Picsum) => "Pictures of picsum",
            Self::Picture(SourceName::Url) => "Picture of PICTURE_URL",
            Self::Pictures => "Pictures",
            Self::Clock => "Clock",
        }
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is as a deployment needs it.
    Ok,
    /// A deployment, or its runs, would fail.
    Wrong,
    /// It may fail, or cannot be known without changing something.
    Unsure,
    /// Another check must succeed first.
    Skipped,
}

impl State {
    /// Each.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Wrong, Self::Unsure, Self::Skipped];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::Unsure => "unsure",
            Self::Skipped => "skipped",
        }
    }
}

/// A check that was made, or could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub check: Check,
    /// What came of it.
    pub state: State,
    /// What was found, in the vendor's words where it refused.
    pub says: String,
    /// What to do next; none where it is ok or skipped.
    pub next: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: Check, says: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Ok,
            says: says.into(),
            next: None,
        }
    }

    pub(super) fn wrong(check: Check, diagnostic: Diagnostic) -> Self {
        Self::diagnosed(check, State::Wrong, diagnostic)
    }

    pub(super) fn unsure(check: Check, diagnostic: Diagnostic) -> Self {
        Self::diagnosed(check, State::Unsure, diagnostic)
    }

    fn diagnosed(check: Check, state: State, diagnostic: Diagnostic) -> Self {
        let next = diagnostic.help.unwrap_or_else(|| {
            format!(
                "{} shows the whole exchange; run it again",
                picletter("doctor -vv")
            )
        });
        Self {
            check,
            state,
            says: diagnostic.summary,
            next: Some(next),
        }
    }

    /// It waits for another to be put right.
    pub(super) fn skipped(check: Check, since: Check) -> Self {
        Self::skipped_as(
            check,
            format!("not checked until this is right: {}", since.name()),
        )
    }

    pub(super) fn skipped_as(check: Check, why: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Skipped,
            says: why.into(),
            next: None,
        }
    }

    pub(super) fn clean(&mut self, redactor: &Redactor) {
        self.says = redactor.clean(&self.says).into_owned();
        let next = self.next.take();
        self.next = next.map(|next| redactor.clean(&next).into_owned());
    }
}
