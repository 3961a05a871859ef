//! How commands use standard output and write files.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::command::{make_fifo, picletter, stderr, stdout};

const CONFIG: &str = r#"
[schedule]
every = "day"
[heroku]
app = "my-app"
[azure]
resource_group = "jobs(1)"
[mail]
from = "bot@example.com"
to = "you@example.com"
"#;

/// Commands that print something without any account.
const PRINTING: [&str; 10] = [
    "--help",
    "--version",
    "check",
    "check --help",
    "completions bash",
    "schedule next -n 1000",
    "template",
    "template --out app.json",
    "try --days 2",
    "init --force --app my-app --from a@x.example --to b@x.example",
];

/// Runs a command with a file size limit of 0, as on a full disk.
fn run_on_full_disk(folder: &Path, line: &str) -> Output {
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_picletter"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/bin:/usr/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn command_line(folder: &Path, line: &str) -> Command {
    let mut command = picletter(folder);
    command.args(line.split_whitespace()).stderr(Stdio::piped());
    command
}

fn folder_with_config() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("picletter.toml"), CONFIG).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn closed_pipe_is_not_an_error() {
    let folder = folder_with_config();
    for line in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command_line(folder.path(), line)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
        for word in ["panicked", "standard output"] {
            assert!(!stderr(&output).contains(word), "{line}: {output:?}");
        }
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "needs /dev/full")]
fn full_disk_for_standard_output_exits_with_74() {
    let folder = folder_with_config();
    for line in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command_line(folder.path(), line)
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(74), "{line}: {output:?}");
    }
}

#[test]
fn full_disk_leaves_no_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let line = "init --app my-app --from a@x.example --to b@x.example";
    let output = run_on_full_disk(folder.path(), line);
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    let error = stderr(&output);
    assert!(
        error.starts_with("error: cannot write picletter.toml: File too large"),
        "{error}"
    );
    assert_eq!(names(folder.path()), [""; 0]);

    let folder = folder_with_config();
    for (line, file) in [
        ("template --out app.json", "app.json"),
        ("man .", "picletter"),
    ] {
        let output = run_on_full_disk(folder.path(), line);
        assert_eq!(output.status.code(), Some(74), "{output:?}");
        let error = stderr(&output);
        assert!(
            error.contains(file) && error.contains("cannot write "),
            "{error}"
        );
        assert_eq!(names(folder.path()), ["picletter.toml"], "{line}");
    }
}

#[test]
fn full_disk_keeps_the_existing_file() {
    let folder = folder_with_config();
    let line = "init --force --app my-app --from a@x.example --to b@x.example";
    let output = run_on_full_disk(folder.path(), line);
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    let file = folder.path().join("picletter.toml");
    assert_eq!(fs::read_to_string(file).unwrap(), CONFIG);
}

#[test]
fn new_files_follow_the_umask_and_existing_ones_keep_their_mode() {
    let folder = folder_with_config();
    let kept = folder.path().join("app.parameters.json");
    fs::write(&kept, "").unwrap();
    fs::set_permissions(&kept, Permissions::from_mode(0o640)).unwrap();
    let output = Command::new("sh")
        .args(["-c", "umask 027; exec \"$0\" template --out app.json"])
        .arg(env!("CARGO_BIN_EXE_picletter"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let mode = |name| {
        let metadata = fs::metadata(folder.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("app.json"), 0o640);
    fs::set_permissions(&kept, Permissions::from_mode(0o604)).unwrap();
    let output = command_line(folder.path(), "template --out app.json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(mode("app.parameters.json"), 0o604);
}

#[test]
fn replaces_the_target_of_a_symlink() {
    let folder = folder_with_config();
    let target = folder.path().join("target.json");
    fs::write(&target, "").unwrap();
    let link = folder.path().join("app.json");
    symlink(&target, &link).unwrap();
    let output = command_line(folder.path(), "template --out app.json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(fs::metadata(&target).unwrap().len() > 0);
}

#[test]
fn writes_to_a_fifo_without_replacing_it() {
    let folder = folder_with_config();
    let pipe = folder.path().join("app.json");
    make_fifo(&pipe);
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
    let output = command_line(folder.path(), "template --out app.json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(reader.join().unwrap().contains("$schema"));
}

#[test]
fn quotes_names_in_printed_commands() {
    let folder = folder_with_config();
    fs::create_dir(folder.path().join("my jobs")).unwrap();
    let output = command_line(folder.path(), "template --out")
        .arg("my jobs/app.json")
        .output()
        .unwrap();
    let printed = stdout(&output);
    assert!(
        printed.contains(
            "--resource-group 'jobs(1)' --template-file 'my jobs/app.json' \
             --parameters '@my jobs/app.parameters.json'\n"
        ),
        "{printed}"
    );
}

#[test]
fn suggested_commands_repeat_the_config_option() {
    let folder = tempfile::tempdir().unwrap();
    let init = "init --app my-app --from a@x.example --to b@x.example --config";
    let output = command_line(folder.path(), init)
        .arg("my job.toml")
        .output()
        .unwrap();
    let printed = stdout(&output);
    assert!(
        printed.contains("picletter deploy --config 'my job.toml' --image worker.tar"),
        "{printed}"
    );
}
