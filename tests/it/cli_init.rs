//! `picletter init`: writes a valid file, or reports invalid answers.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use picletter_core::config::Config;

use crate::support::command::{make_fifo, picletter, stderr};

const REQUIRED_FLAGS: [&str; 6] = [
    "--app",
    "my-app",
    "--from",
    "Picletter <bot@example.com>",
    "--to",
    "you@example.com",
];

fn init(folder: &Path, args: &[&str]) -> Output {
    picletter(folder)
        .arg("init")
        .args(args)
        .env("TZ", "America/New_York")
        .output()
        .unwrap()
}

fn read_written(folder: &Path) -> (String, Config) {
    let path = folder.join("picletter.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    (text, Config::load(&path).unwrap())
}

#[test]
fn defaults_to_local_time_zone_and_example_time() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &REQUIRED_FLAGS);
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("08:30 America/New_York"), "{printed}");
    assert!(printed.contains("picletter deploy"), "{printed}");
    let (_, config) = read_written(folder.path());
    assert_eq!(config.heroku.app, "my-app");
    assert_eq!(config.jobs[0].schedule.zone().name(), "America/New_York");
    assert_eq!(config.azure.location.as_deref(), Some("westeurope"));
    let vars = config.config_vars();
    assert_eq!(vars["BOT_EMAIL"], "Picletter <bot@example.com>");
    assert_eq!(vars["RECEIVER_EMAIL"], "you@example.com");
}

#[test]
fn rejects_a_folder_and_suggests_a_file_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(
        folder.path(),
        &[&REQUIRED_FLAGS[..], &["--config", "."]].concat(),
    );
    assert_eq!(output.status.code(), Some(73));
    assert_eq!(
        stderr(&output),
        "error: . is a directory\nhelp: pass --config ./picletter.toml\n"
    );
}

#[test]
fn writes_the_example_with_only_the_answers_changed() {
    let folder = tempfile::tempdir().unwrap();
    let more = [
        "--to",
        "\"Doe, Jo\" <jo@example.com>",
        "--at",
        "07:00, 19:30",
        "--time-zone",
        "Asia/Tokyo",
        "--location",
        "japaneast",
    ];
    let output = init(folder.path(), &[&REQUIRED_FLAGS[..], &more].concat());
    assert!(output.status.success(), "{output:?}");
    let (text, config) = read_written(folder.path());
    assert_eq!(
        config.config_vars()["RECEIVER_EMAIL"].matches('@').count(),
        2
    );
    let example = include_str!("../../src/cli/init/example.toml");
    assert_eq!(text.lines().count(), example.lines().count());
    let changed: Vec<&str> = text
        .lines()
        .zip(example.lines())
        .filter_map(|(line, was)| (line != was).then_some(line))
        .collect();
    insta::assert_snapshot!(changed.join("\n"), @r##"
    at = ["07:00", "19:30"]         # or several: ["08:30", "16:45"]
    time_zone = "Asia/Tokyo"        # IANA name; default: UTC
    app = "my-app"                  # the app's name; created if it does not exist
    location = "japaneast"          # where the resource group is created; an existing one is not moved
    to = ["you@example.com", '"Doe, Jo" <jo@example.com>'] # or several: ["you@example.com", "Jo <jo@example.com>"]
    "##);
    let check = picletter(folder.path()).arg("check").output().unwrap();
    assert!(check.status.success(), "{check:?}");
    // The answers contain no address for alerts.
    let warning = stderr(&check);
    assert!(
        warning.starts_with("warning: nobody is notified"),
        "{warning}"
    );
    assert_eq!(warning.lines().count(), 1, "{warning}");
}

#[test]
fn names_missing_flags_without_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &["--app", "my-app"]);
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        stderr(&output),
        "error: not a terminal: cannot prompt for the missing values\nhelp: pass --from, --to\n"
    );
    assert!(!folder.path().join("picletter.toml").exists());
}

#[test]
fn every_requires_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(
        folder.path(),
        &[&REQUIRED_FLAGS[..], &["--every", "1 hour"]].concat(),
    );
    assert_eq!(output.status.code(), Some(64));
    insta::assert_snapshot!(stderr(&output), @r"
    error: --every requires --command
    help: to send the picture at another interval, remove --every and edit `every` in the file
    ");
    assert!(!folder.path().join("picletter.toml").exists());
}

#[test]
fn reports_all_invalid_flags_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "--app",
        "My App",
        "--from",
        "bot",
        "--to",
        "you@example.com",
        "--to",
        "you",
        "--at",
        "8.30",
        "--time-zone",
        "Berlin",
        "--location",
        "West Europe",
    ];
    let output = init(folder.path(), &args);
    assert_eq!(output.status.code(), Some(64));
    insta::assert_snapshot!(stderr(&output), @r"
    error: --app: invalid value for `app`: `My App`; expected 3 to 30 lowercase letters, digits, and dashes, starting with a letter
    error: --from: `from` is not a mail address of the form name@domain.tld
    error: --to: `to` is not a mail address of the form name@domain.tld
    error: --at: invalid time of day: `8.30`; expected hours and minutes, such as `08:30`
    error: --time-zone: unknown time zone `Berlin`; did you mean `Europe/Berlin`?
    error: --location: unknown Azure location: `West Europe`; did you mean `westeurope`?
    ");
    assert!(!folder.path().join("picletter.toml").exists());
}

#[test]
fn replaces_an_existing_file_only_with_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picletter.toml");
    std::fs::write(&path, "mine").unwrap();
    let output = init(folder.path(), &REQUIRED_FLAGS);
    assert_eq!(output.status.code(), Some(73));
    assert!(stderr(&output).contains("--force"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");

    let other = [&REQUIRED_FLAGS[..], &["--config", "other.toml"]].concat();
    let output = init(folder.path(), &other);
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let next = "picletter deploy --config other.toml --image worker.tar";
    assert!(printed.contains(next), "{printed}");
    assert!(Config::load(&folder.path().join("other.toml")).is_ok());

    let spaced = [&REQUIRED_FLAGS[..], &["--config", "my jobs.toml"]].concat();
    let printed = String::from_utf8(init(folder.path(), &spaced).stdout).unwrap();
    assert!(
        printed.contains("doctor --config 'my jobs.toml' --image"),
        "{printed}"
    );

    let forced = [&REQUIRED_FLAGS[..], &["--force"]].concat();
    assert!(init(folder.path(), &forced).status.success());
    read_written(folder.path());
}

#[cfg(unix)]
#[test]
fn never_replaces_anything_but_a_regular_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::create_dir(path.join("folder")).unwrap();
    make_fifo(&path.join("fifo"));
    std::os::unix::fs::symlink("folder", path.join("link")).unwrap();
    for (name, code, reason) in [
        ("folder", 73, "folder is a directory"),
        ("link", 73, "link is a directory"),
        ("fifo", 74, "cannot write fifo: not a regular file"),
    ] {
        let args = [&REQUIRED_FLAGS[..], &["--config", name]].concat();
        assert_eq!(init(path, &args).status.code(), Some(73), "{name}");
        let output = init(path, &[&args[..], &["--force"]].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(stderr(&output).contains(reason), "{output:?}");
    }
    assert!(path.join("folder").is_dir());
    assert!(path.join("link").is_symlink());

    std::fs::write(path.join("mine.toml"), "mine").unwrap();
    std::os::unix::fs::symlink("mine.toml", path.join("picletter.toml")).unwrap();
    assert!(
        init(path, &[&REQUIRED_FLAGS[..], &["--force"]].concat())
            .status
            .success()
    );
    assert!(path.join("picletter.toml").is_symlink());
    read_written(path);
}

#[test]
fn replaces_the_unchanged_example_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picletter.toml");
    let example = include_str!("../../src/cli/init/example.toml");
    std::fs::write(&path, example).unwrap();
    assert!(init(folder.path(), &REQUIRED_FLAGS).status.success());
    assert_eq!(read_written(folder.path()).1.heroku.app, "my-app");

    std::fs::write(&path, example.replace("08:30", "09:30")).unwrap();
    assert_eq!(init(folder.path(), &REQUIRED_FLAGS).status.code(), Some(73));
}

#[test]
fn names_the_file_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(
        folder.path(),
        &[&REQUIRED_FLAGS[..], &["--config", "no/picletter.toml"]].concat(),
    );
    assert_eq!(output.status.code(), Some(74));
    assert!(
        stderr(&output).starts_with("error: cannot write no/picletter.toml: "),
        "{output:?}"
    );
}

/// `script` of util-linux, which Debian always has, provides a terminal.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
fn repeats_each_question_until_the_answer_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let command = format!(
        "{} init --from bot@example.com",
        env!("CARGO_BIN_EXE_picletter")
    );
    let mut terminal = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(folder.path())
        .env("TZ", "America/New_York")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = terminal.stdin.take().unwrap();
    let mut screen = terminal.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut wait_for = |what: &str| {
        let mut byte = [0];
        while !String::from_utf8_lossy(&seen).contains(what) {
            assert_eq!(
                screen.read(&mut byte).unwrap(),
                1,
                "no {what} in {}",
                String::from_utf8_lossy(&seen)
            );
            seen.push(byte[0]);
        }
        seen.clear();
    };
    for (question, answer) in [
        ("Heroku app:", "My App\r"),
        ("for `app`: `My App`", "\x7f\x7f\x7f\x7f\x7f\x7fmy-app\r"),
        ("Receivers:", "a@example.com, b@example.com\r"),
        ("Every day at:", "07:00, 19:30\r"),
        ("(America/New_York)", "\r"),
        ("Azure location:", "eastus\r"),
    ] {
        wait_for(question);
        keys.write_all(answer.as_bytes()).unwrap();
    }
    wait_for("Wrote ");
    // `script` ends when its child does, but only after its own input is closed.
    drop(keys);
    assert!(terminal.wait().unwrap().success());
    let (_, config) = read_written(folder.path());
    assert_eq!(config.heroku.app, "my-app");
    assert_eq!(
        config.config_vars()["RECEIVER_EMAIL"],
        "a@example.com, b@example.com"
    );
    assert_eq!(config.jobs[0].schedule.zone().name(), "America/New_York");
    assert_eq!(config.azure.location.as_deref(), Some("eastus"));
}

#[test]
fn intervals_of_days_and_weeks_start_today() {
    for every in ["2 weeks", "week", "3 days"] {
        let folder = tempfile::tempdir().unwrap();
        let args = ["--app", "my-app", "--command", "rake x", "--every", every];
        let output = init(folder.path(), &args);
        assert!(output.status.success(), "{every}: {output:?}");
        let (text, _) = read_written(folder.path());
        assert!(text.contains("\nstart = \"20"), "{every}: {text}");
    }
}
