//! How often the log of a run is read, and what is shown without it.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use jiff::{SignedDuration, Timestamp};
use picletter::dashboard::source::Source as _;
use picletter::dashboard::view::RunLog;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::live_deployment::{LiveDeployment, RUNS, rate_limited};
use crate::support::clock::ManualClock;

const LOG: &str = "/apps/*/log-sessions";

/// Longer than the interval between reads, and shorter than the time for which servers keep unused
/// connections open.
const LATER: Duration = Duration::from_secs(12);

impl LiveDeployment {
    fn count(&self, end: &str) -> usize {
        let requests = self.requests();
        requests.iter().filter(|path| path.ends_with(end)).count()
    }
}

#[tokio::test]
async fn tabs_of_a_run_share_one_read() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    deployment.read().await;
    deployment.world.sandbox.faults().clear();
    let tab = async || deployment.live.run(0, &id).await.unwrap().unwrap();
    let (one, other, third) = tokio::join!(tab(), tab(), tab());
    assert_eq!(deployment.count("/log-sessions"), 1);
    assert_eq!(deployment.count("/actions"), 1);
    for tab in [other, third] {
        assert_eq!(tab.actions, one.actions);
        assert_eq!(tab.log, one.log);
    }
}

#[tokio::test]
async fn tabs_of_several_runs_share_one_read_of_the_log() {
    let deployment = LiveDeployment::new().await;
    let (one, other) = (deployment.run(0).await, deployment.run(1).await);
    deployment.read().await;
    deployment.world.sandbox.faults().clear();
    let (one, other) = tokio::join!(deployment.live.run(0, &one), deployment.live.run(1, &other));
    assert_eq!(deployment.count("/log-sessions"), 1);
    let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
    assert!(one.log.lines().is_some() && other.log.lines().is_some());
    assert_ne!(one.log, other.log);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_comes_with_the_reason() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    let faults = deployment.world.sandbox.faults();
    let refused = Fault::status(403, r#"{"id":"forbidden","message":"no"}"#);
    faults.on(Method::POST, LOG, Which::Every, refused);
    let detail = deployment.live.run(0, &id).await.unwrap().unwrap();
    let RunLog::Unreadable(diagnostic) = detail.log else {
        panic!("{:?}", detail.log)
    };
    assert!(
        diagnostic.summary.contains("403 forbidden"),
        "{diagnostic:?}"
    );
    assert!(diagnostic.help.unwrap().contains("HEROKU_API_KEY"));
}

#[tokio::test]
async fn a_rate_limited_log_is_not_read_again_before_the_wait_ends() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    let other = deployment.run(0).await;
    let faults = deployment.world.sandbox.faults();
    let limited = rate_limited(r#"{"id":"rate_limit"}"#);
    faults.on(Method::POST, LOG, Which::Every, limited);
    let clock = ManualClock::pause();
    let detail = deployment.live.run(0, &id).await.unwrap().unwrap();
    assert_eq!(deployment.count("/log-sessions"), 1);
    let RunLog::Unreadable(diagnostic) = detail.log else {
        panic!("{:?}", detail.log)
    };
    assert!(diagnostic.help.unwrap().contains("by itself"));
    clock.advance(LATER).await;
    for id in [&id, &other] {
        let detail = deployment.live.run(0, id).await.unwrap().unwrap();
        assert!(matches!(detail.log, RunLog::Unreadable(_)));
    }
    assert_eq!(deployment.count("/log-sessions"), 1);
    assert_eq!(deployment.live.board().outages[0].vendor, "Heroku");
}

#[tokio::test]
async fn a_run_after_the_last_read_of_the_log_has_a_reason_for_its_missing_lines() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    let read = async |id: &str| deployment.live.run(0, id).await.unwrap().unwrap().log;
    assert!(read(&id).await.lines().is_some());
    let faults = deployment.world.sandbox.faults();
    let limited = rate_limited(r#"{"id":"rate_limit"}"#);
    let later = deployment.run(0).await;
    let dynos = "/apps/*/dynos";
    faults.on(Method::GET, dynos, Which::Every, limited);
    assert_eq!(deployment.read().await.outages[0].vendor, "Heroku");
    let RunLog::Unreadable(diagnostic) = read(&later).await else {
        panic!("the log was not read again")
    };
    assert!(diagnostic.summary.contains("429"), "{diagnostic:?}");
    assert!(read(&id).await.lines().is_some());
}

#[tokio::test]
async fn a_log_is_read_less_often_while_few_requests_remain() {
    for (remaining, reads) in [("4000", [2, 7]), ("900", [1, 2]), ("90", [1, 1])] {
        let deployment = LiveDeployment::new().await;
        let id = deployment.run(0).await;
        deployment.read().await;
        let refused = Response::builder()
            .status(422)
            .header("ratelimit-remaining", remaining)
            .body(Bytes::from_static(br#"{"id":"made_up"}"#))
            .unwrap();
        let faults = deployment.world.sandbox.faults();
        faults.clear();
        faults.on(Method::POST, LOG, Which::Every, Fault::Answer(refused));
        let clock = ManualClock::pause();
        deployment.live.run(0, &id).await.unwrap();
        // After 12 and 72 seconds.
        for (steps, reads) in [1, 5].into_iter().zip(reads) {
            for _ in 0..steps {
                clock.advance(LATER).await;
                deployment.live.run(0, &id).await.unwrap();
            }
            let sessions = deployment.count("/log-sessions");
            assert_eq!(sessions, reads, "with {remaining} left");
        }
    }
}

#[tokio::test]
async fn a_log_without_end_is_cut_off_after_a_time_limit() {
    let deployment = LiveDeployment::new().await;
    let id = deployment.run(0).await;
    let start = deployment.world.sandbox.heroku().log();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/log", listener.local_addr().unwrap());
    let (sent, is_sent) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        // The next connection is refused.
        drop(listener);
        connection.read_buf(&mut Vec::new()).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        connection.write_all(head.as_bytes()).await.unwrap();
        for line in start {
            let line = format!("data: {line}\n\n");
            connection.write_all(line.as_bytes()).await.unwrap();
        }
        sent.send(()).unwrap();
        while connection.write_all(b": ping\n\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let session = json!({ "logplex_url": url }).to_string();
    let faults = deployment.world.sandbox.faults();
    faults.on(Method::POST, LOG, Which::Every, Fault::status(201, session));
    // A run that ended a while ago, so that only its log can change.
    let ended = Timestamp::now() - SignedDuration::from_mins(5);
    let run = json!({"name": id, "properties": {
        "status": "Succeeded",
        "startTime": ended.to_string(),
        "endTime": ended.to_string(),
    }});
    let route = format!("{RUNS}/*");
    let ended = Fault::status(200, run.to_string());
    faults.on(Method::GET, &route, Which::Every, ended);
    let clock = ManualClock::pause();
    let live = deployment.live.clone();
    let run = id.clone();
    let detail = tokio::spawn(async move { live.run(0, &run).await });
    is_sent.await.unwrap();
    while !detail.is_finished() {
        // Advances the clock in small steps, so that the reader never sees a long gap between lines.
        clock.advance(Duration::from_millis(50)).await;
        tokio::task::yield_now().await;
    }
    let detail = detail.await.unwrap().unwrap().unwrap();
    assert!(detail.log.lines().is_some(), "{:?}", detail.log);
    let before = deployment.count("/log-sessions");
    clock.advance(LATER).await;
    let live = deployment.live.clone();
    let again = tokio::spawn(async move { live.run(0, &id).await });
    while !again.is_finished() {
        // Retries wait for the clock.
        clock.advance(Duration::from_millis(50)).await;
        tokio::task::yield_now().await;
    }
    assert!(deployment.count("/log-sessions") > before);
}
