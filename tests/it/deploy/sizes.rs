//! Sizes of the formation's dynos, compared with `dyno_size`.

use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::heroku::NewApp;
use picletter_core::deploy::plan::{Change, Item, Plan, ResourceKind};
use picletter_core::deploy::step::Step;
use serde_json::{Value, json};

use crate::support::world::{FILE, World};

fn file_with_size(size: &str) -> String {
    FILE.replace("[azure]", &format!("dyno_size = \"{size}\"\n[azure]"))
}

fn item(plan: &Plan, kind: ResourceKind) -> &Item {
    plan.items
        .iter()
        .find(|item| item.resource.kind == kind)
        .unwrap()
}

fn differences(item: &Item) -> Value {
    json!(item.differences)
}

impl World {
    async fn size(&self) -> String {
        let formation = self.clouds.heroku.formation("picletter-test").await;
        formation.unwrap().swap_remove(0).size
    }

    /// An app that somebody has deployed, with a web process of this size.
    async fn with_foreign_app(size: &str) -> Self {
        let world = Self::new().await;
        world
            .sandbox
            .registry()
            .put_image("picletter-test", "web", world.image.clone());
        let heroku = &world.clouds.heroku;
        let new = NewApp {
            name: "picletter-test".to_owned(),
            region: None,
            team: None,
        };
        heroku.create_app(&new).await.unwrap();
        let image = world.image.id();
        let web = heroku.release_image(&new.name, "web", &image);
        web.await.unwrap();
        heroku.scale(&new.name, "web", 1, size).await.unwrap();
        world
    }

    /// The desired state of a job with a custom command.
    fn desired_custom_command(&self, file: &str) -> DesiredState {
        let file = file.replace("[azure]", "command = \"bin/report\"\n[azure]");
        let file = format!("{file}\n[run]\nreport = \"shell\"\n");
        let mut desired = self.desired(&file);
        desired.image = None;
        desired
    }
}

#[tokio::test]
async fn first_deployment_works_in_an_account_with_the_eco_plan() {
    let world = World::new().await;
    world.sandbox.heroku().subscribe_to_eco();
    let desired = world.desired(FILE);

    let steps = world.deploy(&desired).await.unwrap();

    assert!(steps.contains(&Step::Scale), "{steps:?}");
    assert_eq!(world.size().await, "Basic");
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn keeps_an_eco_formation_if_eco_is_configured() {
    let world = World::new().await;
    world.sandbox.heroku().subscribe_to_eco();
    let desired = world.desired(&file_with_size("eco"));

    let steps = world.deploy(&desired).await.unwrap();

    assert!(!steps.contains(&Step::Scale), "{steps:?}");
    assert_eq!(world.size().await, "Eco");
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn plans_and_deploys_a_larger_dyno_size() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let desired = world.desired(&file_with_size("standard-2x"));

    let (_, plan) = world.plan(&desired).await.unwrap();

    let size = json!([{ "name": "[heroku] dyno_size", "old": "basic", "new": "standard-2x" }]);
    assert_eq!(differences(item(&plan, ResourceKind::Formation)), size);
    assert_eq!(differences(item(&plan, ResourceKind::Workflow)), size);
    world.deploy(&desired).await.unwrap();
    assert_eq!(world.size().await, "Standard-2X");
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn reverts_a_manual_change_of_the_dyno_size() {
    let (world, desired) = World::deployed().await;
    let heroku = &world.clouds.heroku;
    let resized = heroku.scale(&desired.app, "worker", 0, "performance-m");
    resized.await.unwrap();

    let steps = world.deploy(&desired).await.unwrap();

    assert_eq!(steps, [Step::Scale, Step::Verify]);
    assert_eq!(world.size().await, "Basic");
}

#[tokio::test]
async fn rejects_a_size_that_cannot_be_mixed_with_the_apps_sizes() {
    for (web, size, is_custom, fix) in [
        ("eco", "basic", false, Some("eco")),
        ("standard-2x", "basic", false, Some("standard-2x")),
        ("basic", "standard-1x", false, Some("basic")),
        ("standard-1x", "performance-m", false, None),
        ("eco", "basic", true, Some("eco")),
        ("standard-1x", "basic", true, Some("standard-1x")),
        ("standard-1x", "standard-2x", true, None),
        ("basic", "basic", true, None),
    ] {
        let world = World::with_foreign_app(web).await;
        let file = file_with_size(size);
        let desired = if is_custom {
            world.desired_custom_command(&file)
        } else {
            world.desired(&file)
        };
        let planned = world.plan(&desired).await;
        let case = format!("web {web}, {size}, command {is_custom}");
        match fix {
            None => assert!(planned.is_ok(), "{case}: {planned:?}"),
            Some(fix) => {
                let error = planned.unwrap_err().to_string();
                let set = format!("set `dyno_size = \"{fix}\"`");
                assert!(error.contains(&set), "{case}: {error}");
                // For eco and basic, the error does not suggest `heroku ps:type`, which would
                // downgrade production dynos.
                let is_smallest = ["eco", "basic"].contains(&size);
                let change = format!("`heroku ps:type {size} --app picletter-test`");
                assert_eq!(error.contains(&change), !is_smallest, "{case}: {error}");
                assert_eq!(error.contains("ps:type"), !is_smallest, "{case}: {error}");
                let fixed = file.replace(size, fix);
                let desired = if is_custom {
                    world.desired_custom_command(&fixed)
                } else {
                    world.desired(&fixed)
                };
                world.plan(&desired).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn rejects_images_but_not_custom_commands_for_fir_apps() {
    let world = World::with_foreign_app("standard-1x").await;
    world.sandbox.heroku().move_to_fir("picletter-test");

    let refused = world
        .plan(&world.desired(&file_with_size("standard-1x")))
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("Fir generation"), "{refused}");
    assert!(refused.contains("Cedar"), "{refused}");

    let desired = world.desired_custom_command(&file_with_size("standard-1x"));
    world.deploy(&desired).await.unwrap();
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn pushes_an_image_again_if_the_registry_has_lost_it() {
    let (world, desired) = World::deployed().await;
    world
        .sandbox
        .registry()
        .delete_images("picletter-test", "worker");

    let (_, plan) = world.plan(&desired).await.unwrap();

    let image = item(&plan, ResourceKind::Image);
    assert_eq!(image.change(), Change::Change);
    let note = image.note.as_deref().unwrap();
    assert!(note.contains("pushed again"), "{note}");
}
