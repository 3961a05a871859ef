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

const GLOBAL: &str = "export what `heroku auth:token` prints as HEROKU_API_KEY, or the token that `heroku authorizations:create` makes; both have the scope global";

const BILLING: &str = "https://dashboard.heroku.com/account/billing";

/// What was found.
pub(super) struct Seen {
    pub(super) findings: Vec<Finding>,
    /// What the plan needs to know of the app; `None` where that could not be read.
    pub(super) live: Option<LiveHeroku>,
}

/// The checks, in their order.
pub(super) fn which(desired: Option<&DesiredState>) -> Vec<Check> {
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
) -> Seen {
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
        tokio::join!(api.account(), api.scope_of(&token), app, team, contents);
    let from = if lookup("HEROKU_API_KEY").is_some_and(|key| !key.trim().is_empty()) {
        "HEROKU_API_KEY"
    } else {
        "~/.netrc"
    };
    let mut findings = match account {
        Ok(account) => vec![
            Finding::ok(
                Check::HerokuToken,
                format!("{from}, of the account {}", account.email),
            ),
            account_finding(&account, team.is_some()),
        ],
        Err(error) if error.is_forbidden() => {
            let said = error.diagnostic().summary;
            let says = format!("{from} may not read the account: {said}");
            vec![
                Finding::unsure(Check::HerokuToken, Diagnostic::new(says, GLOBAL)),
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
        // Heroku refuses both alike.
        (Some(Err(Error::NameTaken { .. })), _) if is_narrow => {
            Finding::skipped(Check::HerokuApp, Check::HerokuScope)
        }
        (Some(app), Some(desired)) => app_finding(desired, app, live.as_ref()),
        _ => Finding::skipped(Check::HerokuApp, Check::File),
    });
    if let Some((name, team)) = team {
        findings.push(team_finding(name, team));
    }
    Seen { findings, live }
}

/// The token is of no use.
fn nothing_more(desired: Option<&DesiredState>, diagnostic: Diagnostic) -> Seen {
    let skipped = which(desired).into_iter().skip(1);
    let skipped = skipped.map(|check| Finding::skipped(check, Check::HerokuToken));
    Seen {
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
        let says = format!("Heroku has suspended it since {}", since(at));
        return Finding::wrong(
            check,
            Diagnostic::new(says, "ask https://help.heroku.com why"),
        );
    }
    if let Some(at) = account.delinquent_at {
        let says = format!("an invoice is not paid since {}", since(at));
        return Finding::wrong(check, Diagnostic::new(says, format!("pay it at {BILLING}")));
    }
    // A team has its own.
    if account.verified == Some(false) && !has_team {
        let says = "it has no payment method, without which no dyno starts";
        return Finding::wrong(
            check,
            Diagnostic::new(says, format!("add one at {BILLING}")),
        );
    }
    if account.two_factor_authentication == Some(false) {
        return Finding::unsure(
            check,
            Diagnostic::new(
                "two-factor authentication is off, and Heroku asks every account for it",
                "turn it on at https://dashboard.heroku.com/account, unless you log in by single sign-on",
            ),
        );
    }
    let second = match account.two_factor_authentication {
        Some(true) => ", two-factor authentication is on",
        _ => "",
    };
    Finding::ok(check, format!("nothing is owed{second}"))
}

/// Source of what a scope allows: <https://devcenter.heroku.com/articles/oauth#scopes>.
fn scope_finding(scope: Result<Option<Vec<String>>, Error>) -> Finding {
    let check = Check::HerokuScope;
    match scope {
        Ok(Some(scope)) if scope.iter().any(|one| one == "global") => Finding::ok(
            check,
            "global: it may read, write, and make the workflow's own authorization",
        ),
        Ok(Some(scope)) => Finding::unsure(
            check,
            Diagnostic::new(
                format!(
                    "{}: whether it may make the workflow's own authorization is not known before it does",
                    scope.join(", ")
                ),
                GLOBAL,
            ),
        ),
        Ok(None) => Finding::ok(
            check,
            "it may read the account's authorizations, as by Heroku's documentation only the scope global may; Heroku does not name its scope",
        ),
        Err(error) if error.is_forbidden() => {
            let said = error.diagnostic().summary;
            let says = format!(
                "it may not read authorizations, and so not make the workflow's own: {said}"
            );
            Finding::wrong(check, Diagnostic::new(says, GLOBAL))
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

/// The app as the plan sees it.
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
            Ok(item) if item.change() == Change::Create => Finding::ok(
                check,
                format!("{name} does not exist yet: `deploy` creates it"),
            ),
            Ok(item) => {
                let mut says = format!("{name} exists");
                for Difference { name, old, new } in &item.differences {
                    if let (Some(old), Some(new)) = (old, new) {
                        let _ = write!(says, "; `deploy` changes its {name} from {old} to {new}");
                    }
                }
                if !desired.brings_image() {
                    says += "; `deploy` leaves its stack, releases and formation alone";
                }
                let lacks = || plan::lacks_process_type(desired, live?);
                let wrong = app.and_then(|app| plan::wrong_region(desired, &app));
                match wrong.or_else(lacks) {
                    None => Finding::ok(check, says),
                    Some(wrong) => {
                        let wrong = wrong.map_summary(|summary| format!("{says}; {summary}"));
                        Finding::unsure(check, wrong)
                    }
                }
            }
        },
        Err(Error::NameTaken { refusal, .. }) => Finding::wrong(
            check,
            Diagnostic::new(
                format!("{name} is another account's: {}", refusal.said()),
                "choose another `app` in [heroku], or ask its owner for access",
            ),
        ),
        Err(error) => Finding::wrong(check, error.diagnostic()),
    }
}

fn team_finding(name: &str, team: Result<Team, Error>) -> Finding {
    let check = Check::HerokuTeam;
    let next = "`heroku teams` shows yours: put one into `team` in [heroku], or leave `team` out";
    match team {
        // Source: https://devcenter.heroku.com/articles/app-permissions.
        Ok(team) if team.role == "collaborator" => Finding::unsure(
            check,
            Diagnostic::new(
                format!("{name} has the account as a collaborator, who cannot create apps in it"),
                "ask an admin of the team to make it a member",
            ),
        ),
        Ok(team) if team.role.is_empty() => Finding::ok(check, name),
        Ok(team) => Finding::ok(check, format!("{name}, as {}", team.role)),
        Err(error) if error.is_not_found() || error.is_forbidden() => {
            let said = error.diagnostic().summary;
            Finding::wrong(check, Diagnostic::new(format!("{name}: {said}"), next))
        }
        Err(error) => Finding::wrong(check, error.diagnostic()),
    }
}
