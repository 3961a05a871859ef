//! The page of all jobs.

use jiff::SignedDuration;
use picletter::dashboard::view::JobState;

use super::fixture::{Fixture, Served, now};
use super::{between, contains, lines, page};

#[tokio::test]
async fn shows_all_jobs_as_a_table() {
    let served = Served::start(&Fixture::new(), false).await;
    let page = page(&served, "/").await;
    let table = between(&page, "<table class=\"jobs\">", "</table>");
    insta::assert_snapshot!(lines(table));
}

#[tokio::test]
async fn shows_what_comes_next_and_no_content_of_try() {
    let served = Served::start(&Fixture::new(), false).await;
    let page = page(&served, "/").await;
    let next = between(&page, "id=\"next\"", "</ol>");
    contains(next, &["Tue 24 Nov 2026, 11:30", "cleanup"]);
    for only_in_try in [
        "id=\"inbox\"",
        "id=\"controls\"",
        "id=\"heartbeats\"",
        "sandbox",
    ] {
        assert!(!page.contains(only_in_try), "{only_in_try}");
    }
}

#[tokio::test]
async fn an_outage_is_a_banner_above_the_data_as_last_read() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_azure();
    for path in ["/", "/jobs/picletter-reports"] {
        let page = page(&served, path).await;
        let banner = between(&page, "data-vendor=\"Azure\"", "</div>");
        contains(
            banner,
            &[
                "Azure cannot be read",
                "503 Service Unavailable",
                "Tue 24 Nov 2026, 11:10:00",
                "10 min ago",
                "The page reads Azure again by itself at",
                "Tue 24 Nov, 11:20:40",
                "https://azure.status.microsoft",
            ],
        );
        assert!(!banner.contains("run the command again"), "{banner}");
        contains(&page, &["reports"]);
    }
    fixture.change(|_, outages| outages.clear());
    assert!(!page(&served, "/").await.contains("cannot be read"));
}

#[tokio::test]
async fn a_changed_file_is_a_banner_with_its_error() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.break_file();
    let page = page(&served, "/").await;
    contains(
        between(&page, "data-file", "</div>"),
        &["picletter.toml:2:1: `ap` &amp; more", "fix the file"],
    );
}

#[tokio::test]
async fn jobs_in_several_zones_name_theirs() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    assert!(
        page(&served, "/")
            .await
            .contains("Times are in Europe/Berlin.")
    );
    fixture.change(|jobs, _| jobs[3].job = utc_job());
    let page = page(&served, "/").await;
    assert!(!page.contains("Times are in Europe/Berlin."));
    contains(&page, &["<span class=\"small\">Europe/Berlin</span>"]);
}

#[tokio::test]
async fn shows_that_nothing_is_deployed() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.change(|jobs, _| jobs.clear());
    contains(&page(&served, "/").await, &["Nothing is deployed yet."]);
}

#[tokio::test]
async fn a_history_that_is_cut_shows_since_when_it_is_complete() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.change(|jobs, _| {
        let read = jobs[1].runs.as_mut().unwrap();
        let since = now() - SignedDuration::from_hours(20 * 24);
        read.runs.retain(|run| run.start >= since);
        read.all_since = Some(since);
    });
    let cut = page(&served, "/jobs/picletter-cleanup").await;
    contains(
        &cut,
        &[
            "Days before 5 Nov 2026 are incomplete",
            "Wed 4 Nov: ",
            "Tue 3 Nov: not read",
        ],
    );
    fixture.change(|jobs, _| jobs[1].runs = None);
    let none = page(&served, "/jobs/picletter-cleanup").await;
    contains(&none, &["The runs are not read yet."]);
}

#[tokio::test]
async fn jobs_that_were_not_read_are_not_shown_as_without_runs() {
    let fixture = Fixture::new();
    let served = Served::start(&fixture, false).await;
    fixture.lose_azure();
    fixture.change(|jobs, _| {
        for job in jobs {
            job.state = JobState::NotRead;
            job.runs = None;
        }
    });
    for path in ["/", "/jobs/picletter-reports"] {
        let page = page(&served, path).await;
        for idle in ["No run", ">no run<", "none yet", "0 runs"] {
            assert!(!page.contains(idle), "{idle} is in {page}");
        }
        contains(&page, &["The runs are not read yet."]);
    }
}

fn utc_job() -> std::sync::Arc<picletter_core::config::Job> {
    let file = "[heroku]\napp = \"my-shop\"\n[jobs.invoices]\ncommand = \"bin/invoices\"\nevery = \"day\"\nat = \"06:00\"\n";
    let path = std::path::Path::new("picletter.toml");
    let config = picletter_core::config::Config::parse(path, file).unwrap();
    std::sync::Arc::new(config.jobs.into_iter().next().unwrap())
}
