//! Azure subscriptions.

use serde::Deserialize;

use super::arm::Arm;
use super::error::Error;
use crate::diagnostic::Diagnostic;

/// Source: <https://learn.microsoft.com/rest/api/resources/subscriptions>.
const API: &str = "2022-12-01";

/// A subscription that the signed-in identity can read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// Its id, a UUID.
    #[serde(rename = "subscriptionId")]
    pub id: String,
    /// Its display name.
    #[serde(rename = "displayName")]
    pub name: String,
    /// `Enabled`, or `Warned`, `PastDue`, `Disabled`, `Deleted`.
    pub state: String,
}

impl Subscription {
    fn is_over(&self) -> bool {
        matches!(self.state.as_str(), "Disabled" | "Deleted")
    }
}

impl Arm {
    /// All subscriptions of the signed-in identity.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        let url = self.url("/subscriptions", API);
        self.list("read the subscriptions", url, usize::MAX).await
    }

    /// The id of the subscription with that id or name, or of the only one. An id is not looked up:
    /// later requests fail if it does not exist.
    ///
    /// # Errors
    /// As [`Arm::subscription`].
    pub async fn subscription_id(&self, wanted: Option<&str>) -> Result<String, Error> {
        match wanted {
            Some(id) if is_uuid(id) => Ok(id.to_owned()),
            wanted => Ok(self.subscription(wanted).await?.id),
        }
    }

    /// The subscription with that id or name, or the only one.
    ///
    /// # Errors
    /// None matches, several match, it is disabled, or the list cannot be read.
    pub async fn subscription(&self, wanted: Option<&str>) -> Result<Subscription, Error> {
        let subscription = match wanted {
            Some(id) if is_uuid(id) => {
                let url = self.url(&format!("/subscriptions/{id}"), API);
                let doing = format!("read the subscription {id}");
                self.read(&doing, url).await?
            }
            wanted => chosen(wanted, self.subscriptions().await?)?,
        };
        if subscription.is_over() {
            let Subscription { id, name, state } = subscription;
            return Err(Error::Subscription(Diagnostic::new(
                format!("the subscription {name} ({id}) is {state}"),
                "see its overview in the Azure portal, or choose another `subscription` in [azure]",
            )));
        }
        Ok(subscription)
    }
}

fn is_uuid(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut has = |digits: usize| {
        parts.next().is_some_and(|part| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    has(8) && has(4) && has(4) && has(4) && has(12) && parts.next().is_none()
}

fn chosen(wanted: Option<&str>, all: Vec<Subscription>) -> Result<Subscription, Error> {
    let names = |subscriptions: &[Subscription]| {
        let names = subscriptions.iter();
        let names: Vec<_> = names
            .map(|subscription| format!("{} ({})", subscription.name, subscription.id))
            .collect();
        names.join(", ")
    };
    if all.is_empty() {
        return Err(Error::Subscription(Diagnostic::new(
            "the signed-in identity has no access to an Azure subscription",
            "sign in to the right tenant (`az login --tenant`), or ask for the role Contributor on a subscription or resource group",
        )));
    }
    let seen = names(&all);
    let is_wanted = |subscription: &Subscription| {
        wanted.is_none_or(|wanted| {
            subscription.id.eq_ignore_ascii_case(wanted)
                || subscription.name.eq_ignore_ascii_case(wanted)
        })
    };
    let candidates = all.into_iter().filter(is_wanted);
    // Deleted and disabled ones count only if there is no other.
    let (over, usable): (Vec<_>, Vec<_>) = candidates.partition(Subscription::is_over);
    let candidates = if usable.is_empty() { over } else { usable };
    let several = names(&candidates);
    let mut candidates = candidates.into_iter();
    match (candidates.next(), candidates.next(), wanted) {
        (Some(one), None, _) => Ok(one),
        (None, ..) => Err(Error::Subscription(Diagnostic::new(
            format!(
                "the subscription {} does not exist",
                wanted.unwrap_or_default()
            ),
            format!(
                "set `subscription` in [azure] to one of {seen}, or sign in to another tenant (`az login --tenant`)"
            ),
        ))),
        (_, _, Some(wanted)) => Err(Error::Subscription(Diagnostic::new(
            format!("several subscriptions are named {wanted}"),
            format!("set `subscription` in [azure] to the id of one of {several}"),
        ))),
        (_, _, None) => Err(Error::Subscription(Diagnostic::new(
            "the signed-in identity has several subscriptions",
            format!("set `subscription` in [azure] to one of {several}"),
        ))),
    }
}
