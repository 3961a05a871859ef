//! Help for Azure's errors.

use std::time::Duration;

use http::StatusCode;

use crate::deploy::http::{outage_help, retry_help};
use crate::shell::picletter;

/// The help for an error of Azure Resource Manager or Logic Apps.
///
/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.
pub(super) fn for_arm_error(
    code: &str,
    message: &str,
    retry_after: Option<Duration>,
) -> Option<String> {
    let help = match code {
        "AuthorizationFailed" | "LinkedAuthorizationFailed" => CONTRIBUTOR,
        "SubscriptionNotFound" | "InvalidSubscriptionId" => {
            "check `subscription` in [azure]; `az account list` lists the subscriptions of the signed-in identity"
        }
        "ReadOnlyDisabledSubscription" => {
            "the subscription is disabled: see its overview in the Azure portal"
        }
        "InvalidAuthenticationToken"
        | "InvalidAuthenticationTokenTenant"
        | "AuthenticationFailed"
        | "ExpiredAuthenticationToken" => {
            "sign in again with `az login` (`--tenant` for another tenant), or check AZURE_TENANT_ID"
        }
        "DeploymentActive" => {
            "another deployment of this workflow is in progress: wait until it ends, then run the command again"
        }
        "MissingSubscriptionRegistration" => {
            let namespace = quoted(message).unwrap_or("Microsoft.Logic");
            return Some(format!(
                "run `az provider register --namespace {namespace}`, wait a minute, then run the command again"
            ));
        }
        "ResourceGroupBeingDeleted" => {
            "the resource group is being deleted: wait until it is gone, then run the command again"
        }
        "InvalidResourceGroupLocation" => {
            "the resource group exists in another location: set `location` in [azure] to that location, or choose another `resource_group`"
        }
        "InvalidResourceLocation" => {
            "the resource exists in another location, and Azure cannot move it: set `location` in [azure] to that location, or delete the resource"
        }
        "LocationNotAvailableForResourceType" | "LocationNotAvailableForResourceGroup" => {
            "choose another `location` in [azure]; `az account list-locations` lists all locations"
        }
        "RequestDisallowedByPolicy" => {
            "a policy of the subscription forbids it: ask the subscription's owner to exempt the resource group, or to name the allowed values"
        }
        "ScopeLocked" => "a lock prevents the change: `az lock list` lists all locks",
        quota if quota.contains("Quota") => {
            "the subscription's quota is exhausted: delete unused resources, or request more quota in the Azure portal"
        }
        "TooManyRequests" | "SubscriptionRequestsThrottled" => {
            return Some(rate_limit(retry_after));
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// The help for an error of Azure Resource Manager or Logic Apps whose code is unknown. It depends
/// on the HTTP status.
pub(super) fn for_status(status: StatusCode, retry_after: Option<Duration>) -> Option<String> {
    let help = match status.as_u16() {
        300..=399 => "Azure does not redirect such requests: check AZURE_RESOURCE_MANAGER_URL",
        401 => {
            "sign in again with `az login`, or check AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET"
        }
        403 => CONTRIBUTOR,
        404 => {
            return Some(format!(
                "it does not exist, or no longer exists: run {} to see the current state",
                picletter("plan")
            ));
        }
        409 => "a concurrent change conflicts with it: wait a minute, then run the command again",
        429 => return Some(rate_limit(retry_after)),
        500.. => return Some(outage_help("https://azure.status.microsoft", retry_after)),
        _ => return None,
    };
    Some(help.to_owned())
}

/// The help for an answer that is not in Azure's format.
pub(super) const NOT_AZURE: &str =
    "check AZURE_RESOURCE_MANAGER_URL and HTTPS_PROXY: the answer may come from a proxy";

const CONTRIBUTOR: &str = "the signed-in identity needs the role Contributor on the resource group, or on the subscription if the group does not exist yet (`az role assignment create --role Contributor`)";

/// The help for a rate limit, with the wait that Azure requires.
fn rate_limit(retry_after: Option<Duration>) -> String {
    let wait = retry_help(retry_after, "a minute");
    format!("Azure's rate limit is reached: {wait}")
}

/// The help for an error of Entra. It depends on the number at the start of the error's message.
///
/// Source: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
pub(super) fn for_entra_error(words: &str) -> Option<&'static str> {
    let number: String = words
        .split_once("AADSTS")?
        .1
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    Some(match number.as_str() {
        "7000215" => {
            "AZURE_CLIENT_SECRET is wrong: set it to the secret's value, not to its id; Azure shows the value only once"
        }
        "7000222" => {
            "AZURE_CLIENT_SECRET has expired: `az ad app credential reset --id $AZURE_CLIENT_ID` creates a new one"
        }
        "700016" => "the tenant AZURE_TENANT_ID has no application AZURE_CLIENT_ID: check both",
        "90002" | "900023" | "900021" => {
            "AZURE_TENANT_ID is wrong: `az account show --query tenantId` shows it"
        }
        "70021" | "700211" | "700212" | "700213" => {
            "the application's federated credential must have the issuer, subject, and audience of the token in AZURE_FEDERATED_TOKEN_FILE"
        }
        "700024" => {
            "the token in AZURE_FEDERATED_TOKEN_FILE has expired: renew it, then run the command again"
        }
        "50173" | "700082" | "70043" | "50076" | "50078" | "50079" => {
            "the sign-in has expired: run `az login` again"
        }
        _ => return None,
    })
}

fn quoted(text: &str) -> Option<&str> {
    text.split('\'').nth(1)
}
