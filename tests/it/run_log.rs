//! The lines of an app's log that belong to a run or a job, and their times.

use jiff::tz::TimeZone;
use picletter::run_log::{JobDynos, RunDyno, find, in_zone, runs};

const LOG: [&str; 4] = [
    "2026-11-24T08:30:00.1+00:00 heroku[worker.1]: Starting process with command `worker --run-id 1a2b3c4d/pictures/daily/08584060846916150023630523334CU57`",
    "2026-11-24T08:30:00.2+00:00 app[worker.1]: 08584060000000000000000000000CU11",
    "2026-11-24T08:30:00.3+00:00 heroku[worker.2]: Starting process with command `RUN_ID=08584060999999999999999999999CU57; rake`",
    "2026-11-24T08:30:00.4+00:00 app[worker.2]: text",
];

fn found(requested: &str) -> Result<String, String> {
    let lines = LOG.map(str::to_owned);
    let found = find(requested, runs(&lines)).map(str::to_owned);
    found.map_err(|error| error.to_string())
}

#[test]
fn finds_a_run_by_its_id_or_a_unique_end_of_it() {
    let first = Ok("08584060846916150023630523334CU57".to_owned());
    assert_eq!(found("08584060846916150023630523334CU57"), first);
    assert_eq!(found("085840608"), first);
    assert_eq!(
        found("1a2b3c4d/pictures/daily/08584060846916150023630523334CU57"),
        first
    );
    assert_eq!(found("334CU57"), first);
    assert_eq!(
        found("CU57").unwrap_err(),
        "ambiguous run id CU57, which matches 08584060846916150023630523334CU57, \
         08584060999999999999999999999CU57"
    );
}

#[test]
fn rejects_the_middle_of_an_id_and_unknown_ids() {
    for requested in ["0846916", "08584060000000000000000000000CU11"] {
        let error = found(requested).unwrap_err();
        assert!(error.contains("contain no run"), "{requested}: {error}");
    }
    assert_eq!(
        found("08584060846916150023630523344CU57").unwrap_err(),
        "the log's last 1,500 lines contain no run 08584060846916150023630523344CU57: did you mean \
         08584060846916150023630523334CU57?"
    );
}

#[test]
fn selects_the_lines_of_the_dynos_of_a_job() {
    let mut dynos = JobDynos::new("Pictures", "Daily");
    let own: Vec<&str> = LOG.into_iter().filter(|line| dynos.wrote(line)).collect();
    assert_eq!(own, LOG[..2]);
    let next = "2026-11-24T08:31:00.1+00:00 heroku[worker.1]: Starting process with command `RUN_ID=1a2b3c4d/pictures/hourly/1; rake`";
    assert!(!dynos.wrote(next));
}

#[test]
fn selects_only_the_dyno_of_the_run() {
    let mut dyno = RunDyno::new("08584060999999999999999999999CU57");
    let own: Vec<&str> = LOG.into_iter().filter(|line| dyno.wrote(line)).collect();
    assert_eq!(own, LOG[2..]);
    let mut part = RunDyno::new("08584060");
    assert!(LOG.iter().all(|line| !part.wrote(line)));
}

#[test]
fn converts_times_to_the_zone_and_keeps_their_precision() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let line = "2026-07-24T08:30:00.123456+00:00 app[worker.1]: text  with spaces";
    assert_eq!(
        in_zone(line, &zone),
        "2026-07-24T10:30:00.123456+02:00 app[worker.1]: text  with spaces"
    );
    assert_eq!(in_zone("no time", &zone), "no time");
    assert_eq!(in_zone("", &zone), "");
}
