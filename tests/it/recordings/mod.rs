//! Recorded answers of the real services. Every one of them goes to the client that would receive
//! it, and our fakes are compared with them.
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

use classes::{CLASSES, Receiver, Service, class_of};
use recording::{Recording, recordings};
use refusals::Outcome;

/// What a client made of a recorded answer: what it read, as JSON, or how it refused it.
pub(crate) type Read = Result<serde_json::Value, refusals::Refused>;

#[test]
#[ignore = "needs VENDOR_RECORDINGS"]
fn every_recording_has_a_class_and_every_row_a_recording() {
    let recordings = recordings();
    let unclassified: Vec<_> = recordings
        .iter()
        .filter(|recording| class_of(recording).is_none())
        .map(ToString::to_string)
        .collect();
    assert!(unclassified.is_empty(), "{unclassified:#?}");
    let unused: Vec<_> = CLASSES
        .iter()
        .filter(|class| !recordings.iter().any(|one| class_of(one) == Some(class)))
        .collect();
    assert!(unused.is_empty(), "{unused:#?}");
    let unused = refusals::without_recording(recordings);
    assert!(unused.is_empty(), "{unused:#?}");
}

/// Replays all recordings of a service, and compares what the clients read with what was recorded.
async fn replay_all(service: Service, mut read: impl AsyncFnMut(&Recording, Receiver) -> Read) {
    let recordings = recordings();
    let mut wrong = Vec::new();
    let of_service = recordings.iter().filter(|one| one.service == service);
    for recording in of_service {
        let receiver = class_of(recording).expect("a class").receiver;
        if matches!(receiver, Receiver::Nobody(_)) {
            continue;
        }
        let read = read(recording, receiver).await;
        if let Err(difference) = Outcome::expected(recording, receiver).check(&read) {
            wrong.push(format!("{recording}: {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn azure_client_reads_every_recorded_answer() {
    let vendor = azure::Vendor::start().await;
    replay_all(Service::Azure, async |recording, receiver| {
        vendor.read(recording, receiver).await
    })
    .await;
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn heroku_client_reads_every_recorded_answer() {
    let vendor = heroku::Vendor::start().await;
    replay_all(Service::Heroku, async |recording, receiver| {
        vendor.read(recording, receiver).await
    })
    .await;
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn worker_and_sendgrid_client_read_every_recorded_answer() {
    let vendor = sendgrid::Vendor::start().await;
    replay_all(Service::SendGrid, async |recording, receiver| {
        vendor.read(recording, receiver).await
    })
    .await;
}
