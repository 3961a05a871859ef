//! SendGrid: the key's permissions, and whether the sender is verified.

use http::StatusCode;
use secrecy::SecretString;

use super::check::{Check, Finding};
use crate::config::{Config, Secrets};
use crate::deploy::http::Http;
use crate::deploy::sendgrid::{AuthenticatedDomain, SendGridApi, SendGridError, VerifiedSender};
use crate::diagnostic::{Diagnose as _, Diagnostic};
use picletter_worker::address::Mailbox;
use picletter_worker::settings::ParsedVariables;

const KEYS: &str = "https://app.sendgrid.com/settings/api_keys";
const BILLING: &str = "https://app.sendgrid.com/account/billing";
const SENDERS: &str = "https://app.sendgrid.com/settings/sender_auth";

/// Scopes that every key has.
/// Source: <https://github.com/kenzo0107/terraform-provider-sendgrid/pull/118>.
const OF_EVERY_KEY: [&str; 3] = [
    "sender_verification_exempt",
    "sender_verification_eligible",
    "2fa_required",
];

/// The checks, in their order.
pub(super) fn checks(config: Option<&Config>) -> Vec<Check> {
    if config.is_some_and(|config| !config.runs_picletter_worker()) {
        // Another command need not use SendGrid.
        return Vec::new();
    }
    vec![Check::SendGridKey, Check::SendGridSender]
}

pub(super) async fn examine(
    config: Option<&Config>,
    secrets: Option<&Secrets>,
    variables: Option<&ParsedVariables>,
    http: &Http,
) -> Vec<Finding> {
    let checks = checks(config);
    let all_skipped = |prerequisite: Check| -> Vec<Finding> {
        let checks = checks.iter();
        checks
            .map(|check| Finding::skipped(*check, prerequisite))
            .collect()
    };
    if checks.is_empty() {
        return Vec::new();
    }
    let settings = match variables.map(|variables| &variables.settings) {
        None if config.is_none() => return all_skipped(Check::File),
        None | Some(Err(_)) => return all_skipped(Check::Secrets),
        Some(Ok(settings)) => settings,
    };
    let Some(key) = secrets.and_then(|secrets| value(secrets, "SG_KEY")) else {
        return all_skipped(Check::Secrets);
    };
    let api = SendGridApi::new(http.clone(), settings.api.base.clone(), key);
    let (scopes, senders, domains) = tokio::join!(
        api.scopes(),
        api.verified_senders(),
        api.authenticated_domains()
    );
    let key = key_finding(scopes);
    if key.state == super::State::Wrong {
        return vec![
            key,
            Finding::skipped(Check::SendGridSender, Check::SendGridKey),
        ];
    }
    vec![key, sender_finding(&settings.mail.sender, senders, domains)]
}

fn value<'a>(secrets: &'a Secrets, name: &str) -> Option<&'a SecretString> {
    let secret = secrets.list().iter().find(|secret| secret.name == name);
    secret?.value.as_ref()
}

fn key_finding(scopes: Result<Vec<String>, SendGridError>) -> Finding {
    let check = Check::SendGridKey;
    let scopes = match scopes {
        Ok(scopes) => scopes,
        Err(error) => return refused_key(&error),
    };
    if !scopes.iter().any(|scope| scope == "mail.send") {
        return Finding::wrong(
            check,
            Diagnostic::new(
                "SendGrid accepts the key, but it lacks the permission Mail Send",
                format!("add the permission Mail Send at {KEYS}, or create a key that has it"),
            ),
        );
    }
    let more = scopes
        .iter()
        .filter(|scope| *scope != "mail.send" && !OF_EVERY_KEY.contains(&scope.as_str()));
    let summary = match more.count() {
        0 => "the key can send mail, and has no other permissions".to_owned(),
        1 => {
            "the key can send mail, and has one permission that the worker does not need".to_owned()
        }
        n => {
            format!("the key can send mail, and has {n} permissions that the worker does not need")
        }
    };
    Finding::ok(check, summary)
}

fn refused_key(error: &SendGridError) -> Finding {
    let check = Check::SendGridKey;
    match error {
        SendGridError::Refused { status, message } => {
            let diagnostic = |next: String| error.diagnostic().with_help(next);
            match *status {
                _ if is_used_up(message) => Finding::wrong(
                    check,
                    diagnostic(format!("the plan's mails are used up: see {BILLING}")),
                ),
                StatusCode::UNAUTHORIZED => Finding::wrong(
                    check,
                    diagnostic(format!(
                        "create a key with the permission Mail Send at {KEYS}, and export it as SG_KEY"
                    )),
                ),
                StatusCode::FORBIDDEN => Finding::unsure(
                    check,
                    diagnostic("check at https://app.sendgrid.com whether the account is suspended, and whether IP Access Management allows this machine's address".to_owned()),
                ),
                _ => Finding::wrong(
                    check,
                    diagnostic("check https://status.sendgrid.com, then run the command again".to_owned()),
                ),
            }
        }
        error => Finding::wrong(check, error.diagnostic()),
    }
}

/// Whether the plan's quota, rather than the key, blocks mails.
/// Source: <https://github.com/sendgrid/sendgrid-php/issues/931>,
/// <https://github.com/sendgrid/sendgrid-nodejs/issues/1032>.
fn is_used_up(message: &str) -> bool {
    ["messaging limits", "Maximum credits"]
        .iter()
        .any(|words| message.contains(words))
}

fn sender_finding(
    sender: &Mailbox,
    senders: Result<Vec<VerifiedSender>, SendGridError>,
    domains: Result<Vec<AuthenticatedDomain>, SendGridError>,
) -> Finding {
    let check = Check::SendGridSender;
    let (email, domain) = (&sender.email, sender.domain());
    let refused = senders.as_ref().err().or(domains.as_ref().err());
    let unknown = refused.map(|error| match error {
        SendGridError::Refused {
            status: StatusCode::FORBIDDEN,
            ..
        } => {
            format!("cannot check whether {email} is verified: the key can only send mail")
        }
        error => format!("cannot check whether {email} is verified: {error}"),
    });
    let senders = senders.unwrap_or_default();
    let domains = domains.unwrap_or_default();
    let mut of_address = senders
        .iter()
        .filter(|one| one.from_email.eq_ignore_ascii_case(email));
    let mut of_domain = domains
        .iter()
        .filter(|one| one.domain.eq_ignore_ascii_case(domain));
    if of_domain.clone().any(|one| one.valid) {
        return Finding::ok(
            check,
            format!("{email}: the domain {domain} is authenticated"),
        );
    }
    if of_address.clone().any(|one| one.verified) {
        return Finding::ok(check, format!("{email} is verified"));
    }
    if let Some(unknown) = unknown {
        return Finding::unsure(
            check,
            Diagnostic::new(
                unknown,
                format!("look for {email} or {domain} at {SENDERS}"),
            ),
        );
    }
    if of_domain.next().is_some() {
        return Finding::wrong(
            check,
            Diagnostic::new(
                format!("{email}: SendGrid has not found the DNS records of the domain {domain}"),
                format!("set the DNS records shown at {SENDERS}, and press Verify there"),
            ),
        );
    }
    if of_address.next().is_some() {
        return Finding::wrong(
            check,
            Diagnostic::new(
                format!("{email} is not verified yet"),
                format!("open the link in the mail from SendGrid; {SENDERS} can send it again"),
            ),
        );
    }
    let is_above = |one: &&AuthenticatedDomain| {
        let above = domain.strip_suffix(one.domain.as_str());
        one.valid && above.is_some_and(|above| above.ends_with('.'))
    };
    if let Some(above) = domains.iter().find(is_above) {
        return Finding::unsure(
            check,
            Diagnostic::new(
                format!(
                    "{email}: the domain {} is authenticated, but may not cover {domain}",
                    above.domain
                ),
                format!("authenticate {domain} itself, or verify the address, at {SENDERS}"),
            ),
        );
    }
    Finding::wrong(
        check,
        Diagnostic::new(
            format!("{email} is not a verified sender, so SendGrid rejects mails from it"),
            format!("verify the address, or authenticate the domain {domain}, at {SENDERS}"),
        ),
    )
}
