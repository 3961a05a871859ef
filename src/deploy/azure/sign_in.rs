//! Who signs in to Azure: from the environment, or as `az login` left it.

use std::error::Error as _;
use std::fmt;
use std::fs;
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

use super::advice;
use super::transport::{Az, Transport, TransportError};
use super::words::line;
use crate::deploy::address::{AddressError, address};
use crate::deploy::http::{Http, HttpError};
use crate::deploy::redact::Redactor;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::html_text::plain;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Names the authority that signs in.
pub(in crate::deploy) const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// A token that ends within this is replaced by a new one.
const SOON: Duration = Duration::minutes(5);

/// Why nobody could be signed in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// Of the variables that belong together, one is missing.
    HalfSet {
        /// The one that is set.
        set: &'static str,
        /// What is missing.
        missing: &'static str,
    },
    /// A variable says nothing that can be used.
    Unusable {
        /// Which.
        variable: &'static str,
        /// Why.
        reason: String,
    },
    /// `AZURE_AUTHORITY_HOST` is not an address that secrets may be sent to.
    Authority(#[from] AddressError),
    /// Microsoft's command line is not there, and no variable says another way.
    NoAz,
    /// There was no answer.
    Http(HttpError),
    /// Entra is out of order, or limits how often it may be asked.
    Unavailable {
        /// In which way it was tried.
        way: &'static str,
        /// The host, its status and its words.
        words: String,
    },
    /// The answer is not Entra's.
    Garbled {
        /// In which way it was tried.
        way: &'static str,
        /// Its status, if it is an answer to the token request.
        status: Option<StatusCode>,
        /// What is wrong with the answer.
        words: String,
    },
    /// Entra, or `az`, refused.
    Refused {
        /// In which way it was tried.
        way: &'static str,
        /// Their own words.
        words: String,
        /// What to do next.
        advice: &'static str,
    },
}

impl Diagnose for SignInError {
    fn diagnostic(&self) -> Diagnostic {
        let not_signed_in =
            |way: &str, words: &str| format!("could not sign in to Azure {way}: {words}");
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
                "nobody is signed in to Azure, and `az` is not installed",
                "get it from https://aka.ms/installazurecli and run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
            ),
            Self::Http(error) => error
                .diagnostic()
                .map_summary(|summary| format!("could not sign in to Azure: {summary}")),
            Self::Unavailable { way, words } => Diagnostic::new(
                not_signed_in(way, words),
                "see https://azure.status.microsoft, then run this again",
            ),
            Self::Garbled { way, words, .. } => Diagnostic::new(
                not_signed_in(way, words),
                "check AZURE_AUTHORITY_HOST and HTTPS_PROXY: a proxy may answer instead of Microsoft",
            ),
            Self::Refused { way, words, advice } => {
                Diagnostic::new(not_signed_in(way, words), *advice)
            }
        }
    }
}

display_as_diagnostic!(SignInError);

/// The message of azure_identity's `AzureCliCredential` where there is no `az`; its error has no
/// kind for it.
const NO_AZ: &str = "not found on PATH";

/// In which way one signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ClientSecret,
    WorkloadIdentity,
    Az,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::ClientSecret => "with AZURE_CLIENT_SECRET",
            Self::WorkloadIdentity => "with the token in AZURE_FEDERATED_TOKEN_FILE",
            Self::Az => "by `az`",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::ClientSecret => "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
            Self::WorkloadIdentity => {
                "check AZURE_TENANT_ID, AZURE_CLIENT_ID, and the application's federated credential"
            }
            Self::Az => {
                "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            }
        }
    }
}

/// Gives tokens. Clones share them; nothing is asked for before the first is needed.
#[derive(Clone)]
pub struct Credential {
    way: Way,
    source: Arc<dyn TokenCredential>,
    redactor: Redactor,
    token: Arc<Mutex<Option<AccessToken>>>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// A service principal's, where `AZURE_CLIENT_SECRET` is set; a workload identity's, where
    /// `AZURE_FEDERATED_TOKEN_FILE` is; else that of `az login`, in the tenant `AZURE_TENANT_ID` if
    /// that is set. `variable` gives the environment's variables, those of `az` included.
    ///
    /// Source: <https://learn.microsoft.com/azure/developer/intro/azure-developer-environment-variables>.
    ///
    /// # Errors
    /// The variables do not fit together, or one cannot be used. No one is contacted.
    pub fn from_environment(
        http: &Http,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SignInError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let needed = |name, for_the: &'static str| {
            set(name).ok_or(SignInError::HalfSet {
                set: for_the,
                missing: name,
            })
        };
        let (way, credential): (Way, azure_core::Result<Arc<dyn TokenCredential>>) =
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
                (Way::ClientSecret, made.map(|made| made as _))
            } else if let Some(file) = set(TOKEN_FILE) {
                // It is read whenever a token ends, which a FIFO is not.
                if fs::metadata(&file).is_ok_and(|file| !file.is_file()) {
                    return Err(SignInError::Unusable {
                        variable: TOKEN_FILE,
                        reason: "it does not name a regular file".to_owned(),
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
                (Way::WorkloadIdentity, made.map(|made| made as _))
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
                (Way::Az, made.map(|made| made as _))
            };
        let credential = credential.map_err(|error| SignInError::Unusable {
            variable: match way {
                Way::WorkloadIdentity if error.source().is_some() => TOKEN_FILE,
                _ => TENANT,
            },
            reason: innermost(&error),
        })?;
        Ok(Self {
            way,
            source: credential,
            redactor: http.redactor().clone(),
            token: Arc::default(),
        })
    }

    /// In which way it signs in.
    pub(super) fn way(&self) -> &'static str {
        self.way.words()
    }

    /// A token for `scope`; asked for once, and again shortly before it ends.
    pub(super) async fn token(&self, scope: &str) -> Result<SecretString, SignInError> {
        let mut kept = self.token.lock().await;
        let token = match &*kept {
            Some(token) if token.expires_on > OffsetDateTime::now_utc() + SOON => token,
            _ => {
                let fetched = self.source.get_token(&[scope], None).await;
                let fetched = fetched.map_err(|error| self.refused(&error))?;
                self.redactor.learn(&fetched.token.secret().into());
                &*kept.insert(fetched)
            }
        };
        Ok(token.token.secret().into())
    }

    fn refused(&self, error: &azure_core::Error) -> SignInError {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        let mut transport = None;
        while let Some(inner) = cause {
            transport = transport.or(inner.downcast_ref());
            cause = inner.source();
        }
        let (words, advice) = match transport {
            Some(TransportError::Http(error)) => return SignInError::Http(error.clone()),
            Some(TransportError::Refused(words)) => (words.clone(), advice::for_entra_error(words)),
            Some(unavailable @ TransportError::Unavailable { .. }) => {
                return SignInError::Unavailable {
                    way: self.way.words(),
                    words: line(&unavailable.to_string(), &self.redactor),
                };
            }
            Some(garbled @ TransportError::Garbled { status, .. }) => {
                return SignInError::Garbled {
                    way: self.way.words(),
                    status: StatusCode::from_u16(*status).ok(),
                    words: line(&garbled.to_string(), &self.redactor),
                };
            }
            None => {
                let words = innermost(error);
                if self.way == Way::Az && words.contains(NO_AZ) {
                    return SignInError::NoAz;
                }
                let advice = advice::for_entra_error(&words);
                (words, advice)
            }
        };
        SignInError::Refused {
            way: self.way.words(),
            words: line(&words, &self.redactor),
            advice: advice.unwrap_or(self.way.advice()),
        }
    }
}

/// The innermost error's message, without those that Microsoft's crate puts around it.
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
        // Our transport repeats what may be repeated.
        retry: RetryOptions::none(),
        transport: Some(AzureTransport::new(Arc::new(Transport {
            http: http.clone().of_vendor("Azure's sign-in"),
            authority,
        }))),
        cloud: Some(Arc::new(CloudConfiguration::Custom(configuration))),
        ..ClientOptions::default()
    })
}
