//! The actions that `run` prints.

use picletter::cli::actions::Actions;
use picletter_core::deploy::azure::{Action, ActionContent};

fn line(name: &str, status: &str, code: &str) -> Option<String> {
    Actions::from_template().line(&Action {
        name: name.to_owned(),
        status: status.to_owned(),
        start: None,
        end: None,
        code: Some(code.to_owned()),
        error: None,
        inputs: ActionContent::None,
        outputs: ActionContent::None,
        repetitions: None,
        attempts: Vec::new(),
    })
}

#[test]
fn prints_actions_that_do_something_or_fail() {
    let printed = |name: &str, status: &str| Some(format!("{name} {status}"));
    assert_eq!(line("Run", "Succeeded", "OK"), printed("Run", "Succeeded"));
    assert_eq!(
        line("Words", "Failed", "InvalidTemplate"),
        printed("Words", "Failed")
    );
    assert_eq!(line("Words", "Succeeded", "OK"), None);
    assert_eq!(line("Alert", "Failed", "ActionFailed"), None);
    assert_eq!(
        line("Not_ours", "Succeeded", "OK"),
        printed("Not_ours", "Succeeded")
    );
}

#[test]
fn omits_the_stop_of_a_dyno_that_has_ended() {
    assert_eq!(line("Stop_dyno", "Failed", "NotFound"), None);
    assert!(line("Stop_dyno", "Failed", "Unauthorized").is_some());
    assert!(line("Stop_dyno", "Succeeded", "Accepted").is_some());
}
