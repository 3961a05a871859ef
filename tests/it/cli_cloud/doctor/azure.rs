//! Azure: the sign-in, the subscription, providers, permissions, and the location.

use serde_json::{Value, json};

use super::{Defect, assert_report, table};
use crate::cli_cloud::jobs;
use crate::support::cli::{Cli, stderr, stdout};

const DEFECTS: &[Defect] = &[
    ("an incomplete service principal", |cli| {
        cli.unset_variable("AZURE_TENANT_ID");
    }),
    ("a wrong client secret", |cli| {
        cli.set_variable("AZURE_CLIENT_SECRET", "not-this-one");
    }),
    ("an unknown subscription", |cli| {
        cli.edit_config("[azure]", "[azure]\nsubscription = \"Theirs\"");
    }),
    ("a subscription past due", |cli| {
        let subscription = json!({
            "subscriptionId": "00000000-0000-4000-8000-000000000000",
            "displayName": "Sandbox",
            "state": "PastDue",
        });
        cli.answer_json("/subscriptions", 200, &json!({ "value": [subscription] }));
        let refusal = json!({ "error": { "code": "ResourceGroupNotFound", "message": "" } });
        cli.answer_json("/subscriptions/*/resourceGroups/pictures", 404, &refusal);
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("Registered", "West Europe"));
        let permissions = json!({ "value": [{ "actions": ["*"] }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        cli.answer_json(path, 200, &permissions);
    }),
    ("Logic Apps not registered", |cli| {
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("NotRegistered", "West Europe"));
    }),
    ("Azure Monitor during registration", |cli| {
        cli.edit_config(
            "[mail]",
            "[alert]\nemail = \"ops@picletter.example\"\n\n[mail]",
        );
        let path = "/subscriptions/*/providers/Microsoft.Insights";
        cli.answer_json(path, 200, &logic("Registering", "global"));
    }),
    ("a reader", |cli| {
        let permissions = json!({ "value": [{ "actions": ["*/read"], "notActions": [] }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        cli.answer_json(path, 200, &permissions);
    }),
    ("a role without resource groups", |cli| {
        let permissions = json!({ "value": [{
            "actions": ["*"],
            "notActions": ["Microsoft.Resources/subscriptions/resourceGroups/*"],
        }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        cli.answer_json(path, 200, &permissions);
    }),
    ("a location without Logic Apps", |cli| {
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("Registered", "East US"));
    }),
    ("no location", |cli| {
        cli.edit_config("location = \"westeurope\"", "");
    }),
];

fn logic(state: &str, location: &str) -> Value {
    let workflows = json!({ "resourceType": "workflows", "locations": [location] });
    json!({
        "namespace": "Microsoft.Logic",
        "registrationState": state,
        "resourceTypes": [workflows],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_azure_problems_with_help() {
    assert_report("azure", &table(DEFECTS).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_each_spelling_of_the_resource_groups_location() {
    let cli = Cli::deployed().await;
    cli.edit_config("location = \"westeurope\"", "");
    let id = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/pictures";
    let group = json!({ "id": id, "name": "pictures", "location": "West Europe" });
    cli.answer_json("/subscriptions/*/resourceGroups/pictures", 200, &group);

    let printed = stdout(&cli.run("doctor").await);

    let location = "✓ ok       Azure location: westeurope offers Logic Apps";
    assert!(printed.contains(location), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_an_unknown_location_only_if_azure_lists_it() {
    for cli in [jobs::deployed().await, Cli::deployed().await] {
        cli.edit_config("location = \"westeurope\"", "");
        let id = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/pictures";
        let group = json!({ "id": id, "name": "pictures", "location": "Mars Central" });
        let path = "/subscriptions/*/resourceGroups/pictures";
        cli.answer_json(path, 200, &group);
        let plan = stderr(&cli.run("plan").await);
        let (_, shown) = plan.split_once("its resource group is in ").unwrap();
        let (shown, _) = shown.split_once(", and [azure]").unwrap();
        let workflows = format!("{path}/providers/Microsoft.Logic/workflows");
        cli.answer_json(&workflows, 200, &json!({ "value": [] }));

        let unlisted = stdout(&cli.run("doctor").await);
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("Registered", "Mars Central"));
        let listed = stdout(&cli.run("doctor").await);

        // The same fingerprint as in the plan.
        let problem = format!("✗ wrong    Azure location: {shown} does not offer Logic Apps");
        assert!(unlisted.contains(&problem), "{shown}: {unlisted}");
        let show = format!("`az resource show --ids {id} --query location --output tsv` prints");
        assert!(unlisted.contains(&show), "{unlisted}");
        let ok = "✓ ok       Azure location: marscentral offers Logic Apps";
        assert!(listed.contains(ok), "{listed}");
    }
}
