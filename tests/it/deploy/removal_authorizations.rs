//! Which authorizations `destroy` keeps, and the commands that it suggests for them.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use picletter_core::deploy::azure::{Run, Workflow};
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::destroy::{Removals, Target};
use picletter_core::deploy::heroku::Authorization;
use picletter_core::deploy::live::{ActiveRun, LiveState};
use picletter_core::deploy::plan::ResourceKind;
use serde_json::json;

use super::removal::renamed;
use crate::support::world::World;

#[tokio::test]
async fn keeps_a_replaced_authorization_only_while_a_run_may_use_it() {
    let (world, before) = World::deployed().await;
    let earlier = world.live(&before).await.unwrap();
    let earlier = earlier.heroku.authorizations[0].clone();
    world.deploy(&renamed(&world)).await.unwrap();
    let mut live = world.live(&before).await.unwrap();
    // As after a deployment during a run, which cannot revoke the earlier one.
    live.heroku.authorizations.push(earlier.clone());
    for (active_runs, kept) in [
        (vec![active_run()], Some("run 08584 may use its token")),
        (vec![], None),
    ] {
        live.active_runs = active_runs;
        let reasons = authorization_reasons(&world, &before, &live).await;
        assert_eq!(reasons[&earlier.id].as_deref(), kept);
        assert_eq!(
            reasons[&live.heroku.authorizations[0].id].as_deref(),
            Some("the workflow daily, which is kept, uses its token")
        );
    }
}

/// An active run of the workflow `daily`, whose start is unknown.
fn active_run() -> ActiveRun {
    let run = Run {
        id: "08584".to_owned(),
        status: "Running".to_owned(),
        start: None,
        end: None,
        trigger: None,
        code: None,
        message: None,
        log: Vec::new(),
    };
    ActiveRun {
        workflow: "daily".to_owned(),
        run,
    }
}

/// Adds the tag that lists this authorization as an earlier one of the workflow.
fn replace_authorization(workflow: &mut Workflow, id: &str) {
    let tag = "replaced-heroku-authorizations".to_owned();
    workflow.tags.insert(tag, id.to_owned());
}

/// A copy of the workflow `daily`, with another name and without tags.
fn untagged(live: &LiveState) -> Workflow {
    let mut workflow = live.azure.workflows[0].clone();
    workflow.id = workflow.id.replace("daily", "untagged");
    "untagged".clone_into(&mut workflow.name);
    workflow.tags.clear();
    workflow
}

/// Why each authorization is kept, by its id.
async fn authorization_reasons(
    world: &World,
    desired: &DesiredState,
    live: &LiveState,
) -> BTreeMap<String, Option<String>> {
    let removals = Removals::new(&world.clouds, desired, live, false).await;
    let list = removals.unwrap().list.into_iter();
    let authorizations = list.filter_map(|one| match one.target {
        Target::Authorization { id, .. } => Some((id, one.kept)),
        _ => None,
    });
    authorizations.collect()
}

#[tokio::test]
async fn suggests_revoking_only_what_no_kept_workflow_uses() {
    let (world, before) = World::deployed().await;
    let deployed = world.live(&before).await.unwrap();
    let untagged = untagged(&deployed);
    let mut own = deployed.heroku.authorizations[0].clone();
    "own".clone_into(&mut own.id);
    world.deploy(&renamed(&world)).await.unwrap();
    let mut live = world.live(&before).await.unwrap();
    live.azure.workflows.insert(0, untagged);
    let used = live.heroku.authorizations[0].clone();
    let mut of_another_app = used.clone();
    "another".clone_into(&mut of_another_app.id);
    live.heroku.authorizations.extend([of_another_app, own]);

    let reasons = authorization_reasons(&world, &before, &live).await;

    for (id, reason) in [
        (
            used.id.as_str(),
            "the workflow daily, which is kept, uses its token",
        ),
        ("another", "its description names another app or workflow"),
        (
            "own",
            "the workflow untagged may use its token; if it does not, revoke it with \
             `heroku authorizations:revoke own`",
        ),
    ] {
        assert_eq!(reasons[id].as_deref(), Some(reason), "{id}");
    }
}

/// A copy of the first authorization, described as one of another app.
fn authorization_of_another_app(id: &str, world: &World, live: &LiveState) -> Authorization {
    let mut authorization = live.heroku.authorizations[0].clone();
    id.clone_into(&mut authorization.id);
    authorization.description = renamed(world)
        .names(&live.azure.subscription)
        .authorization_description();
    authorization
}

#[tokio::test]
async fn keeps_a_new_authorization_of_another_app() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let mut new = authorization_of_another_app("new", &world, &live);
    let now = Timestamp::now();
    for (age, kept) in [
        (
            1.minutes(),
            Some(
                "it may belong to a deployment that is in progress; run `picletter destroy` again after 15 \
                 minutes to revoke it",
            ),
        ),
        (16.minutes(), None),
    ] {
        new.created_at = now - age;
        live.heroku.authorizations.truncate(1);
        live.heroku.authorizations.push(new.clone());
        let reasons = authorization_reasons(&world, &desired, &live).await;
        assert_eq!(reasons["new"].as_deref(), kept);
    }
}

#[tokio::test]
async fn keeps_an_authorization_of_another_app_that_a_kept_workflow_replaced() {
    let of_another_deployment: fn(&mut Workflow) = |workflow| {
        let tag = ("deployment".to_owned(), "another".to_owned());
        workflow.tags.extend([tag]);
    };
    let starting_a_third_app: fn(&mut Workflow) =
        |workflow| workflow.parameters["app"]["value"] = json!("picletter-third");
    let replaced = "its description names another app or workflow, and the workflow daily, which is \
                    kept, has replaced it; to revoke it, run `heroku authorizations:revoke replaced`";
    for keep in [of_another_deployment, starting_a_third_app] {
        let (world, desired) = World::deployed().await;
        let mut live = world.live(&desired).await.unwrap();
        let authorization = authorization_of_another_app("replaced", &world, &live);
        live.heroku.authorizations.push(authorization);
        let workflow = live.azure.workflows.first_mut().unwrap();
        keep(workflow);
        replace_authorization(workflow, "replaced");

        for (active_runs, reason) in [
            (vec![active_run()], "run 08584 may use its token"),
            (vec![], replaced),
        ] {
            live.active_runs = active_runs;
            let reasons = authorization_reasons(&world, &desired, &live).await;
            assert_eq!(reasons["replaced"].as_deref(), Some(reason));
        }
    }
}

#[tokio::test]
async fn keeps_a_replaced_authorization_of_a_workflow_without_its_tag_while_a_run_may_use_it() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let mut replaced = live.heroku.authorizations[0].clone();
    "replaced".clone_into(&mut replaced.id);
    live.heroku.authorizations.push(replaced);
    let workflow = live.azure.workflows.first_mut().unwrap();
    workflow.tags.remove("made-by");
    replace_authorization(workflow, "replaced");
    let may_be_used = "the workflow daily may use its token; if it does not, revoke it with \
                       `heroku authorizations:revoke replaced`";

    for (active_runs, reason) in [
        (vec![active_run()], "run 08584 may use its token"),
        (vec![], may_be_used),
    ] {
        live.active_runs = active_runs;
        let reasons = authorization_reasons(&world, &desired, &live).await;
        assert_eq!(reasons["replaced"].as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn suggests_the_command_with_keep_app() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let mut new = authorization_of_another_app("new", &world, &live);
    new.created_at = Timestamp::now();
    live.heroku.authorizations.push(new);
    let untagged = untagged(&live);

    for (workflow, kind) in [
        (None, ResourceKind::Authorization),
        (Some(untagged), ResourceKind::Workflow),
    ] {
        live.azure.workflows.extend(workflow);
        for (keep_app, command) in [
            (false, "run `picletter destroy` again"),
            (true, "run `picletter destroy --keep-app` again"),
        ] {
            let removals = Removals::new(&world.clouds, &desired, &live, keep_app).await;
            let list = removals.unwrap().list.into_iter();
            let mut of_kind = list.filter(|one| one.target.resource().kind == kind);
            let reason = of_kind.find_map(|one| one.kept).unwrap();
            assert!(reason.contains(command), "{reason}");
        }
    }
}
