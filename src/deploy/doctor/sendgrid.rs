//! SendGrid: what the key may do, and whether mails may come from the sender.

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

/// What every key has, whatever it was made for.
/// Source: <https://github.com/kenzo0107/terraform-provider-sendgrid/pull/118>.
const OF_EVERY_KEY: [&str; 3] = [
    "sender_verification_exempt",
    "sender_verification_eligible",
    "2fa_required",
];

/// The checks, in their order.
pub(super) fn which(config: Option<&Config>) -> Vec<Check> {
    if config.is_some_and(|config| !config.runs_own_worker()) {
        // Another command may send its mails as it likes, or none.
        return Vec::new();
    }
    vec![Check::SendGridKey, Check::SendGridSender]
}

pub(super) async fn examine(
    config: Option<&Config>,
    secrets: Option<&Secrets>,
    reading: Option<&ParsedVariables>,
    http: &Http,
) -> Vec<Finding> {
    let checks = which(config);
    let all_skipped = |since: Check| -> Vec<Finding> {
        let checks = checks.iter();
        checks
            .map(|check| Finding::skipped(*check, since))
            .collect()
    };
    if checks.is_empty() {
        return Vec::new();
    }
    let settings = match reading.map(|reading| &reading.settings) {
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
                "SendGrid takes it, and it may not send mail",
                format!("give it the permission Mail Send at {KEYS}, or make another that has it"),
            ),
        );
    }
    let more = scopes
        .iter()
        .filter(|scope| *scope != "mail.send" && !OF_EVERY_KEY.contains(&scope.as_str()));
    let says = match more.count() {
        0 => "it may send mail, and nothing else".to_owned(),
        1 => {
            "it may send mail, and has another permission that the worker does not need".to_owned()
        }
        n => {
            format!("it may send mail, and has {n} other permissions that the worker does not need")
        }
    };
    Finding::ok(check, says)
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
                        "make a key with the permission Mail Send at {KEYS}, and export it as SG_KEY"
                    )),
                ),
                StatusCode::FORBIDDEN => Finding::unsure(
                    check,
                    diagnostic("see at https://app.sendgrid.com whether the account is suspended, and under IP Access Management whether this machine is let in".to_owned()),
                ),
                _ => Finding::wrong(
                    check,
                    diagnostic("see https://status.sendgrid.com, then run this again".to_owned()),
                ),
            }
        }
        error => Finding::wrong(check, error.diagnostic()),
    }
}

/// Whether it is the plan, and not the key, that lets no mail through.
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
            format!("whether {email} is verified cannot be checked with this key, which only sends")
        }
        error => format!("whether {email} is verified is not known: {error}"),
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
                format!(
                    "{email}: SendGrid has not found the DNS records of the domain {domain} yet"
                ),
                format!("set the records that {SENDERS} shows, and press Verify there"),
            ),
        );
    }
    if of_address.next().is_some() {
        return Finding::wrong(
            check,
            Diagnostic::new(
                format!("{email} is not verified yet"),
                format!(
                    "open the link in the mail that SendGrid sent there; {SENDERS} sends it again"
                ),
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
                    "{email}: the domain {} is authenticated, and SendGrid does not say whether that is enough for {domain}",
                    above.domain
                ),
                format!("authenticate {domain} itself, or verify the address, at {SENDERS}"),
            ),
        );
    }
    Finding::wrong(
        check,
        Diagnostic::new(
            format!("SendGrid does not know {email}, and refuses mails from it"),
            format!("verify the address, or authenticate the domain {domain}, at {SENDERS}"),
        ),
    )
}
