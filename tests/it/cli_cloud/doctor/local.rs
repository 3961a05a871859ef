//! Local problems: the configuration file, environment variables, the image, and the clock.

use std::fs;

use super::{Defect, assert_report, table};

const DEFECTS: &[Defect] = &[
    ("no picletter.toml", |cli| {
        fs::remove_file(cli.folder.path().join("picletter.toml")).unwrap();
    }),
    ("a typo in picletter.toml", |cli| {
        cli.edit_config("every =", "evry =");
    }),
    ("no SG_KEY", |cli| cli.unset_variable("SG_KEY")),
    ("a malformed ALERT_WEBHOOK", |cli| {
        cli.set_variable("ALERT_WEBHOOK", "hooks.example/secret");
    }),
    ("a wrong HEROKU_API_URL", |cli| {
        cli.set_variable("HEROKU_API_URL", "http://heroku.example");
    }),
    ("a missing certificate file", |cli| {
        cli.set_variable("SSL_CERT_FILE", "/nowhere/certificates.pem");
    }),
    ("an invalid image", |cli| {
        fs::write(cli.folder.path().join("worker.tar"), "nothing").unwrap();
    }),
    ("a clock that is behind", |cli| {
        cli.set_date("Tue, 01 Jan 2199 00:00:00 GMT");
    }),
    ("a clock that is ahead", |cli| {
        cli.set_date("Sat, 01 Jan 2000 00:00:00 GMT");
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn reports_local_problems_with_help() {
    assert_report("local", &table(DEFECTS).await);
}
