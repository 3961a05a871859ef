//! Azure: sign-in, subscription, resource providers, role, location.

use super::check::{Check, Finding};
use crate::config::Config;
use crate::deploy::azure::{
    Arm, Credential, Error, Permission, Provider, ResourceGroup, Subscription, Workflow,
};
use crate::deploy::compare;
use crate::deploy::connect::{Endpoints, Lookup};
use crate::deploy::desired::DesiredState;
use crate::deploy::difference::LiveValue;
use crate::deploy::http::Http;
use crate::deploy::naming::show_location;
use crate::diagnostic::{Diagnose as _, Diagnostic};

const LOGIC: &str = "Microsoft.Logic";
const INSIGHTS: &str = "Microsoft.Insights";

/// The checks, in their order.
pub(super) fn checks(config: Option<&Config>) -> Vec<Check> {
    let mut checks = vec![
        Check::AzureSignIn,
        Check::AzureSubscription,
        Check::AzureLogic,
    ];
    if config.is_some_and(has_alerts) {
        checks.push(Check::AzureInsights);
    }
    checks.extend([Check::AzureRole, Check::AzureLocation]);
    checks
}

fn has_alerts(config: &Config) -> bool {
    config.alert.email.is_some()
}

pub(super) async fn examine(
    lookup: Lookup<'_>,
    configured: Option<(&Config, &DesiredState)>,
    endpoints: &Endpoints,
    http: &Http,
) -> Vec<Finding> {
    let config = configured.map(|(config, _)| config);
    // Adds a finding for each remaining check: skipped, because `prerequisite` did not succeed.
    let then_skipped = |mut known: Vec<Finding>, prerequisite: Check| {
        let rest = checks(config).into_iter().skip(known.len());
        known.extend(rest.map(|check| Finding::skipped(check, prerequisite)));
        known
    };
    let credential = match Credential::from_environment(http, lookup) {
        Ok(credential) => credential,
        Err(error) => {
            let wrong = Finding::wrong(Check::AzureSignIn, error.diagnostic());
            return then_skipped(vec![wrong], Check::AzureSignIn);
        }
    };
    let arm = Arm::new(http.clone(), endpoints.arm.clone(), credential);
    let subscription = match config {
        Some(config) => arm
            .subscription(config.azure.subscription.as_deref())
            .await
            .map(Some),
        None => arm.subscriptions().await.map(|_| None),
    };
    if let Some(diagnostic) = subscription.as_ref().err().and_then(not_signed_in) {
        return then_skipped(
            vec![Finding::wrong(Check::AzureSignIn, diagnostic)],
            Check::AzureSignIn,
        );
    }
    let signed_in = Finding::ok(Check::AzureSignIn, arm.sign_in_method());
    let (subscription, (config, desired)) = match (subscription, configured) {
        (Err(error), _) => {
            let wrong = Finding::wrong(Check::AzureSubscription, error.diagnostic());
            return then_skipped(vec![signed_in, wrong], Check::AzureSubscription);
        }
        (Ok(Some(subscription)), Some(configured)) => (subscription, configured),
        (Ok(_), _) => return then_skipped(vec![signed_in], Check::File),
    };
    let id = subscription.id.as_str();
    let insights = async {
        if has_alerts(config) {
            Some(arm.provider(id, INSIGHTS).await)
        } else {
            None
        }
    };
    let name = &config.azure.resource_group;
    let (group, logic, insights) = tokio::join!(
        arm.resource_group(id, name),
        arm.provider(id, LOGIC),
        insights,
    );
    let mut findings = vec![signed_in, subscription_finding(&subscription)];
    findings.push(provider_finding(Check::AzureLogic, LOGIC, &logic));
    if let Some(insights) = insights {
        findings.push(provider_finding(Check::AzureInsights, INSIGHTS, &insights));
    }
    match group {
        Ok(group) => {
            let group = group.as_ref();
            let workflows = async {
                match group {
                    Some(_) => {
                        let concerned = |name: &str, tags: &_| desired.concerns(name, tags);
                        arm.workflows(id, name, concerned).await
                    }
                    None => Ok(Vec::new()),
                }
            };
            let role = role_finding(&arm, id, config, group, lookup);
            let (role, workflows) = tokio::join!(role, workflows);
            findings.push(role);
            findings.push(match workflows {
                Ok(workflows) => location_finding(desired, group, &workflows, logic),
                Err(error) => Finding::wrong(Check::AzureLocation, error.diagnostic()),
            });
        }
        Err(error) => {
            findings.push(Finding::wrong(Check::AzureRole, error.diagnostic()));
            findings.push(Finding::skipped(Check::AzureLocation, Check::AzureRole));
        }
    }
    findings
}

/// The diagnostic if the sign-in failed, or Azure rejects its token.
fn not_signed_in(error: &Error) -> Option<Diagnostic> {
    let is_refused = |error: &Error| matches!(error, Error::Refused(refusal) if refusal.status == http::StatusCode::UNAUTHORIZED);
    match error {
        Error::SignIn(error) => Some(error.diagnostic()),
        error if is_refused(error) => Some(error.diagnostic()),
        _ => None,
    }
}

fn subscription_finding(subscription: &Subscription) -> Finding {
    let Subscription { id, name, state } = subscription;
    let check = Check::AzureSubscription;
    if state == "Enabled" {
        return Finding::ok(check, format!("{name} ({id}), enabled"));
    }
    Finding::unsure(
        check,
        Diagnostic::new(
            format!("{name} ({id}) is {state} and may be disabled soon"),
            "see its overview at https://portal.azure.com, or choose another `subscription` in [azure]",
        ),
    )
}

fn provider_finding(check: Check, namespace: &str, provider: &Result<Provider, Error>) -> Finding {
    let register = format!("run `az provider register --namespace {namespace}` and wait a minute");
    match provider {
        Ok(provider) => match provider.registration_state.as_str() {
            "Registered" => Finding::ok(check, format!("{namespace} is registered")),
            "Registering" => Finding::unsure(
                check,
                Diagnostic::new(
                    format!("{namespace} is being registered"),
                    "wait a minute, then run the command again",
                ),
            ),
            state => Finding::wrong(
                check,
                Diagnostic::new(
                    format!("{namespace} is {state} in this subscription"),
                    register,
                ),
            ),
        },
        Err(error) => Finding::unsure(check, error.diagnostic()),
    }
}

/// Checks that the signed-in identity has all permissions that a deployment needs.
async fn role_finding(
    arm: &Arm,
    subscription: &str,
    config: &Config,
    group: Option<&ResourceGroup>,
    lookup: Lookup<'_>,
) -> Finding {
    let check = Check::AzureRole;
    let name = &config.azure.resource_group;
    let permissions = arm.permissions(subscription, group.map(|_| name.as_str()));
    let permissions = match permissions.await {
        Ok(permissions) => permissions,
        Err(error) => return Finding::unsure(check, error.diagnostic()),
    };
    let mut needed = vec![
        "Microsoft.Resources/deployments/write",
        "Microsoft.Logic/workflows/write",
        "Microsoft.Logic/workflows/triggers/run/action",
    ];
    if group.is_none() {
        needed.push("Microsoft.Resources/subscriptions/resourceGroups/write");
    }
    if has_alerts(config) {
        needed.extend([
            "Microsoft.Insights/actionGroups/write",
            "Microsoft.Insights/metricAlerts/write",
        ]);
    }
    // One of the permissions has to allow the action.
    let may = |action: &&str| {
        permissions
            .iter()
            .any(|one: &Permission| one.allows(action))
    };
    let lacking: Vec<_> = needed.into_iter().filter(|action| !may(action)).collect();
    let (target, scope) = match group {
        Some(group) => (format!("the resource group {name}"), group.id.clone()),
        None => (
            format!("the subscription (the resource group {name} does not exist yet)"),
            format!("/subscriptions/{subscription}"),
        ),
    };
    if lacking.is_empty() {
        return Finding::ok(check, format!("can deploy to {target}"));
    }
    // The identity that needs the role: the service principal, or a placeholder for the address of
    // the signed-in user.
    let who = lookup("AZURE_CLIENT_ID").unwrap_or_else(|| "YOUR-ADDRESS".to_owned());
    Finding::wrong(
        check,
        Diagnostic::new(
            format!(
                "the signed-in identity lacks {} on {target}",
                lacking.join(", ")
            ),
            format!(
                "ask its owner to run `az role assignment create --assignee {who} --role Contributor --scope {scope}`"
            ),
        ),
    )
}

/// Checks that all deployed workflows are in the required location, and that it offers Logic Apps.
fn location_finding(
    desired: &DesiredState,
    group: Option<&ResourceGroup>,
    workflows: &[Workflow],
    logic: Result<Provider, Error>,
) -> Finding {
    let check = Check::AzureLocation;
    let (location, shown, show) = match (&desired.location, group) {
        (Some(location), _) => (location, location.clone(), None),
        (None, Some(ResourceGroup { id, location, .. })) => {
            let shown = LiveValue::location(&desired.location_scope(), location);
            (location, shown.to_string(), show_location(id, location))
        }
        (None, None) => {
            let name = &desired.resource_group;
            return Finding::wrong(
                check,
                Diagnostic::new(
                    format!(
                        "the resource group {name} does not exist, and no location to create it in is set"
                    ),
                    "add a location to [azure], such as `location = \"westeurope\"`",
                ),
            );
        }
    };
    let mut deployed = desired.jobs.iter().filter_map(|job| {
        let mut workflows = workflows.iter();
        workflows.find(|workflow| job.has_workflow(workflow))
    });
    let moved = deployed.find_map(|workflow| {
        let error = compare::check_location(desired, group, workflow).err()?;
        // A workflow of another deployment is not moved: `destroy` keeps it.
        let checked = desired.check_mark(workflow);
        let checked = checked.and_then(|()| desired.check_deployment(workflow));
        Some(checked.err().unwrap_or(error))
    });
    if let Some(error) = moved {
        return Finding::wrong(check, error.diagnostic());
    }
    let Ok(logic) = logic else {
        return Finding::skipped(check, Check::AzureLogic);
    };
    let locations = logic.locations("workflows");
    let mut offered = locations.iter();
    if let Some(name) = offered.find(|one| compare::same_location(one, location)) {
        // A name in this public list is not a secret, so it is shown even if Picletter does not know it.
        return Finding::ok(check, format!("{name} offers Logic Apps"));
    }
    let show = show.map(|command| format!("; {command} prints the resource group's location"));
    Finding::wrong(
        check,
        Diagnostic::new(
            format!("{shown} does not offer Logic Apps"),
            format!(
                "set `location` in [azure] to one of {}{}",
                locations.join(", "),
                show.unwrap_or_default()
            ),
        ),
    )
}
