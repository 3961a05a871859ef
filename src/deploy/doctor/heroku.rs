//! Heroku: token, account, scope, app, team.

use super::check::{Check, Finding};
use super::told::Told;
use crate::config::Config;
use crate::deploy::connect::{Endpoints, Lookup};
use crate::deploy::heroku::credentials::token;
use crate::deploy::heroku::{Account, App, Error, HerokuApi, Team};
use crate::deploy::http::Http;

const GLOBAL: &str = "export what `heroku auth:token` prints as HEROKU_API_KEY, or the token that `heroku authorizations:create` makes; both have the scope global";

const BILLING: &str = "https://dashboard.heroku.com/account/billing";

/// What was found.
pub(super) struct Seen {
    pub(super) findings: Vec<Finding>,
    /// Whether the app has something to run that was released; `None` where that is not known.
    pub(super) is_released: Option<bool>,
}

/// The checks, in their order.
pub(super) fn which(config: Option<&Config>) -> Vec<Check> {
    let mut checks = vec![
        Check::HerokuToken,
        Check::HerokuAccount,
        Check::HerokuScope,
        Check::HerokuApp,
    ];
    if config.is_some_and(|config| config.heroku.team.is_some()) {
        checks.push(Check::HerokuTeam);
    }
    checks
}

pub(super) async fn examine(
    lookup: Lookup<'_>,
    config: Option<&Config>,
    endpoints: &Endpoints,
    http: &Http,
) -> Seen {
    let host = endpoints.heroku.host_str().unwrap_or_default();
    let token = match token(host, lookup) {
        Ok(token) => token,
        Err(error) => return nothing_more(config, Told::of(error)),
    };
    let api = HerokuApi::new(http.clone(), endpoints.heroku.clone(), &token);
    let wanted = config.map(|config| &config.heroku);
    let app = async {
        match wanted {
            Some(wanted) => Some(api.app(&wanted.app).await),
            None => None,
        }
    };
    let team = async {
        match wanted.and_then(|wanted| wanted.team.as_ref()) {
            Some(team) => Some((team, api.team(team).await)),
            None => None,
        }
    };
    let formation = async {
        match wanted {
            Some(wanted) => Some((&wanted.process_type, api.formation(&wanted.app).await)),
            None => None,
        }
    };
    let (account, scope, app, team, formation) =
        tokio::join!(api.account(), api.scope_of(&token), app, team, formation);
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
            of_account(&account, team.is_some()),
        ],
        Err(error) if error.is_forbidden() => {
            let said = Told::of_heroku(&error).says;
            let says = format!("{from} may not read the account: {said}");
            vec![
                Finding::unsure(Check::HerokuToken, Told::new(says, GLOBAL)),
                Finding::skipped(Check::HerokuAccount, Check::HerokuToken),
            ]
        }
        Err(error) => {
            let told = Told::of_heroku(&error);
            let says = format!("{from}: {}", told.says);
            return nothing_more(config, Told::new(says, told.next));
        }
    };
    let is_narrow = scope.as_ref().is_err_and(Error::is_forbidden);
    findings.push(of_scope(scope));
    let is_released = match (&app, formation) {
        (Some(Ok(None)), _) => Some(false),
        (Some(Ok(Some(_))), Some((process_type, Ok(formation)))) => {
            Some(formation.iter().any(|one| one.r#type == *process_type))
        }
        _ => None,
    };
    findings.push(match (app, wanted) {
        // Heroku refuses both alike.
        (Some(Err(Error::NameTaken { .. })), _) if is_narrow => {
            Finding::skipped(Check::HerokuApp, Check::HerokuScope)
        }
        (Some(app), Some(wanted)) => of_app(&wanted.app, app),
        _ => Finding::skipped(Check::HerokuApp, Check::File),
    });
    if let Some((name, team)) = team {
        findings.push(of_team(name, team));
    }
    Seen {
        findings,
        is_released,
    }
}

/// The token is of no use.
fn nothing_more(config: Option<&Config>, told: Told) -> Seen {
    let skipped = which(config).into_iter().skip(1);
    let skipped = skipped.map(|check| Finding::skipped(check, Check::HerokuToken));
    Seen {
        findings: std::iter::once(Finding::wrong(Check::HerokuToken, told))
            .chain(skipped)
            .collect(),
        is_released: None,
    }
}

fn of_account(account: &Account, has_team: bool) -> Finding {
    let since = |at: jiff::Timestamp| at.strftime("%F");
    let check = Check::HerokuAccount;
    if let Some(at) = account.suspended_at {
        let says = format!("Heroku has suspended it since {}", since(at));
        return Finding::wrong(check, Told::new(says, "ask https://help.heroku.com why"));
    }
    if let Some(at) = account.delinquent_at {
        let says = format!("an invoice is not paid since {}", since(at));
        return Finding::wrong(check, Told::new(says, format!("pay it at {BILLING}")));
    }
    // A team has its own.
    if account.verified == Some(false) && !has_team {
        let says = "it has no payment method, without which no dyno starts";
        return Finding::wrong(check, Told::new(says, format!("add one at {BILLING}")));
    }
    if account.two_factor_authentication == Some(false) {
        return Finding::unsure(
            check,
            Told::new(
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
fn of_scope(scope: Result<Option<Vec<String>>, Error>) -> Finding {
    let check = Check::HerokuScope;
    match scope {
        Ok(Some(scope)) if scope.iter().any(|one| one == "global") => Finding::ok(
            check,
            "global: it may read, write, and make the workflow's own authorization",
        ),
        Ok(Some(scope)) => Finding::unsure(
            check,
            Told::new(
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
            let said = Told::of_heroku(&error).says;
            let says = format!(
                "it may not read authorizations, and so not make the workflow's own: {said}"
            );
            Finding::wrong(check, Told::new(says, GLOBAL))
        }
        Err(error) => Finding::wrong(check, Told::of_heroku(&error)),
    }
}

fn of_app(name: &str, app: Result<Option<App>, Error>) -> Finding {
    let check = Check::HerokuApp;
    match app {
        Ok(None) => Finding::ok(check, format!("{name} is not there yet: `deploy` makes it")),
        Ok(Some(app)) => {
            let stack = &app.build_stack;
            let stack = if stack == "container" {
                String::new()
            } else {
                format!("; `deploy` moves it from the stack {stack} to container")
            };
            let says = format!("{name} is there, in the region {}{stack}", app.region);
            Finding::ok(check, says)
        }
        Err(Error::NameTaken { refusal, .. }) => Finding::wrong(
            check,
            Told::new(
                format!("{name} is another account's: {}", refusal.said()),
                "choose another `app` in [heroku], or ask its owner for access",
            ),
        ),
        Err(error) => Finding::wrong(check, Told::of_heroku(&error)),
    }
}

fn of_team(name: &str, team: Result<Team, Error>) -> Finding {
    let check = Check::HerokuTeam;
    let next = "`heroku teams` shows yours: put one into `team` in [heroku], or leave `team` out";
    match team {
        // Source: https://devcenter.heroku.com/articles/app-permissions.
        Ok(team) if team.role == "collaborator" => Finding::unsure(
            check,
            Told::new(
                format!("{name} has the account as a collaborator, who cannot create apps in it"),
                "ask an admin of the team to make it a member",
            ),
        ),
        Ok(team) if team.role.is_empty() => Finding::ok(check, name),
        Ok(team) => Finding::ok(check, format!("{name}, as {}", team.role)),
        Err(error) if error.is_not_found() || error.is_forbidden() => {
            let said = Told::of_heroku(&error).says;
            Finding::wrong(check, Told::new(format!("{name}: {said}"), next))
        }
        Err(error) => Finding::wrong(check, Told::of_heroku(&error)),
    }
}
