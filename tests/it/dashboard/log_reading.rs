//! The log of a run, from a read of the app's log.

use std::sync::Arc;

use jiff::Timestamp;
use picletter::dashboard::live::run_log::LogReading;
use picletter::dashboard::view::{RunLog, RunView};
use picletter_core::deploy::status::Outcome;
use picletter_core::diagnostic::Diagnostic;

const ID: &str = "08584060846916150023630523334CU57";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn run(end: Option<i64>) -> RunView {
    RunView {
        id: ID.into(),
        trigger: None,
        start: at(0),
        end: end.map(at),
        outcome: Outcome::Running,
        code: None,
        message: None,
        log: Arc::default(),
    }
}

fn reading(read_at: i64, lines: &[String]) -> LogReading {
    LogReading {
        lines: lines.to_vec(),
        read_at: at(read_at),
        is_complete: true,
    }
}

fn start() -> [String; 1] {
    let start = "2027-01-15T08:00:00.1+00:00 heroku[run.1]: Starting process with command";
    [format!("{start} `worker {ID}`")]
}

#[test]
fn a_log_is_final_if_it_was_read_a_minute_after_the_end_of_its_run() {
    let lines = start();
    for (read_at, is_final) in [(10, false), (89, false), (90, true)] {
        let (log, found) = reading(read_at, &lines).run_log(&run(Some(30)), None);
        assert_eq!(log.lines(), Some(&lines[..]), "{read_at}");
        assert_eq!(found, is_final, "{read_at}");
    }
    assert!(!reading(90, &lines).run_log(&run(None), None).1);
    let cut = LogReading {
        is_complete: false,
        ..reading(90, &lines)
    };
    assert!(!cut.run_log(&run(Some(30)), None).1);
}

#[test]
fn a_log_that_is_older_than_its_run_does_not_show_that_there_are_no_lines() {
    let refusal = Diagnostic::plain("status 429");
    let none = |read_at, end, refusal| reading(read_at, &[]).run_log(&run(end), refusal).0;
    for end in [Some(30), None] {
        let log = none(20, end, Some(refusal.clone()));
        assert_eq!(log, RunLog::Unreadable(refusal.clone()));
    }
    for (read_at, end) in [(20, Some(30)), (-1, None)] {
        let log = none(read_at, end, None);
        assert!(matches!(log, RunLog::Unreadable(_)), "{log:?}");
    }
    for end in [Some(30), None] {
        assert_eq!(none(40, end, None), RunLog::NoLines);
    }
    let cut = LogReading {
        is_complete: false,
        ..reading(90, &[])
    };
    let (log, _) = cut.run_log(&run(Some(30)), None);
    assert!(matches!(log, RunLog::Unreadable(_)), "{log:?}");
}
