//! Limits of the runs that a dashboard keeps.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use picletter::dashboard::board::RunsRead;
use picletter::dashboard::view::RunView;
use picletter_core::deploy::status::Outcome;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

#[test]
fn a_history_that_grows_keeps_the_newest_runs_and_those_that_failed() {
    let run = |n: i64, outcome| {
        Arc::new(RunView {
            id: n.to_string().into(),
            trigger: None,
            start: at(n * 60),
            end: None,
            outcome,
            code: None,
            message: None,
            log: Arc::default(),
        })
    };
    let mut history = RunsRead::default();
    for n in 0..4_000 {
        let outcome = if n % 100 == 0 {
            Outcome::Failed
        } else {
            Outcome::Succeeded
        };
        let news = RunsRead {
            runs: vec![run(n, outcome)],
            all_since: None,
        };
        history.merge(news, &[], at(600));
    }
    let RunsRead { runs, all_since } = &history;
    let failed = |run: &&Arc<RunView>| run.outcome == Outcome::Failed;
    // The first ten are older than 90 days.
    assert_eq!(runs.iter().filter(failed).count(), 39);
    assert_eq!(runs.len(), 2_500 + 14);
    assert_eq!(runs[0].start, at(3_999 * 60));
    let oldest = at(1_499 * 60) + SignedDuration::from_nanos(1);
    assert_eq!(*all_since, Some(oldest));
}
