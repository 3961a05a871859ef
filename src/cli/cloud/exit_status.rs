//! The status that a command ends with when a vendor did not do what was asked.

use http::StatusCode;

use crate::cli::output::{CONFIG, USAGE};
use crate::deploy::azure::{self, SignInError};
use crate::deploy::heroku;
use crate::deploy::http::HttpError;
use crate::deploy::registry::RegistryError;
use crate::deploy::step::CloudError;

/// `EX_UNAVAILABLE` of `sysexits.h`.
pub(super) const UNAVAILABLE: u8 = 69;
/// As the worker has it for a mail that may have been accepted.
const UNKNOWN: u8 = 74;
/// `EX_TEMPFAIL`.
const TRY_LATER: u8 = 75;
/// `EX_NOPERM`.
pub(super) const REFUSED: u8 = 77;
/// Anything else.
const FAILED: u8 = 1;

/// The exit status for an error, one of `sysexits.h`.
pub fn of(error: &CloudError) -> u8 {
    match error {
        CloudError::Heroku(heroku::Error::Http(error))
        | CloudError::Registry(RegistryError::Http(error))
        | CloudError::Azure(
            azure::Error::Http { error, .. } | azure::Error::SignIn(SignInError::Http(error)),
        ) => no_answer(error),
        CloudError::Heroku(heroku::Error::NoEffect { .. })
        | CloudError::Registry(RegistryError::Differs { .. })
        | CloudError::ChangedMeanwhile(_)
        | CloudError::RemovedMeanwhile(_)
        | CloudError::AuthorizationRevoked
        | CloudError::Differs(_)
        | CloudError::DeploymentUnderWay(_)
        | CloudError::AnotherDeployment
        | CloudError::SwitchedMeanwhile(_)
        | CloudError::StillThere(_)
        | CloudError::Azure(
            azure::Error::Replaced { .. }
            | azure::Error::TooLong { .. }
            | azure::Error::NoEffect { .. }
            | azure::Error::SignIn(SignInError::Unavailable { .. }),
        ) => TRY_LATER,
        // How Heroku's registry answers an account that may not use the app.
        CloudError::Registry(RegistryError::Refused {
            status: StatusCode::BAD_REQUEST,
            message,
            ..
        }) if message.is_empty() => REFUSED,
        CloudError::Heroku(heroku::Error::NotHeroku { status, .. })
        | CloudError::Registry(
            RegistryError::Refused { status, .. } | RegistryError::Page { status, .. },
        )
        | CloudError::Azure(azure::Error::SignIn(SignInError::Garbled {
            status: Some(status),
            ..
        })) => answered(*status),
        CloudError::Heroku(error) => error
            .refusal()
            .map_or(FAILED, |refusal| answered(refusal.status)),
        CloudError::Both { error, .. } => of(error),
        CloudError::Jobs { failed, .. } => failed.first().map_or(FAILED, |one| of(&one.error)),
        CloudError::Azure(azure::Error::StartUnknown { .. }) | CloudError::NotFollowed { .. } => {
            UNKNOWN
        }
        CloudError::Azure(azure::Error::SignIn(SignInError::Refused { .. })) => REFUSED,
        CloudError::Azure(azure::Error::Refused(refusal)) => answered(refusal.status),
        CloudError::Azure(
            azure::Error::Subscription(_) | azure::Error::SignIn(SignInError::NoAz),
        )
        | CloudError::NoLocation(_)
        | CloudError::NoApp(_)
        | CloudError::NoImages(_)
        | CloudError::NoProcessType(_)
        | CloudError::SizesDoNotMix { .. }
        | CloudError::AnotherApp { .. }
        | CloudError::ForeignWorkflow { .. }
        | CloudError::NotOurs { .. } => CONFIG,
        CloudError::NoImage => USAGE,
        _ => FAILED,
    }
}

fn no_answer(error: &HttpError) -> u8 {
    match error {
        HttpError::Unreachable { .. } | HttpError::Untrusted { .. } => UNAVAILABLE,
        HttpError::Lost { .. } => TRY_LATER,
    }
}

fn answered(status: StatusCode) -> u8 {
    match status.as_u16() {
        401 | 403 => REFUSED,
        409 | 429 | 500.. => TRY_LATER,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::plan::{ResourceKind, ResourceName};

    #[test]
    fn what_somebody_else_or_azure_is_still_at_is_tried_later() {
        let doing = || "deploy picletter-daily".to_owned();
        let replaced = azure::Error::Replaced { doing: doing() };
        let too_long = azure::Error::TooLong {
            doing: doing(),
            minutes: 30,
        };
        assert_eq!(of(&replaced.into()), TRY_LATER);
        assert_eq!(of(&too_long.into()), TRY_LATER);
    }

    #[test]
    fn only_a_refusal_of_the_sign_in_or_of_a_proxy_ends_with_77() {
        let (method, message) = ("with AZURE_CLIENT_SECRET", String::new());
        let sign_in = |error: SignInError| of(&azure::Error::from(error).into());
        let unavailable = SignInError::Unavailable {
            method,
            message: message.clone(),
        };
        assert_eq!(sign_in(unavailable), TRY_LATER);
        for (status, ends_with) in [
            (None, FAILED),
            (Some(StatusCode::OK), FAILED),
            (Some(StatusCode::UNAUTHORIZED), REFUSED),
            (Some(StatusCode::FORBIDDEN), REFUSED),
        ] {
            let garbled = SignInError::Garbled {
                method,
                status,
                message: message.clone(),
            };
            assert_eq!(sign_in(garbled), ends_with);
        }
        let refused = SignInError::Refused {
            method,
            message,
            help: "",
        };
        assert_eq!(sign_in(refused), REFUSED);
    }

    #[test]
    fn an_untrusted_certificate_ends_like_an_unreachable_host() {
        let error = HttpError::Untrusted {
            server: "Heroku (api.heroku.com)".to_owned(),
            reason: "UnknownIssuer".to_owned(),
        };
        assert_eq!(of(&heroku::Error::from(error).into()), UNAVAILABLE);
    }

    #[test]
    fn what_is_still_there_after_its_removal_is_tried_later() {
        let left = vec![ResourceName {
            kind: ResourceKind::Authorization,
            name: "Picletter daily".to_owned(),
        }];
        assert_eq!(of(&CloudError::StillThere(left)), TRY_LATER);
        let no_effect = azure::Error::NoEffect {
            doing: "delete it".to_owned(),
            found: "it is still there".to_owned(),
        };
        assert_eq!(of(&no_effect.into()), TRY_LATER);
    }

    #[test]
    fn a_run_that_may_have_begun_is_told_from_one_that_failed() {
        let error = azure::Error::StartUnknown {
            doing: "fire the trigger daily".to_owned(),
            reason: "the answer was lost".to_owned(),
        };
        assert_eq!(of(&error.into()), UNKNOWN);
    }
}
