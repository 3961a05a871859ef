//! `picletter template` writes what `az` deploys, and how to.

use std::path::Path;
use std::process::Output;

use crate::support::command::{picletter, printed, stderr};

const CONFIG: &str = r#"
[schedule]
every = "day"
[heroku]
app = "my-app"
[azure]
resource_group = "jobs"
subscription = "00000000-0000-0000-0000-000000000001"
[mail]
from = "bot@example.com"
to = "you@example.com"
"#;

fn template(folder: &Path, args: &[&str]) -> Output {
    std::fs::write(folder.join("picletter.toml"), CONFIG).unwrap();
    picletter(folder)
        .arg("template")
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_command_that_deploys_names_the_files_the_group_and_the_subscription() {
    let folder = tempfile::tempdir().unwrap();
    let output = template(folder.path(), &["--out", "app.json"]);
    let told = printed(&output);
    assert!(
        told.contains(
            "  az deployment group create --subscription 00000000-0000-0000-0000-000000000001 \
             --resource-group jobs --template-file app.json --parameters @app.parameters.json\n"
        ),
        "{told}"
    );
    assert!(told.contains("give alert_webhook as well"), "{told}");
    let printed = template(folder.path(), &[]).stdout;
    let written = std::fs::read(folder.path().join("app.parameters.json")).unwrap();
    assert_eq!(written, printed);
    assert!(folder.path().join("app.json").exists());
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = template(folder.path(), &["--out", "no/app.json"]);
    assert_eq!(output.status.code(), Some(74));
    let error = stderr(&output);
    assert!(
        error.starts_with("error: no/app.json cannot be written: "),
        "{error}"
    );
}
