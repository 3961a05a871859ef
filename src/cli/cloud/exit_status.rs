//! Exit statuses for failed requests to Heroku and Azure.

use http::StatusCode;

use crate::cli::output::{CONFIG, USAGE};
use picletter_core::deploy::azure::{self, SignInError};
use picletter_core::deploy::heroku;
use picletter_core::deploy::http::HttpError;
use picletter_core::deploy::registry::RegistryError;
use picletter_core::deploy::step::CloudError;

/// `EX_UNAVAILABLE` of `sysexits.h`.
pub(super) const UNAVAILABLE: u8 = 69;
/// It is unknown whether the request took effect, as for the worker's outcome `unknown`.
const UNKNOWN: u8 = 74;
/// `EX_TEMPFAIL`.
const TRY_LATER: u8 = 75;
/// `EX_NOPERM`.
pub(super) const REFUSED: u8 = 77;
/// Anything else.
const FAILED: u8 = 1;

/// The exit status for an error, one of `sysexits.h`.
pub fn for_error(error: &CloudError) -> u8 {
    match error {
        CloudError::Heroku(heroku::Error::Http(error))
        | CloudError::Registry(RegistryError::Http(error))
        | CloudError::Azure(
            azure::Error::Http { error, .. } | azure::Error::SignIn(SignInError::Http(error)),
        ) => without_response(error),
        CloudError::Heroku(heroku::Error::NoEffect { .. })
        | CloudError::Registry(RegistryError::Differs { .. })
        | CloudError::ChangedMeanwhile(_)
        | CloudError::RemovedMeanwhile(_)
        | CloudError::AuthorizationRevoked
        | CloudError::Differs(_)
        | CloudError::DeploymentUnderWay { .. }
        | CloudError::AnotherDeployment
        | CloudError::SwitchedMeanwhile(_)
        | CloudError::StillThere(_)
        | CloudError::Azure(
            azure::Error::Replaced { .. }
            | azure::Error::TooLong { .. }
            | azure::Error::NoEffect { .. }
            | azure::Error::SignIn(SignInError::Unavailable { .. }),
        ) => TRY_LATER,
        // The registry's response to an account without access to the app.
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
        })) => for_response(*status),
        CloudError::Heroku(error) => error
            .refusal()
            .map_or(FAILED, |refusal| for_response(refusal.status)),
        CloudError::Both { error, .. } => for_error(error),
        CloudError::Jobs { failed, .. } => {
            failed.first().map_or(FAILED, |one| for_error(&one.error))
        }
        CloudError::Azure(azure::Error::StartUnknown { .. }) | CloudError::NotFollowed { .. } => {
            UNKNOWN
        }
        CloudError::Azure(azure::Error::SignIn(SignInError::Refused { .. })) => REFUSED,
        CloudError::Azure(azure::Error::Refused(refusal)) => for_response(refusal.status),
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

fn without_response(error: &HttpError) -> u8 {
    match error {
        HttpError::Unreachable { .. } | HttpError::Untrusted { .. } => UNAVAILABLE,
        HttpError::Lost { .. } => TRY_LATER,
    }
}

fn for_response(status: StatusCode) -> u8 {
    match status.as_u16() {
        401 | 403 => REFUSED,
        409 | 429 | 500.. => TRY_LATER,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use picletter_core::deploy::plan::{ResourceKind, ResourceName};

    #[test]
    fn unfinished_operations_of_azure_can_be_retried_later() {
        let doing = || "deploy picletter-daily".to_owned();
        let replaced = azure::Error::Replaced { doing: doing() };
        let too_long = azure::Error::TooLong {
            doing: doing(),
            minutes: 30,
        };
        assert_eq!(for_error(&replaced.into()), TRY_LATER);
        assert_eq!(for_error(&too_long.into()), TRY_LATER);
    }

    #[test]
    fn only_refused_sign_ins_exit_with_77() {
        let (method, message) = ("with AZURE_CLIENT_SECRET", String::new());
        let sign_in = |error: SignInError| for_error(&azure::Error::from(error).into());
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
    fn untrusted_certificates_exit_like_unreachable_hosts() {
        let error = HttpError::Untrusted {
            server: "Heroku (api.heroku.com)".to_owned(),
            reason: "UnknownIssuer".to_owned(),
        };
        assert_eq!(for_error(&heroku::Error::from(error).into()), UNAVAILABLE);
    }

    #[test]
    fn incomplete_removals_can_be_retried_later() {
        let left = vec![ResourceName {
            kind: ResourceKind::Authorization,
            name: "Picletter daily".to_owned(),
        }];
        assert_eq!(for_error(&CloudError::StillThere(left)), TRY_LATER);
        let no_effect = azure::Error::NoEffect {
            doing: "delete it".to_owned(),
            found: "it is still there".to_owned(),
        };
        assert_eq!(for_error(&no_effect.into()), TRY_LATER);
    }

    #[test]
    fn runs_that_may_have_started_have_their_own_status() {
        let error = azure::Error::StartUnknown {
            doing: "fire the trigger daily".to_owned(),
            reason: "the answer was lost".to_owned(),
        };
        assert_eq!(for_error(&error.into()), UNKNOWN);
    }
}
