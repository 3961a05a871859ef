//! The interpreter's records in the form of Azure's API.

use std::borrow::Cow;

use jiff::Timestamp;
use picletter::r#try::page::azure_records;
use picletter_core::deploy::azure::Attempt;
use picletter_logic_apps::Status;
use picletter_logic_apps::history::{ActionRecord, AttemptRecord, Content};

#[test]
fn an_action_keeps_its_earlier_attempts() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let record = ActionRecord {
        name: "Post_alert".into(),
        status: Status::Succeeded,
        code: Cow::Borrowed("OK"),
        problem: None,
        started: Some(at("2026-11-24T08:30:00Z")),
        ended: Some(at("2026-11-24T08:30:10Z")),
        inputs: Content::None,
        outputs: Content::None,
        attempts: vec![AttemptRecord {
            started: at("2026-11-24T08:30:00.123456789Z"),
            ended: at("2026-11-24T08:30:01Z"),
            code: Cow::Borrowed("ServiceUnavailable"),
        }],
        repetitions: None,
        loops: Vec::new(),
        tracking_id: None,
    };
    let attempt = Attempt {
        start: Some(at("2026-11-24T08:30:00.1234567Z")),
        end: Some(at("2026-11-24T08:30:01Z")),
        code: Some("ServiceUnavailable".to_owned()),
    };
    assert_eq!(azure_records::action(&record).attempts, [attempt]);
}
