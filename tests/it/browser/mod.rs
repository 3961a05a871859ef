//! Tests of the page of `picletter try` and of the dashboard in Chromium. `ci/browser` runs them.
//!
//! They require `chromium`, `chromedriver`, and the path of axe-core's `axe.min.js` in AXE_JS. They write
//! screenshots and HTML to `target/browser`. `docs/dashboard.png` is a copy of `dashboard-light.png`.

mod accessibility;
mod appearance;
mod chromium;
mod dashboard;
mod live_updates;
mod webdriver;

use std::fs;
use std::path::PathBuf;

/// The path of an output file in `target/browser`.
fn output_path(name: &str) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.parent().unwrap().join("browser");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}
