//! Sign-in to Azure, from the environment or `az login`.

use std::error::Error as _;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions, Transport as AzureTransport};
use azure_core::time::{Duration, OffsetDateTime};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use http::StatusCode;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::excerpt::line;
use super::help;
use super::transport::{Az, Transport, TransportError};
use crate::deploy::address::{AddressError, address};
use crate::deploy::http::{Http, HttpError, outage_help, retry_help};
use crate::deploy::redact::Redactor;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::html_text::plain;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// The variable with the authority's address.
pub(in crate::deploy) const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// A token that expires within this time is replaced.
const SOON: Duration = Duration::minutes(5);

/// Why the sign-in failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// Of two variables that belong together, one is missing.
    HalfSet {
        /// The variable that is set.
        set: &'static str,
        /// The missing variable.
        missing: &'static str,
    },
    /// A variable has an invalid value.
    Unusable {
        /// The variable's name.
        variable: &'static str,
        /// The problem.
        reason: String,
    },
    /// `AZURE_AUTHORITY_HOST` is not an address that secrets may be sent to.
    Authority(#[from] AddressError),
    /// The Azure CLI is not installed, and no variable configures another sign-in.
    NoAz,
    /// There was no answer.
    Http(HttpError),
    /// Entra is unavailable, or its rate limit is reached.
    Unavailable {
        /// The sign-in method.
        method: &'static str,
        /// The status of its answer.
        status: StatusCode,
        /// The host, its status, and its message.
        message: String,
        /// The wait before the next request, from `Retry-After`.
        retry_after: Option<std::time::Duration>,
    },
    /// The answer is not from Entra.
    Garbled {
        /// The sign-in method.
        method: &'static str,
        /// The HTTP status of the answer to the token request. `None` if the token itself is
        /// invalid.
        status: Option<StatusCode>,
        /// What is wrong with the answer.
        message: String,
    },
    /// Entra or `az` rejected the sign-in.
    Refused {
        /// The sign-in method.
        method: &'static str,
        /// The message of Entra or `az`.
        message: String,
        /// The help.
        help: &'static str,
    },
}

impl Diagnose for SignInError {
    fn diagnostic(&self) -> Diagnostic {
        let not_signed_in =
            |method: &str, message: &str| format!("could not sign in to Azure {method}: {message}");
        match self {
            Self::HalfSet { set, missing } => Diagnostic::new(
                format!("{set} is set, but {missing} is not"),
                "set both, or neither (and use `az login`)",
            ),
            Self::Unusable { variable, reason } => Diagnostic::new(
                format!("{variable} cannot be used ({reason})"),
                format!("correct {variable}, or unset it"),
            ),
            Self::Authority(error) => error.diagnostic(),
            Self::NoAz => Diagnostic::new(
                "not signed in to Azure, and `az` is not installed",
                "install it from https://aka.ms/installazurecli and run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET",
            ),
            Self::Http(error) => error
                .diagnostic()
                .map_summary(|summary| format!("could not sign in to Azure: {summary}")),
            Self::Unavailable {
                method,
                status,
                message,
                retry_after,
            } => Diagnostic::new(
                not_signed_in(method, message),
                if status.is_server_error() {
                    outage_help("https://azure.status.microsoft", *retry_after)
                } else {
                    retry_help(*retry_after, "a minute")
                },
            ),
            Self::Garbled {
                method, message, ..
            } => Diagnostic::new(
                not_signed_in(method, message),
                "check AZURE_AUTHORITY_HOST and HTTPS_PROXY: the answer may come from a proxy",
            ),
            Self::Refused {
                method,
                message,
                help,
            } => Diagnostic::new(not_signed_in(method, message), *help),
        }
    }
}

display_as_diagnostic!(SignInError);

/// The sign-in method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignInMethod {
    ClientSecret,
    WorkloadIdentity,
    Az,
}

impl SignInMethod {
    fn description(self) -> &'static str {
        match self {
            Self::ClientSecret => "with AZURE_CLIENT_SECRET",
            Self::WorkloadIdentity => "with the token in AZURE_FEDERATED_TOKEN_FILE",
            Self::Az => "with `az`",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::ClientSecret => "check AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET",
            Self::WorkloadIdentity => {
                "check AZURE_TENANT_ID, AZURE_CLIENT_ID, and the application's federated credential"
            }
            Self::Az => {
                "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET"
            }
        }
    }
}

/// A source of tokens. Clones share the cached token. The first token is requested on first use.
#[derive(Clone)]
pub struct Credential {
    method: SignInMethod,
    source: Arc<dyn TokenCredential>,
    redactor: Redactor,
    token: Arc<Mutex<Option<AccessToken>>>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// A service principal if `AZURE_CLIENT_SECRET` is set; a workload identity if
    /// `AZURE_FEDERATED_TOKEN_FILE` is set; otherwise `az login`, in the tenant `AZURE_TENANT_ID`
    /// if set. `variable` looks up environment variables, including the `PATH` for `az`.
    ///
    /// Source: <https://learn.microsoft.com/azure/developer/intro/azure-developer-environment-variables>.
    ///
    /// # Errors
    /// The variables are inconsistent, or one is invalid. Nothing is contacted.
    pub fn from_environment(
        http: &Http,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SignInError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let needed = |missing, required_by: &'static str| {
            set(missing).ok_or(SignInError::HalfSet {
                set: required_by,
                missing,
            })
        };
        let (method, credential): (SignInMethod, azure_core::Result<Arc<dyn TokenCredential>>) =
            if let Some(secret) = set(CLIENT_SECRET) {
                http.redactor().learn(&secret.as_str().into());
                let tenant = needed(TENANT, CLIENT_SECRET)?;
                let client = needed(CLIENT, CLIENT_SECRET)?;
                let options = ClientSecretCredentialOptions {
                    client_options: client_options(http, set(AUTHORITY))?,
                };
                let made = ClientSecretCredential::new(
                    &tenant,
                    client,
                    Secret::new(secret),
                    Some(options),
                );
                (SignInMethod::ClientSecret, made.map(|made| made as _))
            } else if let Some(file) = set(TOKEN_FILE) {
                // The file is read again for each token, so it cannot be a FIFO.
                if fs::metadata(&file).is_ok_and(|file| !file.is_file()) {
                    return Err(SignInError::Unusable {
                        variable: TOKEN_FILE,
                        reason: "not a regular file".to_owned(),
                    });
                }
                let options = WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions {
                        client_options: client_options(http, set(AUTHORITY))?,
                    },
                    tenant_id: Some(needed(TENANT, TOKEN_FILE)?),
                    client_id: Some(needed(CLIENT, TOKEN_FILE)?),
                    token_file_path: Some(PathBuf::from(file)),
                };
                let made = WorkloadIdentityCredential::new(Some(options));
                (SignInMethod::WorkloadIdentity, made.map(|made| made as _))
            } else if set(CLIENT).is_some() {
                return Err(SignInError::HalfSet {
                    set: CLIENT,
                    missing: CLIENT_SECRET,
                });
            } else {
                let options = AzureCliCredentialOptions {
                    tenant_id: set(TENANT),
                    executor: Some(Arc::new(Az { path: set("PATH") })),
                    ..AzureCliCredentialOptions::default()
                };
                let made = AzureCliCredential::new(Some(options));
                (SignInMethod::Az, made.map(|made| made as _))
            };
        let credential = credential.map_err(|error| SignInError::Unusable {
            variable: match method {
                SignInMethod::WorkloadIdentity if error.source().is_some() => TOKEN_FILE,
                _ => TENANT,
            },
            reason: innermost(&error),
        })?;
        Ok(Self {
            method,
            source: credential,
            redactor: http.redactor().clone(),
            token: Arc::default(),
        })
    }

    /// The sign-in method.
    pub(super) fn method(&self) -> &'static str {
        self.method.description()
    }

    /// A token for `scope`, cached until shortly before it expires.
    pub(super) async fn token(&self, scope: &str) -> Result<SecretString, SignInError> {
        let mut kept = self.token.lock().await;
        let token = match &*kept {
            Some(token) if token.expires_on > OffsetDateTime::now_utc() + SOON => token,
            _ => {
                let fetched = self.source.get_token(&[scope], None).await;
                let fetched = fetched.map_err(|error| self.sign_in_error(&error))?;
                self.redactor.learn(&fetched.token.secret().into());
                &*kept.insert(fetched)
            }
        };
        Ok(token.token.secret().into())
    }

    fn sign_in_error(&self, error: &azure_core::Error) -> SignInError {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        let mut transport = None;
        while let Some(inner) = cause {
            let io_error = inner.downcast_ref::<io::Error>();
            let is_not_found = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            if self.method == SignInMethod::Az && io_error.is_some_and(is_not_found) {
                return SignInError::NoAz;
            }
            transport = transport.or(inner.downcast_ref());
            cause = inner.source();
        }
        let (message, help) = match transport {
            Some(TransportError::Http(error)) => return SignInError::Http(error.clone()),
            Some(TransportError::Refused(message)) => {
                (message.clone(), help::for_entra_error(message))
            }
            Some(
                unavailable @ TransportError::Unavailable {
                    status,
                    retry_after,
                    ..
                },
            ) => {
                return SignInError::Unavailable {
                    method: self.method.description(),
                    status: *status,
                    message: line(&unavailable.to_string(), &self.redactor),
                    retry_after: *retry_after,
                };
            }
            Some(garbled @ TransportError::Garbled { status, .. }) => {
                return SignInError::Garbled {
                    method: self.method.description(),
                    status: Some(*status),
                    message: line(&garbled.to_string(), &self.redactor),
                };
            }
            None => {
                let message = innermost(error);
                let help = help::for_entra_error(&message);
                (message, help)
            }
        };
        SignInError::Refused {
            method: self.method.description(),
            message: line(&message, &self.redactor),
            help: help.unwrap_or(self.method.help()),
        }
    }
}

/// The innermost error's message, without the context that Microsoft's crate adds.
fn innermost(error: &azure_core::Error) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref()) {
        innermost = inner;
    }
    plain(&innermost.to_string())
}

fn client_options(http: &Http, authority: Option<String>) -> Result<ClientOptions, SignInError> {
    let authority = authority.unwrap_or_else(|| PUBLIC_AUTHORITY.to_owned());
    let authority = address(AUTHORITY, authority)?;
    let mut configuration = CustomConfiguration::default();
    configuration.authority_host = format!("https://{}", authority.host_str().unwrap_or_default());
    Ok(ClientOptions {
        // `Transport` already retries.
        retry: RetryOptions::none(),
        transport: Some(AzureTransport::new(Arc::new(Transport {
            http: http.clone().for_vendor("Azure's sign-in"),
            authority,
        }))),
        cloud: Some(Arc::new(CloudConfiguration::Custom(configuration))),
        ..ClientOptions::default()
    })
}
