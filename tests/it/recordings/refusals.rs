//! The expected errors of the clients for recorded error responses.

use std::fmt::Display;

use picletter_core::diagnostic::{Diagnose, Diagnostic};
use serde_json::Value;

use crate::recordings::Read;
use crate::recordings::classes::{Receiver, Service};
use crate::recordings::recording::Recording;
use crate::recordings::{azure, heroku, sendgrid};

/// The error of a client.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Name of the variant.
    kind: &'static str,
    summary: String,
    help: String,
}

impl Refused {
    pub(crate) fn new(kind: &'static str, error: &impl Diagnose) -> Self {
        let Diagnostic { summary, help } = error.diagnostic();
        Self {
            kind,
            summary,
            help: help.unwrap_or_default(),
        }
    }

    /// An error of the worker, whose log contains the help after the summary.
    pub(crate) fn from_worker(kind: &'static str, error: &impl Display) -> Self {
        let line = error.to_string();
        Self {
            kind,
            summary: line.clone(),
            help: line,
        }
    }
}

/// The expected outcome of a recording.
pub(crate) enum Outcome {
    /// The client reads this value.
    Reads(Value),
    /// The client returns this error, with the vendor's message in its summary, and this help.
    Refuses(&'static Row),
}

/// A recorded error response, and the expected error of the client.
#[derive(Debug)]
pub(crate) struct Row {
    service: Service,
    status: u16,
    /// The part of the body that identifies it.
    body: &'static str,
    /// Name of the error's variant.
    kind: &'static str,
    /// The part of the vendor's message that the error keeps.
    words: &'static str,
    /// A part of the help. Empty if the vendor's message is enough, or if the fix is unknown.
    help: &'static str,
}

const fn row(
    service: Service,
    status: u16,
    body: &'static str,
    kind: &'static str,
    words: &'static str,
    help: &'static str,
) -> Row {
    Row {
        service,
        status,
        body,
        kind,
        words,
        help,
    }
}

/// The first match counts.
#[rustfmt::skip]
const ROWS: &[Row] = &{
    use Service::{Azure, Heroku, SendGrid};
    [
        row(Azure, 200, r#""Canceled""#, "refused", "Canceled", ""),
        row(Azure, 400, "MS-ERRORCODE-SU001", "refused",
            "BadRequest: The metric names were not found MS-ERRORCODE-SU001.", ""),
        row(Azure, 400, "extra_param", "refused",
            "InvalidTemplate: Deployment template validation failed: 'The value for the template parameter 'extra_param'", ""),
        row(Azure, 400, "AccountSetupError", "refused",
            "AccountSetupError: You cannot purchase reservation because required AAD tenant information is missing.", ""),
        row(Azure, 400, "QuotaExceeded", "refused",
            "QuotaExceeded: Operation could not be completed", "the subscription's quota is exhausted"),
        row(Azure, 400, "InvalidRequestContent", "refused",
            "Path 'properties.definition', line 3, position 38.", ""),
        row(Azure, 400, "The start time cannot be", "refused",
            "BadRequest: The start time cannot be more than 90 days in the past.", ""),
        row(Azure, 400, "MinTlsVersion", "refused", "2.5 is not a valid MinTlsVersion value.", ""),
        row(Azure, 400, "allowed export rules", "refused",
            "You have exceeded the number of allowed export rules in your workspace", ""),
        row(Azure, 401, "AADSTS7000215", "sign-in",
            "AADSTS7000215: Invalid client secret provided.", "the secret's value, not to its id"),
        row(Azure, 401, "AADSTS7000222", "sign-in",
            "AADSTS7000222: The provided client secret keys are expired.", "az ad app credential reset"),
        row(Azure, 403, "AuthorizationFailed", "refused",
            "does not have authorization to perform action 'Microsoft.Authorization/policyDefinitions/error_policy/read'",
            "az role assignment create --role Contributor"),
        row(Azure, 404, "Resource group 'test'", "refused",
            "ResourceGroupNotFound: Resource group 'test' could not be found.", "run `picletter plan`"),
        row(Azure, 404, "Export clitest", "refused", "Export clitest does not exist in the workspace.", "run `picletter plan`"),
        row(Azure, 404, "<!DOCTYPE", "refused", "404 - File or directory not found.", "run `picletter plan`"),
        row(Azure, 409, "Microsoft.Solutions", "refused",
            "MissingSubscriptionRegistration: The subscription is not registered to use namespace 'Microsoft.Solutions'.",
            "az provider register --namespace Microsoft.Solutions"),
        row(Azure, 500, "ProcessingError", "refused",
            "cannot perform delete operation because following scope(s) are locked.", "https://azure.status.microsoft"),
        row(Heroku, 400, "missing_version", "refused",
            "Please specify a version along with Heroku's API MIME type.", ""),
        row(Heroku, 402, "verification_required", "refused",
            "To create an app, verify your account by adding payment information.", "add one at https://dashboard.heroku.com/account/billing"),
        row(Heroku, 403, "two_factor", "refused", "two-factor authentication enabled", "`heroku auth:token`"),
        row(Heroku, 422, "Cannot use the following dyno types", "refused",
            "Cannot use the following dyno types in the same app: Basic and Standard-1X", "dyno_size"),
        row(Heroku, 422, "cannot_run_above_limit", "refused",
            "Cannot run more than 10 Standard-1X size dynos.", "`heroku ps:stop`"),
        row(Heroku, 429, "rate_limit", "refused", "Your account reached the API rate limit", "rate limit of 4,500 requests per hour is reached: wait "),
        row(SendGrid, 401, "The provided authorization grant", "refused",
            "The provided authorization grant is invalid, expired, or revoked", "check SG_KEY"),
        row(SendGrid, 401, "Maximum credits exceeded", "refused", "Maximum credits exceeded", "the plan's mails are used up"),
        row(SendGrid, 403, "verified Sender Identity", "refused",
            "The from address does not match a verified Sender Identity.", "verify BOT_EMAIL"),
        row(SendGrid, 403, "messaging limits", "refused",
            "You have exceeded your messaging limits", "the plan's mails are used up"),
        // Then the CLI reports which permissions would allow more checks.
        row(SendGrid, 403, "access forbidden", "refused", "access forbidden", ""),
        row(SendGrid, 413, "Request Entity Too Large", "refused", "too large", "lower PICTURE_MAX_BYTES"),
        row(SendGrid, 429, "too many requests", "try later", "too many requests", "try again later"),
    ]
};

/// Responses which mean that something does not exist, which is not an error.
const ABSENT: &[(Service, u16, &str)] = &[
    (Service::Azure, 404, "cli_rg_nowait_test000001"),
    (Service::Azure, 404, "'Microsoft.Logic/workflows/ps4731'"),
    (Service::Azure, 404, "ReceiverNotFound"),
    (Service::Azure, 404, "The operation x is not found."),
    (Service::Heroku, 404, "Couldn't find that app."),
];

/// Whether a recording has this service and status, and contains this text.
fn is_like(recording: &Recording, service: Service, status: u16, body: &str) -> bool {
    service == recording.service && status == recording.status && recording.text().contains(body)
}

/// The rows without a recording.
pub(crate) fn without_recording(recordings: &[Recording]) -> Vec<&'static str> {
    let rows = ROWS.iter().map(|row| (row.service, row.status, row.body));
    rows.chain(ABSENT.iter().copied())
        .filter(|(service, status, body)| {
            let mut all = recordings.iter();
            !all.any(|one| is_like(one, *service, *status, body))
        })
        .map(|(_, _, body)| body)
        .collect()
}

impl Outcome {
    pub(crate) fn expected(recording: &Recording, receiver: Receiver) -> Self {
        let is_like = |service, status, body| is_like(recording, service, status, body);
        if ABSENT.iter().any(|row| is_like(row.0, row.1, row.2)) {
            return Self::Reads(Value::Null);
        }
        let mut rows = ROWS.iter();
        if let Some(row) = rows.find(|row| is_like(row.service, row.status, row.body)) {
            return Self::Refuses(row);
        }
        assert!(recording.status < 400, "{recording}: the table has no row");
        Self::Reads(match recording.service {
            Service::Azure => azure::expected(recording, receiver),
            Service::Heroku => heroku::expected(recording, receiver),
            Service::SendGrid => sendgrid::expected(recording),
        })
    }

    /// Compares the expected outcome with the actual one, and describes any difference. No error of
    /// the vendor may be attributed to a proxy.
    pub(crate) fn check(&self, read: &Read) -> Result<(), String> {
        match (self, read) {
            (Self::Reads(expected), Ok(read)) if read == expected => Ok(()),
            (Self::Reads(expected), Ok(read)) => {
                Err(format!("read {read:#}, expected {expected:#}"))
            }
            (Self::Refuses(row), Err(error))
                if row.kind == error.kind
                    && error.summary.contains(row.words)
                    && error.help.contains(row.help)
                    && !error.help.contains("proxy") =>
            {
                Ok(())
            }
            (Self::Refuses(row), read) => Err(format!("got {read:?}, expected {row:?}")),
            (_, Err(error)) => Err(format!("{error:?}")),
        }
    }
}
