//! The live clients and the fakes give equal views of the same deployment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use picletter::dashboard::board;
use picletter::dashboard::json::json;
use picletter::dashboard::live::Live;
use picletter::dashboard::source::{Command, Source};
use picletter::dashboard::view::RunDetail;
use picletter::r#try::Trial;
use picletter::r#try::page::{ShownJob, ShownJobs};
use picletter_core::config::{Config, common_zone};
use picletter_core::deploy::apply::ApprovedPlan;
use picletter_core::deploy::connect::connect;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::http::Verbosity;
use picletter_core::deploy::live::{LiveAzure, LiveState};
use picletter_core::deploy::plan::Plan;
use picletter_core::deploy::redact::Redactor;
use picletter_logic_apps::HttpClient;
use picletter_sandbox::heroku::program::{Program, Start};
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer};
use picletter_sandbox::image::WorkerImage;
use picletter_worker::outcome::Outcome;

use super::live_deployment::JOBS;
use crate::support::world::{QUICK, SG_KEY, Steps, WEBHOOK};

struct Nobody;

impl Observer for Nobody {
    fn started(&self, _: &DynoInfo, _: &[Arc<DynoInfo>]) {}
    fn logged(&self, _: &LogLine) {}
    fn ended(&self, _: &DynoRecord) {}
}

/// Dynos of the weekly job fail, others succeed.
fn program() -> Arc<dyn Program> {
    let transport = HttpClient::new(picletter_test_support::loopback::tls()).unwrap();
    let script = |start: &Start| Script {
        boot: Duration::ZERO,
        work: Duration::ZERO,
        end: if start.dyno.command.contains("weekly") {
            End::Failed {
                outcome: Outcome::Refused.name(),
                exit_code: Outcome::Refused.exit_code(),
                detail: "SendGrid answered 403".to_owned(),
            }
        } else {
            End::Sent
        },
        on_sigterm: OnSigterm::Die,
    };
    Arc::new(Simulated::new(Arc::new(transport), script))
}

/// What both sources report of a run. Only the fakes have a dyno's size and exact times after its end.
fn comparable(detail: &RunDetail) -> String {
    let dynos = detail.dynos.iter();
    let dynos: Vec<_> = dynos.map(|it| (&it.name, &it.state, &it.run)).collect();
    let RunDetail {
        job,
        run,
        actions,
        log,
        advice,
        ..
    } = detail;
    format!("{job} {run:#?} {actions:#?} {dynos:#?} {log:#?} {advice:#?}")
}

#[tokio::test]
async fn both_sources_give_equal_views_of_a_deployment() {
    let trial = Trial::start(0).await.unwrap();
    let (sandbox, page) = (trial.sandbox(), trial.page());
    let program = program();
    sandbox.heroku().set_program(move |_| Arc::clone(&program));
    sandbox
        .heroku()
        .set_observer(page.observer(Arc::new(Nobody)));
    let image = WorkerImage::new(b"a worker").unwrap();
    sandbox
        .registry()
        .put_image("picletter-test", "worker", image.clone());
    let redactor = Redactor::default();
    redactor.learn(&SG_KEY.into());
    redactor.learn(&WEBHOOK.into());
    let environment = sandbox.environment();
    let lookup = |name: &str| environment.get(name).cloned();
    let clouds = connect(&lookup, QUICK, Verbosity::Quiet, &redactor).unwrap();

    let config = Config::parse(Path::new("picletter.toml"), &JOBS).unwrap();
    let secrets = BTreeMap::from([("SG_KEY".to_owned(), SG_KEY.into())]);
    let webhook = Some(sandbox.alert_webhook_url().into());
    let now = jiff::Timestamp::now();
    let mut desired = DesiredState::new(&config, secrets, webhook, Some(image.id()), now);
    desired.start_dynos_at(&sandbox.heroku_url());
    let state = LiveState::read(&clouds, &desired).await.unwrap();
    let plan = Plan::new(&desired, &state, false).unwrap();
    let approved = ApprovedPlan {
        desired: &desired,
        live: &state,
        plan: &plan,
        image: None,
    };
    approved.apply(&clouds, &Steps::default()).await.unwrap();

    let azure = LiveAzure::read(&clouds, &desired).await.unwrap();
    let jobs = config.jobs.iter().zip(&desired.jobs);
    let jobs = jobs.map(|(job, desired)| ShownJob {
        app: sandbox.azure().workflow(&job.workflow).unwrap(),
        job: job.clone(),
        parameters: serde_json::Map::new(),
        alerts: board::alerts(&config, job, desired, &azure),
    });
    trial.show(ShownJobs {
        app: config.heroku.app.clone(),
        zone: common_zone(&config.jobs.iter().collect::<Vec<_>>()),
        jobs: jobs.collect(),
        redactor: redactor.clone(),
    });
    let live = Live::new(clouds, config, desired, redactor);

    let mut runs = Vec::new();
    for job in [0, 1, 0] {
        let begun = live.execute(job, Command::Run).await.unwrap();
        let id = begun.split(' ').nth(1).unwrap().to_owned();
        let workflow = &live.board().jobs[job].job.workflow;
        sandbox.azure().workflow(workflow).unwrap().join(&id).await;
        runs.push((job, id));
    }
    let mut changes = page.changes();
    while !page.board().dynos.is_empty() {
        changes.changed().await.unwrap();
    }

    live.refresh().await;
    let fake = page.board();
    assert_eq!(json(&live.board_at(fake.now)), json(&fake));
    for (job, id) in runs {
        let live = live.run(job, &id).await.unwrap().unwrap();
        let fake = page.run(job, &id).await.unwrap().unwrap();
        pretty(&comparable(&live), &comparable(&fake));
    }
}

/// Shows the lines that differ.
fn pretty(one: &str, other: &str) {
    let differing = one
        .lines()
        .zip(other.lines())
        .filter(|(one, other)| one != other);
    let differing: Vec<_> = differing.take(20).collect();
    assert!(one == other, "{differing:#?}");
}
