//! Waits after a vendor could not be read.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use picletter::dashboard::live::vendor::{ReadFailure, Vendor};
use picletter_core::deploy::step::{CloudError, Step, StepError};
use picletter_core::diagnostic::Diagnostic;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn failure(retry_after: Option<u64>) -> Result<(), ReadFailure> {
    let step = Step::ReadDynos;
    let error = CloudError::NoImages("my-shop".to_owned());
    Err(ReadFailure {
        error: Arc::new(StepError { step, error }),
        diagnostic: Diagnostic::plain("it is down"),
        retry_after: retry_after.map(Duration::from_secs),
    })
}

#[test]
fn waits_grow_up_to_five_minutes_and_end_with_a_success() {
    let mut vendor = Vendor::new("Azure");
    vendor.note(Ok(()), at(0));
    let mut now = 0;
    for wait in [10, 20, 40, 80, 160, 300, 300] {
        vendor.note(failure(None), at(now));
        assert!(!vendor.is_due(at(now + wait - 1)), "{wait}");
        now += wait;
        assert!(vendor.is_due(at(now)), "{wait}");
    }
    assert_eq!(vendor.outage().unwrap().since, Some(at(0)));
    vendor.note(Ok(()), at(now));
    assert!(vendor.is_due(at(now)));
    assert_eq!(vendor.outage(), None);
}

#[test]
fn a_vendor_is_not_read_before_the_time_that_it_requires() {
    let mut vendor = Vendor::new("Heroku");
    vendor.note(failure(Some(3_600)), at(0));
    assert!(!vendor.is_due(at(3_599)));
    assert!(vendor.is_due(at(3_600)));
}

#[test]
fn a_failure_does_not_shorten_an_earlier_wait() {
    let mut vendor = Vendor::new("Heroku");
    vendor.note(failure(Some(600)), at(0));
    vendor.note(failure(None), at(5));
    assert!(!vendor.is_due(at(599)));
    assert!(vendor.is_due(at(600)));
}

#[test]
fn a_success_does_not_end_a_wait_that_began_after_its_read() {
    let mut vendor = Vendor::new("Heroku");
    vendor.note(failure(Some(120)), at(5));
    vendor.note(Ok(()), at(0));
    assert!(!vendor.is_due(at(124)));
    assert_eq!(vendor.outage().unwrap().since, Some(at(0)));
    vendor.note(Ok(()), at(5));
    assert!(vendor.is_due(at(5)));
}

#[test]
fn a_vendor_cannot_require_a_wait_of_more_than_an_hour() {
    let mut vendor = Vendor::new("Heroku");
    vendor.note(failure(Some(86_400)), at(0));
    assert!(!vendor.is_due(at(3_599)));
    assert!(vendor.is_due(at(3_600)));
}
