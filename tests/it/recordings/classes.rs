//! Classes of recordings, and the client functions that receive them.

use crate::recordings::recording::Recording;

/// A service with a file of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Azure,
    Heroku,
    SendGrid,
}

/// The client function that receives a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// `Arm::subscriptions`.
    Subscriptions,
    /// `Arm::subscription`.
    Subscription,
    /// `Arm::provider`.
    Provider,
    /// `Arm::permissions`.
    Permissions,
    /// `Arm::resource_group`.
    Group,
    /// `Arm::create_resource_group`.
    NewGroup,
    /// `Arm::resources`.
    Resources,
    /// `Arm::get`.
    Resource,
    /// `Arm::delete`.
    Deletion,
    /// `Arm::delete`, which follows the operation, or `Arm::what_if` if there is a result.
    OperationResult,
    /// `Arm::delete`, which follows the operation.
    OperationStatus,
    /// `Arm::validate`.
    Validation,
    /// `Arm::what_if`.
    WhatIf,
    /// `Arm::deploy`, as the first response.
    NewDeployment,
    /// `Arm::deploy`, as a later response, and `Arm::is_deploying`.
    Deployment,
    /// `Arm::deploy`, as its list of operations.
    Operations,
    /// `Arm::workflow`.
    Workflow,
    /// `Arm::workflows`.
    Workflows,
    /// `Arm::triggers`.
    Triggers,
    /// `Arm::run_trigger`.
    TriggerRun,
    /// `Arm::enable`.
    Enabling,
    /// `Arm::runs` and `Arm::run`.
    Runs,
    /// `Arm::actions`.
    Actions,
    /// Any function of `Arm`: errors of unused providers have the same format.
    AnyOfArm,
    /// `Arm`, during sign-in.
    SignIn,
    /// `HerokuApi::account`.
    Account,
    /// `HerokuApi::app`.
    App,
    /// `HerokuApi::create_app`.
    NewApp,
    /// `HerokuApi::dynos`.
    Dynos,
    /// `HerokuApi::releases`.
    Releases,
    /// `HerokuApi::await_release`.
    Release,
    /// `HerokuApi::scale`.
    Formation,
    /// `HerokuApi::log_session`.
    LogSession,
    /// `LogStream::next_line`.
    Log,
    /// The worker's `SendGrid::send`.
    MailSend,
    /// `SendGridApi::verified_senders`.
    Senders,
    /// `SendGridApi::authenticated_domains`.
    Domains,
    /// No client function, for this reason.
    Unused(&'static str),
}

/// Recordings of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) service: Service,
    pub(crate) method: &'static str,
    /// `*` matches one segment, `**` at the end any number of segments, and `G/` a resource group.
    /// Case-insensitive.
    pub(crate) path: &'static str,
    pub(crate) receiver: Receiver,
}

const fn azure(method: &'static str, path: &'static str, receiver: Receiver) -> Class {
    Class {
        service: Service::Azure,
        method,
        path,
        receiver,
    }
}

const fn heroku(method: &'static str, path: &'static str, receiver: Receiver) -> Class {
    Class {
        service: Service::Heroku,
        method,
        path,
        receiver,
    }
}

const fn sendgrid(method: &'static str, path: &'static str, receiver: Receiver) -> Class {
    Class {
        service: Service::SendGrid,
        method,
        path,
        receiver,
    }
}

/// All classes. The first match counts.
pub(crate) const CLASSES: &[Class] = &{
    use Receiver::*;
    [
        azure(
            "POST",
            "https://login.microsoftonline.com/*/oauth2/v2.0/token",
            SignIn,
        ),
        azure("GET", "/subscriptions", Subscriptions),
        azure("GET", "/subscriptions/*", Subscription),
        azure(
            "GET",
            "/subscriptions/*/operationresults/*",
            OperationResult,
        ),
        azure("GET", "/subscriptions/*/providers/*", Provider),
        azure("GET", "/subscriptions/*/resources", Resources),
        azure(
            "GET",
            "/subscriptions/*/resourcegroups",
            Unused("no command lists the resource groups of a subscription"),
        ),
        azure("GET", "G", Group),
        azure(
            "HEAD",
            "G",
            Unused("a resource group is read by GET, which also returns its region"),
        ),
        azure("PUT", "G", NewGroup),
        azure("PATCH", "G", NewGroup),
        azure("DELETE", "G", Deletion),
        azure("GET", "G/resources", Resources),
        azure("GET", "G/deployments/*/operations", Operations),
        azure(
            "GET",
            "G/providers/Microsoft.Resources/deployments/",
            Unused("no command lists the deployments of a resource group"),
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Resources/deployments/*",
            Deployment,
        ),
        azure(
            "PUT",
            "G/providers/Microsoft.Resources/deployments/*",
            NewDeployment,
        ),
        azure(
            "DELETE",
            "G/providers/Microsoft.Resources/deployments/*",
            Deletion,
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Resources/deployments/*/operationStatuses/*",
            OperationStatus,
        ),
        azure(
            "POST",
            "G/providers/Microsoft.Resources/deployments/*/validate",
            Validation,
        ),
        azure(
            "POST",
            "/subscriptions/*/providers/Microsoft.Resources/deployments/*/validate",
            Validation,
        ),
        azure(
            "POST",
            "/providers/Microsoft.Resources/deployments/*/validate",
            Validation,
        ),
        azure(
            "POST",
            "/providers/Microsoft.Management/managementGroups/*/providers/Microsoft.Resources/deployments/*/validate",
            Validation,
        ),
        azure(
            "POST",
            "G/providers/Microsoft.Resources/deployments/*/whatIf",
            WhatIf,
        ),
        azure(
            "POST",
            "/subscriptions/*/providers/Microsoft.Resources/deployments/*/whatIf",
            WhatIf,
        ),
        azure(
            "GET",
            "G/providers/*/*/*/providers/Microsoft.Authorization/permissions",
            Permissions,
        ),
        azure("GET", "G/providers/Microsoft.Logic/workflows", Workflows),
        azure("GET", "G/providers/Microsoft.Logic/workflows/*", Workflow),
        // A deployment creates it. The response has the format of GET.
        azure("PUT", "G/providers/Microsoft.Logic/workflows/*", Workflow),
        azure(
            "DELETE",
            "G/providers/Microsoft.Logic/workflows/*",
            Deletion,
        ),
        azure(
            "POST",
            "G/providers/Microsoft.Logic/workflows/*/enable",
            Enabling,
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Logic/workflows/*/triggers",
            Triggers,
        ),
        azure(
            "POST",
            "G/providers/Microsoft.Logic/workflows/*/triggers/*/run",
            TriggerRun,
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Logic/workflows/*/triggers/*/histories",
            Unused("no command shows the firings of a trigger, only the runs"),
        ),
        azure("GET", "G/providers/Microsoft.Logic/workflows/*/runs", Runs),
        azure(
            "GET",
            "G/providers/Microsoft.Logic/workflows/*/runs/*/actions",
            Actions,
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Logic/workflows/*/runs/*/actions/*",
            Unused("the actions of a run are read together"),
        ),
        azure(
            "POST",
            "G/providers/Microsoft.Logic/workflows/*/runs/*/cancel",
            Unused("no command cancels a run"),
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Insights/metricAlerts/*",
            Resource,
        ),
        azure(
            "PUT",
            "G/providers/Microsoft.Insights/metricAlerts/*",
            Resource,
        ),
        azure(
            "DELETE",
            "G/providers/Microsoft.Insights/metricAlerts/*",
            Deletion,
        ),
        azure(
            "GET",
            "G/providers/Microsoft.Insights/actionGroups/*",
            Resource,
        ),
        azure(
            "PUT",
            "G/providers/Microsoft.Insights/actionGroups/*",
            Resource,
        ),
        azure(
            "DELETE",
            "G/providers/Microsoft.Insights/actionGroups/*",
            Deletion,
        ),
        azure("*", "G/providers/**", AnyOfArm),
        azure("GET", "/subscriptions/*/providers/**", AnyOfArm),
        azure("GET", "/providers/**", AnyOfArm),
        heroku("GET", "/account", Account),
        heroku("POST", "/login", Account),
        heroku("GET", "/apps", App),
        heroku("POST", "/apps", NewApp),
        heroku("GET", "/apps/*", App),
        heroku("GET", "/apps/*/dynos", Dynos),
        heroku(
            "POST",
            "/apps/*/dynos/*/actions/stop",
            Unused("the workflow sends it, and reads only the status"),
        ),
        heroku("GET", "/apps/*/releases", Releases),
        heroku("GET", "/apps/*/releases/*", Release),
        heroku("PATCH", "/apps/*/formation", Formation),
        heroku("PATCH", "/apps/*/formation/*", Formation),
        heroku("POST", "/apps/*/log-sessions", LogSession),
        heroku("GET", "https://logs.heroku.com/stream", Log),
        heroku(
            "GET",
            "https://logplex.heroku.com/sessions/*",
            Unused(
                "plain lines, as in 2016: we request text/event-stream, as the vendor's CLI does",
            ),
        ),
        heroku("WEBHOOK", "**", Unused("we use no webhooks of Heroku")),
        sendgrid("POST", "/v3/mail/send", MailSend),
        sendgrid("GET", "/v3/verified_senders", Senders),
        sendgrid("GET", "/v3/whitelabel/domains", Domains),
    ]
};

/// The class of a recording.
pub(crate) fn class_for(recording: &Recording) -> Option<&'static Class> {
    CLASSES.iter().find(|class| {
        class.service == recording.service
            && ["*", &recording.method].contains(&class.method)
            && matches_path(class.path, &recording.path)
    })
}

fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern = match pattern.strip_prefix('G') {
        Some(rest) => format!("/subscriptions/*/resourcegroups/*{rest}"),
        None => pattern.to_owned(),
    };
    let mut parts = path.split('/');
    for expected in pattern.split('/') {
        match (expected, parts.next()) {
            ("**", _) => return true,
            ("*", Some(part)) if !part.is_empty() => {}
            (expected, Some(part)) if expected.eq_ignore_ascii_case(part) => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}
