//! The configuration file that `try` uses.

use std::fs;

use picletter_test_support::worker;

use super::{OWN, folder_with, installed, try_in};
use crate::support::command::{stderr, stdout};

#[test]
fn deploys_the_users_file_to_fakes_only() {
    let folder = folder_with(OWN);
    let output = try_in(folder.path(), worker());
    let printed = stdout(&output);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{printed}{}",
        stderr(&output)
    );
    for line in [
        "Deploying picletter.toml, ",
        "  SENDGRID_SANDBOX is off",
        "  PICTURE_URL is not fetched",
        "  missed runs are skipped",
        "  + app my-own",
        "  + resource group picletter (in japaneast)",
        "  + workflow tokyo",
        "Every_24_hours        Fired ",
        "Accepted: A picture of mine",
        "  from        bot@own.example",
        "  to          two@own.example",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
    assert!(!printed.contains("pictures.own.example"), "{printed}");
    // There are no runs for the days since the start.
    assert_eq!(printed.matches("  Started  ").count(), 1, "{printed}");
    assert!(printed.contains("2 mails accepted"), "{printed}");
}

#[test]
fn config_option_selects_another_file() {
    let folder = folder_with("[schedule]");
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
    let printed = stdout(&output);
    assert!(printed.contains("Deploying other.toml, "), "{printed}");
    assert!(printed.contains("Accepted: A picture of mine"), "{printed}");
}

#[test]
fn reports_errors_in_the_file_before_deploying() {
    let folder = folder_with(&OWN.replace("\"24 hours\"", "\"dya\""));
    let output = try_in(folder.path(), worker());
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("did you mean `day`?"));
    assert_eq!(stdout(&output), "");
}

#[test]
fn runs_the_worker_instead_of_a_custom_command() {
    let folder = folder_with(
        "[schedule]\nevery = \"hour\"\n[heroku]\napp = \"jobs\"\nprocess_type = \"job\"\n\
         command = \"python job.py\"\nsecrets = [\"API_TOKEN\", \"HEARTBEAT_URL\"]\n[run]\nreport = \"shell\"\n",
    );
    let output = try_in(folder.path(), worker());
    let printed = stdout(&output);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{printed}{}",
        stderr(&output)
    );
    assert!(
        printed.contains("worker runs instead of `python job.py`"),
        "{printed}"
    );
    assert!(printed.contains("API_TOKEN: fingerprint "), "{printed}");
    assert!(printed.contains("HEARTBEAT_URL: fingerprint "), "{printed}");
    assert!(printed.contains("  heartbeats  start, 0\n"), "{printed}");
    assert!(printed.contains("1 mail accepted"), "{printed}");
}
