//! Heroku: token, account, scope, app, team.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::check::{Check, Finding};
use crate::deploy::connect::{Endpoints, Lookup};
use crate::deploy::desired::DesiredState;
use crate::deploy::difference::Difference;
use crate::deploy::heroku::credentials::token;
use crate::deploy::heroku::{Account, App, Error, HerokuApi, Team};
use crate::deploy::http::Http;
use crate::deploy::live::{LiveHeroku, RELEASES};
use crate::deploy::plan::{self, Change, Item};
use crate::deploy::registry::Registry;
use crate::deploy::step::StepError;
use crate::diagnostic::{Diagnose as _, Diagnostic};

const GLOBAL: &str = "set HEROKU_API_KEY to the output of `heroku auth:token` or `heroku authorizations:create`; both have the scope global";

const BILLING: &str = "https://dashboard.heroku.com/account/billing";

/// The findings, and the app's state that they are based on.
pub(super) struct HerokuFindings {
    pub(super) findings: Vec<Finding>,
    /// The app's state for the plan; `None` if it could not be read.
    pub(super) live: Option<LiveHeroku>,
}

/// The checks, in their order.
pub(super) fn checks(desired: Option<&DesiredState>) -> Vec<Check> {
    let mut checks = vec![
        Check::HerokuToken,
        Check::HerokuAccount,
        Check::HerokuScope,
        Check::HerokuApp,
    ];
    if desired.is_some_and(|desired| desired.team.is_some()) {
        checks.push(Check::HerokuTeam);
    }
    checks
}

pub(super) async fn examine(
    lookup: Lookup<'_>,
    desired: Option<&DesiredState>,
    endpoints: &Endpoints,
    http: &Http,
) -> HerokuFindings {
    let host = endpoints.heroku.host_str().unwrap_or_default();
    let token = match token(host, lookup) {
        Ok(token) => token,
        Err(error) => return nothing_more(desired, error.diagnostic()),
    };
    let api = HerokuApi::new(http.clone(), endpoints.heroku.clone(), &token);
    let registry = Registry::new(http.clone(), endpoints.registry.clone(), &token);
    let app = async {
        match desired {
            Some(desired) => Some(api.app(&desired.app).await),
            None => None,
        }
    };
    let team = async {
        match desired.and_then(|desired| desired.team.as_ref()) {
            Some(team) => Some((team, api.team(team).await)),
            None => None,
        }
    };
    let contents = async {
        let desired = desired?;
        Some(tokio::join!(
            api.formation(&desired.app),
            api.releases(&desired.app, RELEASES),
            registry.released_image(&desired.app, &desired.process_type),
        ))
    };
    let (account, scope, app, team, contents) =
        tokio::join!(api.account(), api.token_scope(&token), app, team, contents);
    let from = if lookup("HEROKU_API_KEY").is_some_and(|key| !key.trim().is_empty()) {
        "HEROKU_API_KEY"
    } else {
        "~/.netrc"
    };
    let mut findings = match account {
        Ok(account) => vec![
            Finding::ok(
                Check::HerokuToken,
                format!("{from}, account {}", account.email),
            ),
            account_finding(&account, team.is_some()),
        ],
        Err(error) if error.is_forbidden() => {
            let summary = error.diagnostic().summary;
            let summary = format!("{from} cannot read the account: {summary}");
            vec![
                Finding::unsure(Check::HerokuToken, Diagnostic::new(summary, GLOBAL)),
                Finding::skipped(Check::HerokuAccount, Check::HerokuToken),
            ]
        }
        Err(error) => {
            let diagnostic = error.diagnostic();
            let diagnostic = diagnostic.map_summary(|summary| format!("{from}: {summary}"));
            return nothing_more(desired, diagnostic);
        }
    };
    let is_narrow = scope.as_ref().is_err_and(Error::is_forbidden);
    findings.push(scope_finding(scope));
    let (formation, releases, pushed) = match contents {
        Some((formation, releases, pushed)) => (formation.ok(), releases.ok(), pushed.ok()),
        None => (None, None, None),
    };
    let live = |app: Option<App>, formation, releases| LiveHeroku {
        app,
        formation,
        releases,
        pushed: pushed.flatten(),
        config_vars: BTreeMap::new(),
        authorizations: Vec::new(),
    };
    let live = match (&app, formation, releases) {
        (Some(Ok(None)), _, _) => Some(live(None, Vec::new(), Vec::new())),
        (Some(Ok(Some(app))), Some(formation), Some(releases)) => {
            Some(live(Some(app.clone()), formation, releases))
        }
        _ => None,
    };
    findings.push(match (app, desired) {
        // Heroku answers both cases with the same error.
        (Some(Err(Error::NameTaken { .. })), _) if is_narrow => {
            Finding::skipped(Check::HerokuApp, Check::HerokuScope)
        }
        (Some(app), Some(desired)) => app_finding(desired, app, live.as_ref()),
        _ => Finding::skipped(Check::HerokuApp, Check::File),
    });
    if let Some((name, team)) = team {
        findings.push(team_finding(name, team));
    }
    HerokuFindings { findings, live }
}

/// The findings if the token is unusable.
fn nothing_more(desired: Option<&DesiredState>, diagnostic: Diagnostic) -> HerokuFindings {
    let skipped = checks(desired).into_iter().skip(1);
    let skipped = skipped.map(|check| Finding::skipped(check, Check::HerokuToken));
    HerokuFindings {
        findings: std::iter::once(Finding::wrong(Check::HerokuToken, diagnostic))
            .chain(skipped)
            .collect(),
        live: None,
    }
}

fn account_finding(account: &Account, has_team: bool) -> Finding {
    let since = |at: jiff::Timestamp| at.strftime("%F");
    let check = Check::HerokuAccount;
    if let Some(at) = account.suspended_at {
        let summary = format!("suspended since {}", since(at));
        return Finding::wrong(
            check,
            Diagnostic::new(summary, "contact https://help.heroku.com"),
        );
    }
    if let Some(at) = account.delinquent_at {
        let summary = format!("an invoice is overdue since {}", since(at));
        return Finding::wrong(
            check,
            Diagnostic::new(summary, format!("pay it at {BILLING}")),
        );
    }
    // A team has its own payment method.
    if account.verified == Some(false) && !has_team {
        let summary = "no payment method, so Heroku starts no dyno";
        return Finding::wrong(
            check,
            Diagnostic::new(summary, format!("add one at {BILLING}")),
        );
    }
    if account.two_factor_authentication == Some(false) {
        return Finding::unsure(
            check,
            Diagnostic::new(
                "two-factor authentication is off, but Heroku requires it",
                "turn it on at https://dashboard.heroku.com/account, unless you log in by single sign-on",
            ),
        );
    }
    let second = match account.two_factor_authentication {
        Some(true) => ", two-factor authentication is on",
        _ => "",
    };
    Finding::ok(check, format!("no open invoices{second}"))
}

/// Source of what a scope allows: <https://devcenter.heroku.com/articles/oauth#scopes>.
fn scope_finding(scope: Result<Option<Vec<String>>, Error>) -> Finding {
    let check = Check::HerokuScope;
    match scope {
        Ok(Some(scope)) if scope.iter().any(|one| one == "global") => Finding::ok(
            check,
            "global: can read, write, and create the workflow's authorization",
        ),
        Ok(Some(scope)) => Finding::unsure(
            check,
            Diagnostic::new(
                format!(
                    "{}: cannot check in advance whether it can create the workflow's authorization",
                    scope.join(", ")
                ),
                GLOBAL,
            ),
        ),
        Ok(None) => Finding::ok(
            check,
            "can read authorizations, which requires the scope global",
        ),
        Err(error) if error.is_forbidden() => {
            let summary = error.diagnostic().summary;
            let summary = format!(
                "cannot read authorizations, so it cannot create the workflow's: {summary}"
            );
            Finding::wrong(check, Diagnostic::new(summary, GLOBAL))
        }
        Err(error) => Finding::wrong(check, error.diagnostic()),
    }
}

/// What the plan would do to the app and its formation.
fn planned(
    desired: &DesiredState,
    app: Option<&App>,
    live: Option<&LiveHeroku>,
) -> Result<Item, StepError> {
    let mut planned = plan::app(desired, app)?;
    if let Some(live) = live {
        plan::check_sizes(desired, &live.formation)?;
        if desired.brings_image() {
            let formation = plan::formation(desired, live);
            let differences = formation.into_iter().flat_map(|it| it.differences);
            planned.differences.extend(differences);
        }
    }
    Ok(planned)
}

/// The app, and what a deployment does to it.
fn described(desired: &DesiredState, item: &Item) -> String {
    let name = &desired.app;
    if item.change() == Change::Create {
        return format!("{name} does not exist yet: `deploy` creates it");
    }
    let mut summary = format!("{name} exists");
    for Difference { name, old, new } in &item.differences {
        if let (Some(old), Some(new)) = (old, new) {
            let _ = write!(summary, "; `deploy` changes its {name} from {old} to {new}");
        }
    }
    if !desired.brings_image() {
        summary += "; `deploy` does not change its stack, releases, or formation";
    }
    summary
}

/// The finding for the app, from the plan.
fn app_finding(
    desired: &DesiredState,
    app: Result<Option<App>, Error>,
    live: Option<&LiveHeroku>,
) -> Finding {
    let check = Check::HerokuApp;
    let name = &desired.app;
    match app {
        Ok(app) => match planned(desired, app.as_ref(), live) {
            Err(error) => Finding::wrong(check, error.error.diagnostic()),
            Ok(item) => {
                let summary = described(desired, &item);
                let lack = live.and_then(|live| plan::lacks_process_type(desired, live));
                let region = app.and_then(|app| plan::wrong_region(desired, &app));
                // With another region, `deploy` continues.
                let finding = if lack.is_some() {
                    Finding::wrong
                } else {
                    Finding::unsure
                };
                match Diagnostic::joined(lack.iter().chain(&region)) {
                    None => Finding::ok(check, summary),
                    Some(problems) => {
                        finding(check, problems.map_summary(|it| format!("{summary}; {it}")))
                    }
                }
            }
        },
        Err(Error::NameTaken { refusal, .. }) => Finding::wrong(
            check,
            Diagnostic::new(
                format!("{name} belongs to another account: {}", refusal.summary()),
                "choose another `app` in [heroku], or ask its owner for access",
            ),
        ),
        Err(error) => Finding::wrong(check, error.diagnostic()),
    }
}

fn team_finding(name: &str, team: Result<Team, Error>) -> Finding {
    let check = Check::HerokuTeam;
    let next = "set `team` in [heroku] to a team that `heroku teams` lists, or remove it";
    match team {
        // Source: https://devcenter.heroku.com/articles/app-permissions.
        Ok(team) if team.role == "collaborator" => Finding::unsure(
            check,
            Diagnostic::new(
                format!("the account is a collaborator of {name}, which cannot create apps in it"),
                "ask an admin of the team to make the account a member",
            ),
        ),
        Ok(team) if team.role.is_empty() => Finding::ok(check, name),
        Ok(team) => Finding::ok(check, format!("{name}, as {}", team.role)),
        Err(error) if error.is_not_found() || error.is_forbidden() => {
            let summary = error.diagnostic().summary;
            Finding::wrong(check, Diagnostic::new(format!("{name}: {summary}"), next))
        }
        Err(error) => Finding::wrong(check, error.diagnostic()),
    }
}
