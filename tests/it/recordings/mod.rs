//! Recorded responses of the real services. Each is passed to the client that would receive it, and
//! the fakes are compared with them.
//!
//! The recordings are not part of the repository: see `CONTRIBUTING.md`.

mod azure;
mod azure_fake;
mod classes;
mod fakes;
mod heroku;
mod heroku_fake;
mod recording;
mod refusals;
mod replay;
mod sendgrid;
mod sendgrid_fake;
mod shape;

use classes::{CLASSES, Receiver, Service, class_for};
use recording::{Recording, recordings};
use refusals::Outcome;

/// What a client made of a recorded response: the value it read, as JSON, or its error.
pub(crate) type Read = Result<serde_json::Value, refusals::Refused>;

#[test]
#[ignore = "needs VENDOR_RECORDINGS"]
fn every_recording_has_a_class_and_every_row_has_a_recording() {
    let recordings = recordings();
    let unclassified: Vec<_> = recordings
        .iter()
        .filter(|recording| class_for(recording).is_none())
        .map(ToString::to_string)
        .collect();
    assert!(unclassified.is_empty(), "{unclassified:#?}");
    let unused: Vec<_> = CLASSES
        .iter()
        .filter(|class| !recordings.iter().any(|one| class_for(one) == Some(class)))
        .collect();
    assert!(unused.is_empty(), "{unused:#?}");
    let unused = refusals::without_recording(recordings);
    assert!(unused.is_empty(), "{unused:#?}");
}

/// Replays all recordings of a service, and compares what the clients read with the expected
/// values.
async fn replay_all(service: Service, mut read: impl AsyncFnMut(&Recording, Receiver) -> Read) {
    let recordings = recordings();
    let mut failures = Vec::new();
    let selected = recordings.iter().filter(|one| one.service == service);
    for recording in selected {
        let receiver = class_for(recording).expect("a class").receiver;
        if matches!(receiver, Receiver::Unused(_)) {
            continue;
        }
        let read = read(recording, receiver).await;
        if let Err(difference) = Outcome::expected(recording, receiver).check(&read) {
            failures.push(format!("{recording}: {difference}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn azure_client_reads_every_recorded_response() {
    let vendor = azure::Vendor::start().await;
    replay_all(Service::Azure, async |recording, receiver| {
        vendor.read(recording, receiver).await
    })
    .await;
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn heroku_client_reads_every_recorded_response() {
    let vendor = heroku::Vendor::start().await;
    replay_all(Service::Heroku, async |recording, receiver| {
        vendor.read(recording, receiver).await
    })
    .await;
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn worker_and_sendgrid_client_read_every_recorded_response() {
    let vendor = sendgrid::Vendor::start().await;
    replay_all(Service::SendGrid, async |recording, receiver| {
        vendor.read(recording, receiver).await
    })
    .await;
}
