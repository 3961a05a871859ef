//! Scripted dynos on the simulated clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer, Stopper};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Held, InMemoryHeroku, deployment};

fn script(end: End) -> Script {
    Script {
        boot: Duration::from_secs(2),
        work: Duration::from_secs(10),
        end,
        on_sigterm: OnSigterm::Report,
    }
}

/// Reports, each with the second of its arrival.
type Reports = Arc<Mutex<Vec<(u64, Value)>>>;

/// An API whose dynos follow `script`, and their reports. The first `failures` reports get a 503
/// response.
fn simulated(script: Script, failures: usize) -> (InMemoryHeroku, Reports) {
    let heroku = InMemoryHeroku::new();
    let simulated = Simulated::new(Arc::new(heroku.hosts.clone()), move |_| script.clone());
    heroku.heroku.deploy(deployment(simulated));
    let reports = Reports::default();
    let (received, failures, began) = (reports.clone(), Mutex::new(failures), Instant::now());
    let failures = Arc::new(failures);
    let receive = move |body: String| {
        let mut failures = failures.lock().unwrap();
        let status = if *failures > 0 {
            *failures -= 1;
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            let report = serde_json::from_str(&body).unwrap();
            let second = began.elapsed().as_secs();
            received.lock().unwrap().push((second, report));
            StatusCode::OK
        };
        async move { status }
    };
    let router = Router::new().route("/callback", any(receive));
    heroku.mount("callbacks.example", router);
    (heroku, reports)
}

async fn start(heroku: &InMemoryHeroku) -> Value {
    heroku
        .start_with(json!({
            "command": "worker --run-id R1",
            "type": "worker",
            "env": { "RUN_CALLBACK_URL": "https://callbacks.example/callback" },
            "time_to_live": 100,
        }))
        .await
}

/// Runs a dyno until it ends. Returns how it ended, after how many seconds, who stopped it, and its
/// reports.
async fn run_dyno(script: Script) -> (Ending, u64, Option<Stopper>, Vec<(u64, Value)>) {
    let (heroku, reports) = simulated(script, 0);
    start(&heroku).await;
    sleep(Duration::from_mins(10)).await;
    let ended = heroku.heroku.drain_ended();
    let [record] = ended.as_slice() else {
        panic!("{ended:?}");
    };
    let lifetime = record.ended_at.duration_since(record.dyno.started_at);
    let mut reports = reports.lock().unwrap().clone();
    for (_, report) in &mut reports {
        let dyno = report.as_object_mut().unwrap().remove("dyno");
        assert_eq!(dyno, Some(record.dyno.name.clone().into()));
    }
    (
        record.ending,
        lifetime.as_secs().try_into().unwrap(),
        record.stopped_by,
        reports,
    )
}

#[tokio::test(start_paused = true)]
async fn sent_reports_match_the_worker() {
    let (ending, lifetime, stopped_by, reports) = run_dyno(script(End::Sent)).await;
    assert_eq!(
        (ending, lifetime, stopped_by),
        (Ending::Exited(0), 12, None)
    );
    let report = json!({
        "run_id": "R1", "outcome": "sent", "exit_code": 0, "took_ms": 12_000,
        "version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(reports, [(12, report)]);
}

#[tokio::test(start_paused = true)]
async fn dynos_end_as_scripted() {
    let failed = End::Failed {
        outcome: "refused",
        exit_code: 77,
        detail: "no such key".to_owned(),
    };
    let (ending, _, _, reports) = run_dyno(script(failed)).await;
    assert_eq!(ending, Ending::Exited(77));
    assert_eq!(reports[0].1["outcome"], "refused");
    assert_eq!(reports[0].1["detail"], "no such key");

    let (ending, _, _, reports) = run_dyno(script(End::SentTwice)).await;
    assert_eq!((ending, reports.len()), (Ending::Exited(0), 2));

    let (ending, lifetime, _, reports) =
        run_dyno(script(End::SentLate(Duration::from_mins(1)))).await;
    assert_eq!((ending, lifetime), (Ending::Exited(0), 12));
    assert_eq!(reports[0].0, 72);

    let (ending, _, _, reports) = run_dyno(script(End::ByShell(3))).await;
    assert_eq!(ending, Ending::Exited(3));
    let report = json!({ "run_id": "R1", "outcome": "exit status 3", "exit_code": 3 });
    assert_eq!(reports[0].1, report);

    let (ending, _, _, reports) = run_dyno(script(End::Crash(1))).await;
    assert_eq!((ending, reports.len()), (Ending::Exited(1), 0));

    let (ending, _, _, reports) = run_dyno(script(End::Vanish)).await;
    assert_eq!((ending, reports.len()), (Ending::Vanished, 0));

    let (ending, lifetime, _, reports) = run_dyno(script(End::NeverUp)).await;
    assert_eq!((ending, lifetime, reports.len()), (Ending::Vanished, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn lost_dynos_leave_no_line_in_the_log() {
    for (end, lines) in [(End::Vanish, 3), (End::NeverUp, 1)] {
        let (heroku, _) = simulated(script(end), 0);
        start(&heroku).await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(heroku.list().await, json!([]));
        assert_eq!(heroku.heroku.log().len(), lines);
    }
}

#[tokio::test(start_paused = true)]
async fn retries_reports_for_a_limited_time() {
    let (heroku, reports) = simulated(script(End::Sent), 4);
    start(&heroku).await;
    sleep(Duration::from_mins(5)).await;
    // Retried after 250, 500, 1,000, and 2,000 ms.
    assert_eq!(reports.lock().unwrap()[0].0, 15);

    let (heroku, reports) = simulated(script(End::Sent), usize::MAX);
    start(&heroku).await;
    sleep(Duration::from_mins(5)).await;
    assert!(reports.lock().unwrap().is_empty());
    let log = heroku.heroku.log().join("\n");
    assert!(log.contains("event=callback_failed"), "{log}");
    assert_eq!(heroku.heroku.drain_ended()[0].ending, Ending::Exited(0));
}

#[tokio::test(start_paused = true)]
async fn time_to_live_ends_hanging_dynos() {
    let hang = |on_sigterm| Script {
        on_sigterm,
        ..script(End::Hang)
    };
    let by_ttl = Some(Stopper::TimeToLive);
    let (ending, lifetime, stopped_by, reports) = run_dyno(hang(OnSigterm::Report)).await;
    assert_eq!(
        (ending, lifetime, stopped_by),
        (Ending::Exited(75), 100, by_ttl)
    );
    assert_eq!(reports[0].1["outcome"], "try_later");
    assert_eq!(reports[0].1["signal"], "SIGTERM");

    let (ending, lifetime, _, reports) = run_dyno(hang(OnSigterm::Die)).await;
    assert_eq!(
        (ending, lifetime, reports.len()),
        (Ending::Exited(143), 100, 0)
    );

    let (ending, lifetime, stopped_by, _) = run_dyno(hang(OnSigterm::Ignore)).await;
    assert_eq!(
        (ending, lifetime, stopped_by),
        (Ending::Killed, 130, by_ttl)
    );
}

#[tokio::test(start_paused = true)]
async fn dynos_are_starting_then_up_then_unlisted() {
    let (heroku, _) = simulated(script(End::Sent), 0);
    let dyno = start(&heroku).await;
    assert_eq!(dyno["state"], "starting");
    assert_eq!(dyno["created_at"], "2026-12-01T08:00:00Z");
    sleep(Duration::from_secs(3)).await;
    let dynos = heroku.list().await;
    assert_eq!(dynos[0]["state"], "up");
    assert_eq!(dynos[0]["created_at"], "2026-12-01T08:00:00Z");
    assert_eq!(dynos[0]["updated_at"], "2026-12-01T08:00:02Z");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(heroku.list().await, json!([]));
    insta::assert_snapshot!("log_of_a_sent_run", heroku.heroku.log().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn stopping_sends_sigterm_and_kills_after_30_seconds() {
    let (heroku, reports) = simulated(
        Script {
            on_sigterm: OnSigterm::Ignore,
            ..script(End::Hang)
        },
        0,
    );
    let dyno = start(&heroku).await;
    sleep(Duration::from_secs(5)).await;
    let name = dyno["name"].as_str().unwrap();
    assert_eq!(heroku.stop(name).await, StatusCode::ACCEPTED);
    sleep(Duration::from_secs(29)).await;
    assert_eq!(heroku.list().await.as_array().unwrap().len(), 1);
    sleep(Duration::from_secs(2)).await;
    let ended = heroku.heroku.drain_ended();
    assert_eq!(ended[0].ending, Ending::Killed);
    assert_eq!(ended[0].stopped_by, Some(Stopper::Request));
    assert_eq!(ended[0].dyno.run_id.as_deref(), Some("R1"));
    assert!(heroku.heroku.drain_ended().is_empty());
    assert!(reports.lock().unwrap().is_empty());
    insta::assert_snapshot!("log_of_a_killed_dyno", heroku.heroku.log().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn records_only_the_first_stopper() {
    let ignoring = Script {
        on_sigterm: OnSigterm::Ignore,
        ..script(End::Hang)
    };
    let (heroku, _) = simulated(ignoring, 0);
    let dyno = start(&heroku).await;
    sleep(Duration::from_secs(110)).await;
    heroku.stop(dyno["id"].as_str().unwrap()).await;
    sleep(Duration::from_mins(1)).await;
    let ended = heroku.heroku.drain_ended();
    assert_eq!(ended[0].stopped_by, Some(Stopper::TimeToLive));
    let lifetime = ended[0].ended_at.duration_since(ended[0].dyno.started_at);
    assert_eq!(lifetime.as_secs(), 130);
}

#[tokio::test(start_paused = true)]
async fn reads_run_id_from_command() {
    let heroku = InMemoryHeroku::running(Held::new());
    for (command, id) in [
        ("worker --run-id X1", Some("X1")),
        ("worker --run-id=X1 --more", Some("X1")),
        ("worker --run-id 1a2b3c4d/group/daily/X1", Some("X1")),
        ("RUN_ID=1a2b3c4d/group/daily/X1 bin/backup", Some("X1")),
        ("worker --run-id 'X1'", Some("X1")),
        (
            "sh -c 'RUN_ID=X1; backup; curl \"$RUN_CALLBACK_URL\"'",
            Some("X1"),
        ),
        ("worker", None),
        ("worker --run-id ", None),
    ] {
        heroku.start(command).await;
        let dynos = heroku.heroku.alive();
        let dyno = dynos.last().unwrap();
        assert_eq!(dyno.command, command);
        assert_eq!(dyno.run_id.as_deref(), id, "{command}");
    }
}

#[tokio::test(start_paused = true)]
async fn sigterm_does_not_replace_an_earlier_report() {
    // SIGTERM arrives while the report of `sent` is being retried.
    let (heroku, reports) = simulated(script(End::Sent), 3);
    let dyno = start(&heroku).await;
    sleep(Duration::from_millis(12_300)).await;
    heroku.stop(dyno["id"].as_str().unwrap()).await;
    sleep(Duration::from_mins(1)).await;
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].1["outcome"], "sent");
}

/// Records events in order.
#[derive(Default)]
struct EventRecorder(Mutex<Vec<String>>);

impl Observer for EventRecorder {
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        let run = dyno.run_id.as_deref().unwrap_or("-");
        let others: Vec<_> = others
            .iter()
            .filter_map(|dyno| dyno.run_id.clone())
            .collect();
        self.0
            .lock()
            .unwrap()
            .push(format!("{run} beside {others:?}"));
    }

    fn logged(&self, line: &LogLine) {
        if line.text.starts_with("outcome=") {
            self.0.lock().unwrap().push(line.text.clone());
        }
    }

    fn ended(&self, record: &DynoRecord) {
        let run = record.dyno.run_id.as_deref().unwrap_or("-");
        self.0
            .lock()
            .unwrap()
            .push(format!("{run} {:?}", record.ending));
    }
}

#[tokio::test(start_paused = true)]
async fn observers_receive_the_other_dynos_alive() {
    let events = Arc::new(EventRecorder::default());
    let heroku = InMemoryHeroku::observed(
        Simulated::new(Arc::new(super::InMemory::default()), |_| script(End::Sent)),
        events.clone(),
    );
    heroku.start("worker --run-id A").await;
    sleep(Duration::from_secs(5)).await;
    heroku.start("sh -c 'RUN_ID=B; worker'").await;
    sleep(Duration::from_secs(20)).await;
    heroku.start("worker").await;
    insta::assert_snapshot!("events", events.0.lock().unwrap().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn logs_and_records_are_bounded() {
    let (heroku, _) = simulated(script(End::Sent), 0);
    for _ in 0..1_010 {
        start(&heroku).await;
        sleep(Duration::from_secs(20)).await;
    }
    assert_eq!(heroku.heroku.log().len(), 1_500);
    assert_eq!(heroku.heroku.drain_ended().len(), 1_000);
}
