//! The exit statuses of errors that the fakes do not cause.

use http::StatusCode;
use picletter::cli::exit_status::for_error;
use picletter_core::deploy::azure::{self, SignInError};
use picletter_core::deploy::heroku;
use picletter_core::deploy::http::HttpError;
use picletter_core::deploy::plan::{ResourceKind, ResourceName};
use picletter_core::deploy::step::CloudError;

/// Any other failure.
const FAILED: u8 = 1;
const UNAVAILABLE: u8 = 69;
/// It is unknown whether the request took effect.
const UNKNOWN: u8 = 74;
const TRY_LATER: u8 = 75;
const REFUSED: u8 = 77;

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
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: message.clone(),
        retry_after: None,
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
    let authorization = ResourceName {
        kind: ResourceKind::Authorization,
        name: "Picletter daily".to_owned(),
    };
    let left = CloudError::StillThere {
        resources: vec![authorization],
        command: "destroy",
    };
    assert_eq!(for_error(&left), TRY_LATER);
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
