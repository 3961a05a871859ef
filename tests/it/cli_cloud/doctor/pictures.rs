//! Picture sources.

use serde_json::json;

use super::{DOCTOR, Defect, assert_report, table};
use crate::support::cli::{Cli, stdout};

const FEED: &str = "/wikimedia/api/rest_v1/feed/featured/*/*/*";

const DEFECTS: &[Defect] = &[
    ("the only source without a picture", |cli| {
        cli.answer_json(FEED, 404, &json!({ "title": "Not found." }));
    }),
    ("one of two sources without a picture", |cli| {
        let picsum = format!("[config]\nPICSUM_URL = \"{}\"", cli.sandbox.picsum_url());
        cli.edit_config("[config]", &picsum);
        cli.edit_config("\"wikimedia\"", "\"wikimedia, picsum\"");
        cli.answer_json(FEED, 404, &json!({ "title": "Not found." }));
    }),
    ("Unsplash without its key", |cli| {
        cli.edit_config("\"wikimedia\"", "\"unsplash\"");
    }),
    ("a custom command", |cli| {
        let custom = "[heroku]\nprocess_type = \"worker\"\ncommand = \"rake nightly\"";
        cli.edit_config("[heroku]", custom);
        cli.edit_config("[run]", "[run]\nreport = \"shell\"");
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn reports_picture_problems_with_help() {
    assert_report("pictures", &table(DEFECTS).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_the_default_sources_of_the_worker() {
    let cli = Cli::new().await;
    cli.edit_config("[picture]\nsources = \"wikimedia\"\n", "");
    let (nasa, picsum) = (cli.sandbox.nasa_url(), cli.sandbox.picsum_url());
    let urls = format!("[config]\nNASA_API_URL = \"{nasa}\"\nPICSUM_URL = \"{picsum}\"");
    cli.edit_config("[config]", &urls);

    let output = cli.run(DOCTOR).await;

    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(
        report.contains("ok       Picture source picsum"),
        "{report}"
    );
    assert!(!report.contains("unsplash"), "{report}");
}
