//! Changes of `picletter.toml` while the dashboard is open.

use std::fs;

use jiff::Timestamp;
use picletter_core::diagnostic::Diagnostic;

use super::live_deployment::{JOBS, LiveDeployment, live};

#[tokio::test]
async fn a_changed_file_is_reported_with_its_errors() {
    let deployment = LiveDeployment::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picletter.toml");
    fs::write(&path, JOBS.as_str()).unwrap();
    let before = live(&deployment.world, &JOBS);
    // The file can change between its parsing and the start of the dashboard.
    fs::write(&path, JOBS.replace("08:30", "10:30")).unwrap();
    let live = before.watching(&path);
    live.refresh().await;
    let change = live.board_at(Timestamp::now()).file_change.unwrap();
    assert!(change.summary.ends_with("has changed"), "{change:?}");
    let change_after = async |text: &str| {
        fs::write(&path, text).unwrap();
        live.refresh().await;
        let board = live.board_at(Timestamp::now());
        assert_eq!(board.jobs.len(), 2);
        board.file_change
    };
    assert_eq!(change_after(&JOBS).await, None);
    let Some(Diagnostic { summary, help }) = change_after("[heroku]\nap = \"x\"\n").await else {
        panic!("no error")
    };
    assert!(summary.contains("picletter.toml:2:1"), "{summary}");
    assert!(help.unwrap().contains("fix the file"));
    let changed = JOBS.replace("08:30", "09:30");
    let Some(Diagnostic { summary, help }) = change_after(&changed).await else {
        panic!("no change")
    };
    assert!(summary.ends_with("picletter.toml has changed"), "{summary}");
    assert!(help.unwrap().contains("restart the dashboard"));
    assert_eq!(change_after(&JOBS).await, None);
    fs::remove_file(&path).unwrap();
    live.refresh().await;
    let missing = live.board_at(Timestamp::now()).file_change.unwrap();
    assert!(missing.summary.contains("does not exist"), "{missing:?}");
}
