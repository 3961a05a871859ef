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
/// Any other failure.
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
        | CloudError::StillThere { .. }
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
        | CloudError::NoApp { .. }
        | CloudError::NoImages(_)
        | CloudError::NoProcessType(_)
        | CloudError::SizesDoNotMix { .. }
        | CloudError::AnotherApp { .. }
        | CloudError::AnotherLocation { .. }
        | CloudError::AnotherLocationAndApp { .. }
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
