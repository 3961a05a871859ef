//! `picletter template`: writes the files that `az` deploys, and prints the command.

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
fn prints_the_az_command_with_files_group_and_subscription() {
    let folder = tempfile::tempdir().unwrap();
    let output = template(folder.path(), &["--out", "app.json"]);
    let text = printed(&output);
    assert!(
        text.contains(
            "  az deployment group create --subscription 00000000-0000-0000-0000-000000000001 \
             --resource-group jobs --template-file app.json --parameters @app.parameters.json\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("also pass the secret alert_webhook"),
        "{text}"
    );
    let printed = template(folder.path(), &[]).stdout;
    let written = std::fs::read(folder.path().join("app.parameters.json")).unwrap();
    assert_eq!(written, printed);
    assert!(folder.path().join("app.json").exists());
}

#[test]
fn names_the_file_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = template(folder.path(), &["--out", "no/app.json"]);
    assert_eq!(output.status.code(), Some(74));
    let error = stderr(&output);
    assert!(
        error.starts_with("error: cannot write no/app.json: "),
        "{error}"
    );
}
