//! The scenarios. Each asserts documented behavior of the real service.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use http::Method;
use picletter_core::deploy::azure::Deployment;
use picletter_core::deploy::heroku::NewApp;
use picletter_worker::budget::Stop;
use picletter_worker::outcome::{Outcome, Report};
use picletter_worker::settings::{Variables, read};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::services::Services;
use crate::support::publish::Target;
use picletter_test_support::slug_archive::archive;

type Scenario = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) fn all(services: &Arc<Services>) -> [(&'static str, Scenario); 3] {
    let services = || Arc::clone(services);
    [
        ("Heroku", Box::pin(heroku(services()))),
        ("Azure", Box::pin(azure(services()))),
        ("SendGrid", Box::pin(sendgrid(services()))),
    ]
}

pub(crate) async fn create_app(services: &Services) {
    let new = NewApp {
        name: services.name.clone(),
        region: None,
        team: None,
    };
    let app = services.clouds.heroku.create_app(&new).await.unwrap();
    assert_eq!(app.name, services.name);
    assert_eq!(app.build_stack, "container");
}

pub(crate) async fn create_group(services: &Services) {
    let subscription = services.subscription().await.unwrap();
    let tags = BTreeMap::from([("made-by".to_owned(), "picletter".to_owned())]);
    let arm = &services.clouds.arm;
    let group = arm.create_resource_group(&subscription, &services.name, "westeurope", &tags);
    let group = group.await.unwrap();
    assert_eq!(group.location, "westeurope");
    assert_eq!(group.tags, tags);
}

/// Creates an app, sets config vars, releases a slug, sets a dyno size, starts a one-off dyno,
/// lists it, stops it, and deletes the app. The dyno ends after two minutes at the latest.
pub(crate) async fn heroku(services: Arc<Services>) {
    create_app(&services).await;
    let (heroku, app) = (&services.clouds.heroku, &services.name);
    let target = Target {
        client: services.client.clone(),
        api: &services.heroku_url,
        token: services.heroku_token.expose_secret(),
        app,
    };
    let path = format!("/apps/{app}");
    // Heroku changes the stack of an app without deployments immediately.
    let stack = json!({ "build_stack": "heroku-24" });
    let changed = target.call(Method::PATCH, &path, &stack).await.unwrap();
    assert_eq!(changed["stack"]["name"], "heroku-24");

    let vars = BTreeMap::from([("GREETED".to_owned(), Some("the app".into()))]);
    heroku.set_config_vars(app, &vars).await.unwrap();
    let read = heroku.config_vars(app).await.unwrap();
    assert_eq!(read["GREETED"].expose_secret(), "the app");

    let script = archive(&[("bin/greet", r#"echo "hello from $GREETED"; sleep 100"#)]);
    let procfile = json!({ "greeter": "bin/greet" });
    target.publish(procfile, script).await.unwrap();
    let formation = heroku.formation(app).await.unwrap();
    let listed: Vec<_> = formation
        .iter()
        .map(|one| (&*one.r#type, one.quantity))
        .collect();
    assert_eq!(listed, [("greeter", 0)]);
    // The account's default size may be Eco or Basic.
    let formation = heroku.scale(app, "greeter", 0, "basic").await.unwrap();
    assert_eq!(
        (formation[0].quantity, &*formation[0].size),
        (0, "Basic"),
        "{formation:?}"
    );
    let latest = heroku.releases(app, 1).await.unwrap().remove(0);
    assert_eq!(latest.status, "succeeded");

    let started = start(&services, &target).await;
    let name = started["name"].as_str().unwrap();
    assert!(name.starts_with("run."), "{started}");
    assert_eq!(started["type"], "run");
    assert_eq!(started["command"], "RUN_ID=a/b/c bin/greet");
    let listed_dyno = async || {
        let dynos = heroku.dynos(app).await.unwrap();
        dynos.into_iter().find(|dyno| dyno.name == name)
    };
    loop {
        let dyno = listed_dyno()
            .await
            .expect("the dyno is listed while it runs");
        assert_eq!(dyno.command, "RUN_ID=a/b/c bin/greet");
        assert!(
            ["starting", "up"].contains(&dyno.state.as_str()),
            "{dyno:?}"
        );
        if dyno.state == "up" {
            break;
        }
        sleep(services.poll).await;
    }

    let stop = format!("/apps/{app}/dynos/{name}/actions/stop");
    target.call(Method::POST, &stop, &json!({})).await.unwrap();
    while listed_dyno().await.is_some() {
        sleep(services.poll).await;
    }

    heroku.delete_app(app).await.unwrap();
    assert!(heroku.app(app).await.unwrap().is_none());
}

/// Starts a one-off dyno. Right after a release, Heroku may respond with 409.
async fn start(services: &Services, target: &Target<'_>) -> Value {
    let path = format!("/apps/{}/dynos", services.name);
    let body = json!({
        "command": "RUN_ID=a/b/c bin/greet",
        "type": "run",
        "attach": false,
        "time_to_live": 120,
    });
    loop {
        match target.call(Method::POST, &path, &body).await {
            Ok(dyno) => return dyno,
            Err(error) if error.contains("409") => sleep(services.poll).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A workflow that is due in 2060, composes a greeting, and fails intentionally.
fn template() -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{
            "type": "Microsoft.Logic/workflows",
            "apiVersion": "2019-05-01",
            "name": "greeter",
            "location": "[resourceGroup().location]",
            "properties": {
                "state": "Enabled",
                "definition": {
                    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
                    "contentVersion": "1.0.0.0",
                    "triggers": {
                        "Yearly": {
                            "type": "Recurrence",
                            "recurrence": {
                                "frequency": "Month",
                                "interval": 12,
                                "startTime": "2060-01-01T00:00:00Z",
                            },
                        },
                    },
                    "actions": {
                        "Greet": { "type": "Compose", "inputs": "@concat('hello ', 'workflow')", "runAfter": {} },
                        "Refuse": {
                            "type": "Terminate",
                            "inputs": {
                                "runStatus": "Failed",
                                "runError": { "code": "as_planned", "message": "It was to fail." },
                            },
                            "runAfter": { "Greet": ["Succeeded"] },
                        },
                    },
                },
            },
        }],
    })
}

/// Creates a resource group, deploys a workflow, runs it, reads its history, and deletes all of it.
pub(crate) async fn azure(services: Arc<Services>) {
    create_group(&services).await;
    let (arm, group) = (&services.clouds.arm, &services.name);
    let subscription = services.subscription().await.unwrap();
    let deployment = Deployment {
        subscription: subscription.clone(),
        resource_group: group.clone(),
        name: "greeter".to_owned(),
        template: template(),
        parameters: BTreeMap::new(),
    };
    arm.validate(&deployment).await.unwrap();
    let deployed = arm.deploy(&deployment, |_| {}).await.unwrap();
    let id = format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Logic/workflows/greeter"
    );
    assert_eq!(deployed.resources.len(), 1);
    assert!(
        deployed.resources[0].eq_ignore_ascii_case(&id),
        "{deployed:?}"
    );

    let workflow = arm.workflow(&id).await.unwrap().unwrap();
    assert_eq!((&*workflow.name, &*workflow.state), ("greeter", "Enabled"));
    let listed = arm
        .workflows(&subscription, group, |_, _| true)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].definition, workflow.definition);
    assert_eq!(listed[0].parameters, workflow.parameters);
    let triggers = arm.triggers(&id).await.unwrap();
    assert_eq!(triggers.len(), 1);
    assert_eq!(triggers[0].name, "Yearly");
    assert!(arm.runs(&id, 10, None).await.unwrap().is_empty());

    let run = arm.run_trigger(&id, "Yearly").await.unwrap();
    let ended = loop {
        // The history may be delayed.
        match arm.run(&id, &run).await {
            Ok(seen) if seen.has_ended() => break seen,
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => panic!("{error}"),
        }
        sleep(services.poll).await;
    };
    assert_eq!(ended.status, "Failed");
    assert_eq!(ended.code.as_deref(), Some("as_planned"));
    assert_eq!(ended.message.as_deref(), Some("It was to fail."));
    assert_eq!(ended.trigger.as_deref(), Some("Yearly"));
    let actions = arm.actions(&id, &run).await.unwrap();
    let actions: Vec<_> = actions.iter().map(|it| (&*it.name, &*it.status)).collect();
    assert_eq!(actions, [("Greet", "Succeeded"), ("Refuse", "Succeeded")]);
    let listed = arm.runs(&id, 10, None).await.unwrap();
    assert_eq!(listed.iter().map(|run| &run.id).collect::<Vec<_>>(), [&run]);

    arm.delete(&id, "2019-05-01").await.unwrap();
    assert!(arm.workflow(&id).await.unwrap().is_none());
    arm.delete_resource_group(&subscription, group)
        .await
        .unwrap();
    let gone = arm.resource_group(&subscription, group).await.unwrap();
    assert!(gone.is_none());
}

/// Sends mails with the worker in sandbox mode, in which SendGrid validates mails without sending
/// them: one is accepted, one rejected for its key, and one for its sender.
pub(crate) async fn sendgrid(services: Arc<Services>) {
    let accepted = mail(&services, &[]).await;
    assert_eq!(accepted.outcome, Outcome::Sent, "{accepted:?}");

    let unknown = format!("SG.{}.{}", "unknown", "key");
    let refused = mail(&services, &[("SG_KEY", &unknown)]).await;
    assert_eq!(refused.outcome, Outcome::Refused, "{refused:?}");
    let detail = refused.detail.unwrap_or_default();
    assert!(detail.contains("answered 401"), "{detail}");

    let refused = mail(&services, &[("BOT_EMAIL", "nobody@unverified.invalid")]).await;
    assert_eq!(refused.outcome, Outcome::Refused, "{refused:?}");
    let detail = refused.detail.unwrap_or_default();
    assert!(
        detail.contains("does not match a verified Sender Identity"),
        "{detail}"
    );
}

async fn mail(services: &Services, changed: &[(&str, &str)]) -> Report {
    let mut variables = services.worker.clone();
    let receiver = variables["BOT_EMAIL"].clone();
    for (name, value) in [
        ("RECEIVER_EMAIL", &*receiver),
        ("PICTURE_SOURCES", "wikimedia"),
        ("SENDGRID_SANDBOX", "true"),
    ]
    .iter()
    .chain(changed)
    {
        variables.insert((*name).to_owned(), (*value).to_owned());
    }
    // The worker runs on one thread.
    let run = move || {
        let reading = read(&variables.into_iter().collect::<Variables>(), None);
        let (_signal, stop) = Stop::channel();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(picletter_worker::run(
            reading,
            None,
            SystemTime::now(),
            &stop,
        ))
    };
    spawn_blocking(run).await.unwrap()
}
