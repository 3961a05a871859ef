//! The configuration that is tried.

use std::fs;

use picletter_test_support::worker;

use super::{OWN, configured, installed, try_in};
use crate::support::command::{stderr, stdout};

#[test]
fn a_persons_own_file_is_deployed_and_nothing_of_it_leaves_the_machine() {
    let folder = configured(OWN);
    let output = try_in(folder.path(), worker());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}{}", stderr(&output));
    for line in [
        "Deploying picletter.toml, ",
        "  SENDGRID_SANDBOX is off",
        "  PICTURE_URL is not fetched",
        "  no missed run is made up for",
        "  + app my-own",
        "  + resource group picletter (in japaneast)",
        "  + workflow tokyo",
        "Every_24_hours        Fired ",
        "Accepted: A picture of mine",
        "  from        bot@own.example",
        "  to          two@own.example",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!told.contains("pictures.own.example"), "{told}");
    // No run of all the days since the start.
    assert_eq!(told.matches("  Started  ").count(), 1, "{told}");
    assert!(told.contains("2 mails were accepted"), "{told}");
}

#[test]
fn another_file_can_be_named() {
    let folder = configured("[schedule]");
    let other = folder.path().join("other.toml");
    fs::write(&other, OWN).unwrap();
    let output = installed(folder.path())
        .args([
            "try",
            "--once",
            "--config",
            "other.toml",
            "--worker",
            worker(),
        ])
        .output()
        .unwrap();
    let told = stdout(&output);
    assert!(told.contains("Deploying other.toml, "), "{told}");
    assert!(told.contains("Accepted: A picture of mine"), "{told}");
}

#[test]
fn a_mistake_in_the_file_is_told_before_anything_is_deployed() {
    let folder = configured(&OWN.replace("\"24 hours\"", "\"dya\""));
    let output = try_in(folder.path(), worker());
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("did you mean `day`?"));
    assert_eq!(stdout(&output), "");
}

#[test]
fn of_another_job_the_way_of_deploying_is_tried_with_this_worker() {
    let folder = configured(
        "[schedule]\nevery = \"hour\"\n[heroku]\napp = \"jobs\"\nprocess_type = \"job\"\n\
         command = \"python job.py\"\nsecrets = [\"API_TOKEN\", \"HEARTBEAT_URL\"]\n[run]\nreport = \"shell\"\n",
    );
    let output = try_in(folder.path(), worker());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}{}", stderr(&output));
    assert!(
        told.contains("worker runs in place of `python job.py`"),
        "{told}"
    );
    assert!(told.contains("API_TOKEN: fingerprint "), "{told}");
    assert!(told.contains("HEARTBEAT_URL: fingerprint "), "{told}");
    assert!(told.contains("  heartbeats  start, 0\n"), "{told}");
    assert!(told.contains("1 mail was accepted"), "{told}");
}
