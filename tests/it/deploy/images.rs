//! A deployment releases the image that was pushed, and scales its formation to zero.

use std::sync::Arc;
use std::time::Duration;

use picletter_oci::ImageId;
use picletter_sandbox::heroku::program::{DynoHandle, Ending, Program, Run, Start};
use picletter_sandbox::heroku::{Assumptions, DynoInfo, DynoRecord, Observer, Stopper};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::support::world::{FILE, QUICK, World};

#[tokio::test]
async fn does_not_release_an_image_that_was_not_pushed() {
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
async fn reads_the_running_image_from_the_formation_or_else_the_releases() {
    let (world, desired) = World::deployed().await;
    let image = desired.image.clone().unwrap();
    let mut live = world.live(&desired).await.unwrap().heroku;
    assert!(live.runs(&image, "worker"));
    live.formation[0].docker_image = None;
    assert!(live.runs(&image, "worker"));
    assert_eq!(live.running_image("worker"), Some(&image.hex()[..12]));
    // Like after a rollback.
    let before = ImageId::from_config(b"the previous image");
    live.formation[0].docker_image = Some(before.to_string());
    assert!(!live.runs(&image, "worker"));
}

/// Runs until SIGTERM.
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

/// Sends a message for each start and end of a dyno.
struct DynoEvents(UnboundedSender<Option<DynoRecord>>);

impl Observer for DynoEvents {
    fn started(&self, _: &DynoInfo, _: &[Arc<DynoInfo>]) {
        let _ = self.0.send(None);
    }

    fn ended(&self, record: &DynoRecord) {
        let _ = self.0.send(Some(record.clone()));
    }
}

#[tokio::test]
async fn stops_a_dyno_that_a_release_starts() {
    let world = World::with(Arc::new(Endless), QUICK).await;
    let (sender, mut events) = unbounded_channel();
    let heroku = world.sandbox.heroku();
    heroku.set_observer(Arc::new(DynoEvents(sender)));
    heroku.set_assumptions(Assumptions {
        first_quantity: 1,
        ..Assumptions::default()
    });
    world.deploy(&world.desired(FILE)).await.unwrap();
    assert_eq!(events.recv().await.unwrap(), None);
    let end = timeout(Duration::from_secs(20), events.recv()).await;
    let end = end.expect("the dyno still runs").unwrap().unwrap();
    assert_eq!(end.dyno.name, "worker.1");
    assert_eq!(end.stopped_by, Some(Stopper::Formation));
    assert!(heroku.alive().is_empty());
}
