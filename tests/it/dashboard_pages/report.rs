//! The report as one static file.

use picletter::dashboard::report;
use picletter::dashboard::source::Source as _;

use super::fixture::Fixture;
use super::{between, contains};

#[test]
fn shows_every_job_with_calendar_chart_and_failures() {
    let report = report::html(&Fixture::new().board());
    for job in ["reports", "cleanup", "newsletter", "invoices"] {
        let section = format!("<section class=\"card\" id=\"job-picletter-{job}\"");
        let section = between(&report, &section, "</section>");
        contains(section, &["<table class=\"days\">", "<h3>Failures</h3>"]);
        contains(&report, &[&format!("href=\"#job-picletter-{job}\"")]);
    }
    assert_eq!(report.matches("<svg").count(), 4);
    contains(&report, &["PG::ConnectionBad"]);
}

#[test]
fn needs_no_script_and_no_other_file() {
    let report = report::html(&Fixture::new().board());
    for external in [
        "<script", " src=", "<link", "url(", "@import", "href=\"/", "<form", " style=",
    ] {
        assert!(!report.contains(external), "{external}");
    }
    contains(&report, &["default-src 'none'"]);
}

#[test]
fn shows_outages() {
    let fixture = Fixture::new();
    fixture.lose_azure();
    let report = report::html(&fixture.board());
    contains(
        &report,
        &["Azure cannot be read", "then run the command again"],
    );
    assert!(!report.contains("by itself"));
}
