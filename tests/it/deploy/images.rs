//! What is released is what was pushed, and nothing of it runs by itself.

use std::sync::Arc;
use std::time::Duration;

use picletter_oci::ImageId;
use picletter_sandbox::heroku::program::{DynoHandle, Ending, Program, Run, Start};
use picletter_sandbox::heroku::{Assumptions, DynoInfo, DynoRecord, Observer, Stopper};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::support::world::{FILE, QUICK, World};

#[tokio::test]
async fn an_image_that_was_not_pushed_is_not_released() {
    let world = World::new().await;
    let mut desired = world.desired(FILE);
    let other = ImageId::from_config(b"another image");
    desired.image = Some(other.clone());
    let error = world.deploy(&desired).await.unwrap_err().to_string();
    let words = format!("Image {other} was not pushed to picletter-test/worker.");
    assert!(error.contains(&words), "{error}");

    let desired = world.desired(FILE);
    world.deploy(&desired).await.unwrap();
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn the_formation_tells_what_runs_and_the_releases_only_where_it_does_not() {
    let (world, desired) = World::deployed().await;
    let image = desired.image.clone().unwrap();
    let mut live = world.live(&desired).await.unwrap().heroku;
    assert!(live.runs(&image, "worker"));
    live.formation[0].docker_image = None;
    assert!(live.runs(&image, "worker"));
    assert_eq!(live.running_image("worker"), Some(&image.hex()[..12]));
    // As after a rollback.
    let before = ImageId::from_config(b"the image before");
    live.formation[0].docker_image = Some(before.to_string());
    assert!(!live.runs(&image, "worker"));
}

/// Runs until it is told to end.
struct Endless;

impl Program for Endless {
    fn run(&self, _: Start, handle: DynoHandle) -> Run {
        Box::pin(async move {
            handle.up();
            handle.sigterm().await;
            Ending::Exited(143)
        })
    }
}

/// Tells of starts and of ends.
struct Lives(UnboundedSender<Option<DynoRecord>>);

impl Observer for Lives {
    fn started(&self, _: &DynoInfo, _: &[Arc<DynoInfo>]) {
        let _ = self.0.send(None);
    }

    fn ended(&self, record: &DynoRecord) {
        let _ = self.0.send(Some(record.clone()));
    }
}

#[tokio::test]
async fn where_a_release_starts_a_dyno_a_deployment_leaves_none_running() {
    let world = World::with(Arc::new(Endless), QUICK).await;
    let (tell, mut lives) = unbounded_channel();
    let heroku = world.sandbox.heroku();
    heroku.set_observer(Arc::new(Lives(tell)));
    heroku.set_assumptions(Assumptions {
        first_quantity: 1,
        ..Assumptions::default()
    });
    world.deploy(&world.desired(FILE)).await.unwrap();
    assert_eq!(lives.recv().await.unwrap(), None);
    let end = timeout(Duration::from_secs(20), lives.recv()).await;
    let end = end.expect("it still runs").unwrap().unwrap();
    assert_eq!(end.dyno.name, "worker.1");
    assert_eq!(end.stopped_by, Some(Stopper::Formation));
    assert!(heroku.alive().is_empty());
}
