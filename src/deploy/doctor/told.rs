//! An error, taken apart into what is wrong and what to do next.

use std::fmt::Display;

use crate::deploy::azure;
use crate::deploy::heroku;
use crate::shell::picletter;

/// Where an error does not say what to do.
fn look() -> String {
    format!(
        "{} shows the whole exchange; run it again",
        picletter("doctor -vv")
    )
}

/// What is wrong, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) says: String,
    pub(super) next: String,
}

impl Told {
    pub(super) fn new(says: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            next: next.into(),
        }
    }

    /// An error of ours, which ends with what to do, behind its last colon.
    pub(super) fn of(error: impl Display) -> Self {
        let text = error.to_string();
        match text.rsplit_once(": ") {
            Some((says, next)) => Self::new(says, next),
            None => Self::new(text, look()),
        }
    }

    pub(super) fn of_heroku(error: &heroku::Error) -> Self {
        match error.refusal() {
            Some(refusal) => Self::new(
                refusal.said(),
                refusal.advice().map_or_else(look, str::to_owned),
            ),
            None => Self::of(error),
        }
    }

    pub(super) fn of_azure(error: &azure::Error) -> Self {
        match error {
            azure::Error::Refused(refusal) => {
                let advice = refusal.advice();
                let says = format!("could not {}: {}", refusal.doing, refusal.said());
                Self::new(says, advice.unwrap_or_else(look))
            }
            azure::Error::SignIn(error) => Self::of_sign_in(error),
            // What to do may have a list behind a colon of its own.
            azure::Error::Subscription(text) => match text.split_once(": ") {
                Some((says, next)) => Self::new(says, next),
                None => Self::new(text, look()),
            },
            error => Self::of(error),
        }
    }

    pub(super) fn of_sign_in(error: &azure::SignInError) -> Self {
        match error {
            azure::SignInError::Refused { way, words, advice } => {
                Self::new(format!("could not sign in {way}: {words}"), *advice)
            }
            azure::SignInError::Unusable { variable, reason } => Self::new(
                format!("{variable} cannot be used: {reason}"),
                format!("set {variable} right, or unset it"),
            ),
            error => Self::of(error),
        }
    }
}
