//! What to do about what Azure says.

use http::StatusCode;

use crate::shell::picletter;

/// What to do about an error of Azure Resource Manager or Logic Apps.
///
/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.
pub(super) fn for_arm_error(code: &str, message: &str) -> Option<String> {
    let advice = match code {
        "AuthorizationFailed" | "LinkedAuthorizationFailed" => CONTRIBUTOR,
        "SubscriptionNotFound" | "InvalidSubscriptionId" => {
            "check azure.subscription in picletter.toml; `az account list` shows which there are for whoever signs in"
        }
        "ReadOnlyDisabledSubscription" => {
            "the subscription is disabled: see its overview in Azure's portal"
        }
        "InvalidAuthenticationToken"
        | "InvalidAuthenticationTokenTenant"
        | "AuthenticationFailed"
        | "ExpiredAuthenticationToken" => {
            "sign in again with `az login` (`--tenant` for another tenant), or check AZURE_TENANT_ID"
        }
        "DeploymentActive" => {
            "another deployment of this workflow still goes on: wait for its end, then run this again"
        }
        "MissingSubscriptionRegistration" => {
            let namespace = quoted(message).unwrap_or("Microsoft.Logic");
            return Some(format!(
                "run `az provider register --namespace {namespace}`, which takes a minute, then this again"
            ));
        }
        "ResourceGroupBeingDeleted" => {
            "the resource group is being deleted: wait until it is gone, then run this again"
        }
        "InvalidResourceGroupLocation" => {
            "the group is elsewhere already: put its location into azure.location, or name another group"
        }
        "LocationNotAvailableForResourceType" | "LocationNotAvailableForResourceGroup" => {
            "name another region in azure.location; `az account list-locations` shows which there are"
        }
        "RequestDisallowedByPolicy" => {
            "a policy of the subscription forbids it: whoever owns the subscription can exempt the resource group, or name what is allowed"
        }
        "ScopeLocked" => "a lock keeps it from being changed: `az lock list` shows which",
        quota if quota.contains("Quota") => {
            "the subscription's quota is used up: remove what is not needed, or ask for more in Azure's portal"
        }
        "TooManyRequests" | "SubscriptionRequestsThrottled" => THROTTLED,
        _ => return None,
    };
    Some(advice.to_owned())
}

/// What to do about an error of Azure Resource Manager or Logic Apps whose code is not known, by its
/// status alone.
pub(super) fn for_status(status: StatusCode) -> Option<String> {
    let advice = match status.as_u16() {
        300..=399 => "Azure does not redirect such a request: check AZURE_RESOURCE_MANAGER_URL",
        401 => {
            "sign in again with `az login`, or check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        }
        403 => CONTRIBUTOR,
        404 => {
            return Some(format!(
                "it is not there, or no longer: {} shows what is",
                picletter("plan")
            ));
        }
        409 => {
            "something else changes the same, or is in its way: wait a minute, then run this again"
        }
        429 => THROTTLED,
        500.. => "see https://azure.status.microsoft, then run this again",
        _ => return None,
    };
    Some(advice.to_owned())
}

/// What to do about an answer that is not in Azure's format.
pub(super) const NOT_AZURE: &str =
    "check AZURE_RESOURCE_MANAGER_URL and HTTPS_PROXY: a proxy may answer instead of Azure";

const CONTRIBUTOR: &str = "whoever signs in needs the role Contributor on the resource group, or on the subscription where the group is still to be created (`az role assignment create --role Contributor`)";

const THROTTLED: &str =
    "Azure limits how often it may be asked: wait a minute, then run this again";

/// What to do about an error of Entra, by the number that its words begin with.
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
            "AZURE_CLIENT_SECRET is wrong: it must be the secret's value, which is shown once, not its id"
        }
        "7000222" => {
            "AZURE_CLIENT_SECRET has expired: `az ad app credential reset --id $AZURE_CLIENT_ID` makes a new one"
        }
        "700016" => "AZURE_CLIENT_ID names no application of the tenant AZURE_TENANT_ID",
        "90002" | "900023" | "900021" => {
            "AZURE_TENANT_ID is wrong: `az account show --query tenantId` shows it"
        }
        "70021" | "700211" | "700212" | "700213" => {
            "the application's federated credential must have the issuer, subject and audience of the token in AZURE_FEDERATED_TOKEN_FILE"
        }
        "700024" => {
            "the token in AZURE_FEDERATED_TOKEN_FILE has expired: have it written anew, then run this again"
        }
        "50173" | "700082" | "70043" | "50076" | "50078" | "50079" => {
            "the sign-in is no longer good: run `az login` again"
        }
        _ => return None,
    })
}

fn quoted(text: &str) -> Option<&str> {
    text.split('\'').nth(1)
}
