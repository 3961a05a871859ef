//! The page of `picletter try` and the dashboard in Chromium, as `ci/browser` runs it: needs `chromium` and `chromedriver`, and AXE_JS to name
//! the `axe.min.js` of npm's axe-core. Pictures of it, and its HTML, are left in `target/browser`.
//! `docs/dashboard.png` is `dashboard-light.png` of these.

mod access;
mod chromium;
mod dashboard;
mod followed;
mod looks;
mod webdriver;

use std::fs;
use std::path::PathBuf;

/// Where a file is left for who looks after the tests.
fn left(name: &str) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.parent().unwrap().join("browser");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}
