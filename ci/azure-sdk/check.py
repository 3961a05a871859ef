"""Checks Microsoft's Python packages against the fake of Azure.

Expects the variables that examples/sandbox.rs prints, and the template as its argument.
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.mgmt.logic import LogicManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient

URL = os.environ["AZURE_RESOURCE_MANAGER_URL"]
SCOPE = "https://management.azure.com/.default"
GROUP, WORKFLOW, DEPLOYMENT = "sdk", "picletter-app", "picletter-sdk"


class ServicePrincipal:
    """Signs in over plain HTTP; azure-identity takes only an authority with https."""

    def get_token(self, *scopes, **_):
        form = {
            "client_id": os.environ["AZURE_CLIENT_ID"],
            "client_secret": os.environ["AZURE_CLIENT_SECRET"],
            "grant_type": "client_credentials",
            "scope": " ".join(scopes),
        }
        authority, tenant = os.environ["AZURE_AUTHORITY_HOST"], os.environ["AZURE_TENANT_ID"]
        url = f"{authority}/{tenant}/oauth2/v2.0/token"
        with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()) as answer:
            token = json.load(answer)
        return AccessToken(token["access_token"], int(time.time()) + token["expires_in"])


class OverPlainHttp(BearerTokenCredentialPolicy):
    """azure-core sends no token over plain HTTP unless a request sets enforce_https=False."""

    def on_request(self, request):
        request.context.options["enforce_https"] = False
        super().on_request(request)


def client(kind, *arguments):
    credential = ServicePrincipal()
    policy = OverPlainHttp(credential, SCOPE)
    return kind(credential, *arguments, base_url=URL, authentication_policy=policy)


def step(text):
    print(f"  {text}", flush=True)


def expect(what, actual, expected):
    if actual != expected:
        sys.exit(f"{what}: {actual!r} instead of {expected!r}")


def refused(code, call):
    try:
        call()
    except HttpResponseError as error:
        expect("the code of the error", error.error.code, code)
    else:
        sys.exit(f"{code} was expected, and nothing was refused")


def kinds(outcome):
    expect("what-if", outcome.status, "Succeeded")
    changes = outcome.changes if outcome.changes is not None else outcome.properties.changes
    return {str(getattr(change.change_type, "value", change.change_type)) for change in changes}


def main():
    request = urllib.request.Request(f"{URL}/subscriptions?api-version=2022-12-01")
    request.add_header("Authorization", f"Bearer {ServicePrincipal().get_token(SCOPE).token}")
    with urllib.request.urlopen(request) as answer:
        subscription = json.load(answer)["value"][0]["subscriptionId"]
    groups = client(ResourceManagementClient, subscription).resource_groups
    deployments = client(DeploymentsMgmtClient, subscription).deployments
    logic = client(LogicManagementClient, subscription)

    step("resource group")
    expect("existence", groups.check_existence(GROUP), False)
    groups.create_or_update(GROUP, {"location": "westeurope", "tags": {"made-by": "sdk"}})
    expect("existence", groups.check_existence(GROUP), True)
    expect("location", groups.get(GROUP).location, "westeurope")

    with open(sys.argv[1], encoding="utf-8") as file:
        template = json.load(file)
    given = {
        "app": "picletter-app",
        "heroku_token": os.environ["HEROKU_API_KEY"],
        "heroku_api_url": os.environ["HEROKU_API_URL"],
        "alert_address": "operator@picletter.example",
    }

    def properties(**others):
        parameters = {name: {"value": value} for name, value in (given | others).items()}
        return {
            "properties": {"mode": "Incremental", "template": template, "parameters": parameters}
        }

    step("validation and what-if")
    validated = deployments.begin_validate(GROUP, DEPLOYMENT, properties()).result()
    expect("validation", validated.properties.provisioning_state, "Succeeded")
    refused(
        "InvalidTemplate",
        lambda: deployments.begin_validate(GROUP, DEPLOYMENT, properties(app="x")).result(),
    )
    outcome = deployments.begin_what_if(GROUP, DEPLOYMENT, properties()).result()
    expect("changes before the deployment", kinds(outcome), {"Create"})

    step("deployment")
    deployed = deployments.begin_create_or_update(GROUP, DEPLOYMENT, properties()).result()
    expect("the deployment", deployed.properties.provisioning_state, "Succeeded")
    outcome = deployments.begin_what_if(GROUP, DEPLOYMENT, properties()).result()
    expect("changes afterwards", kinds(outcome), {"NoChange"})

    step("workflow")
    workflow = logic.workflows.get(GROUP, WORKFLOW)
    expect("the state", workflow.state, "Enabled")
    if "heroku_token" in workflow.parameters:
        sys.exit("a secret parameter was shown")
    (trigger,) = logic.workflow_triggers.list(GROUP, WORKFLOW)
    expect("the recurrence", trigger.recurrence.frequency, "Day")
    logic.workflow_triggers.run(GROUP, WORKFLOW, trigger.name)
    for _ in range(100):
        (run,) = logic.workflow_runs.list(GROUP, WORKFLOW)
        if run.end_time:
            break
        time.sleep(0.1)
    expect("the run", run.status, "Succeeded")
    actions = {action.name: action for action in
               logic.workflow_run_actions.list(GROUP, WORKFLOW, run.name)}
    expect("the action Run", actions["Run"].status, "Succeeded")

    step("disabled and enabled")
    logic.workflows.disable(GROUP, WORKFLOW)
    expect("the state", logic.workflows.get(GROUP, WORKFLOW).state, "Disabled")
    refused(
        "WorkflowTriggerIsNotEnabled",
        lambda: logic.workflow_triggers.run(GROUP, WORKFLOW, trigger.name),
    )
    logic.workflows.enable(GROUP, WORKFLOW)

    step("deletion")
    logic.workflows.delete(GROUP, WORKFLOW)
    try:
        logic.workflows.get(GROUP, WORKFLOW)
        sys.exit("the deleted workflow is still there")
    except ResourceNotFoundError:
        pass
    groups.begin_delete(GROUP).result()
    expect("existence", groups.check_existence(GROUP), False)


main()
