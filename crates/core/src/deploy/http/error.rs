//! Why there was no answer to a request.

use std::time::Duration;

use rustls::CertificateError;

use super::call::Call;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::client::{certificate_error, describe};

/// Why there was no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HttpError {
    /// The request was not sent.
    Unreachable {
        /// Vendor and host.
        server: String,
        /// The reason.
        reason: String,
    },
    /// The request was not sent, because the server's certificate is not trusted.
    Untrusted {
        /// Vendor and host.
        server: String,
        /// The reason that rustls gives, without the certificate's names.
        reason: String,
    },
    /// The request was sent; whether the vendor processed it is unknown.
    Lost {
        /// Vendor and host.
        server: String,
        /// The reason.
        reason: String,
        /// Whether the request changes nothing at the vendor.
        read_only: bool,
    },
}

impl HttpError {
    pub(super) fn new(server: String, call: &Call, error: &reqwest::Error) -> Self {
        if let Some(error) = certificate_error(error) {
            let reason = without_names(error);
            return Self::Untrusted { server, reason };
        }
        let reason = describe(error);
        if error.is_connect() || error.is_builder() {
            Self::Unreachable { server, reason }
        } else {
            Self::Lost {
                server,
                reason,
                read_only: call.is_read_only(),
            }
        }
    }

    /// The error if no answer arrives within `limit`.
    pub(super) fn timed_out(server: String, call: &Call, limit: Duration) -> Self {
        Self::Lost {
            server,
            reason: format!("no answer within {} s", limit.as_secs_f32()),
            read_only: call.is_read_only(),
        }
    }

    /// The error for an upload without progress for `patience`.
    pub(super) fn stalled(server: String, call: &Call, patience: Duration) -> Self {
        Self::Lost {
            server,
            reason: format!("no progress for {} s", patience.as_secs_f32()),
            read_only: call.is_read_only(),
        }
    }

    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Unreachable { reason, .. }
            | Self::Untrusted { reason, .. }
            | Self::Lost { reason, .. } => reason,
        }
    }
}

/// Omits the certificate's names: there may be hundreds, chosen by its owner.
fn without_names(error: &CertificateError) -> String {
    match error {
        CertificateError::NotValidForNameContext { expected, .. } => {
            format!("it is not valid for the name {:?}", expected.to_str())
        }
        error => error.to_string(),
    }
}

impl Diagnose for HttpError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Unreachable { server, reason } => Diagnostic::new(
                format!("{server} cannot be reached ({reason})"),
                "check the network, and the vendor's status page",
            ),
            Self::Untrusted { server, reason } => Diagnostic::new(
                format!("the certificate of {server} is not trusted: {reason}"),
                "if a proxy inspects TLS, put its certificate authority (PEM) into the file that SSL_CERT_FILE names; otherwise check the address and this machine's clock",
            ),
            Self::Lost {
                server,
                reason,
                read_only,
            } => Diagnostic::new(
                format!("{server} did not answer ({reason})"),
                if *read_only {
                    "check the network, and the vendor's status page, then run the command again"
                } else {
                    "the request may have taken effect; run the command again, which continues from the current state"
                },
            ),
        }
    }
}

display_as_diagnostic!(HttpError);
