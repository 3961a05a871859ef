//! `picletter init`: a file that is right, or what is wrong with the answers.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use picletter::config::Config;

use crate::support::command::{make_fifo, picletter, stderr};

const GIVEN: [&str; 6] = [
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

fn written(folder: &Path) -> (String, Config) {
    let path = folder.join("picletter.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    (text, Config::load(&path).unwrap())
}

#[test]
fn what_is_not_given_is_the_machines_zone_and_the_examples_time() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &GIVEN);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("08:30 America/New_York"), "{told}");
    assert!(told.contains("picletter deploy"), "{told}");
    let (_, config) = written(folder.path());
    assert_eq!(config.heroku.app, "my-app");
    assert_eq!(config.jobs[0].schedule.zone().name(), "America/New_York");
    assert_eq!(config.azure.location.as_deref(), Some("westeurope"));
    let vars = config.config_vars();
    assert_eq!(vars["BOT_EMAIL"], "Picletter <bot@example.com>");
    assert_eq!(vars["RECEIVER_EMAIL"], "you@example.com");
}

#[test]
fn a_folder_is_refused_with_the_name_of_a_file_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &[&GIVEN[..], &["--config", "."]].concat());
    assert_eq!(output.status.code(), Some(73));
    assert_eq!(
        stderr(&output),
        "error: . is a folder\nhelp: pass --config ./picletter.toml\n"
    );
}

#[test]
fn the_file_is_commented_like_the_example_and_differs_in_the_answers_alone() {
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
    let output = init(folder.path(), &[&GIVEN[..], &more].concat());
    assert!(output.status.success(), "{output:?}");
    let (text, config) = written(folder.path());
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
    // Its answers name no address for alerts.
    let warned = stderr(&check);
    assert!(
        warned.starts_with("warning: nobody is notified"),
        "{warned}"
    );
    assert_eq!(warned.lines().count(), 1, "{warned}");
}

#[test]
fn without_a_terminal_the_flags_that_are_missing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), &["--app", "my-app"]);
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        stderr(&output),
        "error: not a terminal, so that nothing can be asked\nhelp: pass --from, --to\n"
    );
    assert!(!folder.path().join("picletter.toml").exists());
}

#[test]
fn all_that_is_wrong_in_the_flags_is_told_at_once_and_nothing_is_written() {
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
fn a_file_that_is_there_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picletter.toml");
    std::fs::write(&path, "mine").unwrap();
    let output = init(folder.path(), &GIVEN);
    assert_eq!(output.status.code(), Some(73));
    assert!(stderr(&output).contains("--force"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");

    let other = [&GIVEN[..], &["--config", "other.toml"]].concat();
    let output = init(folder.path(), &other);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let next = "picletter deploy --config other.toml --image worker.tar";
    assert!(told.contains(next), "{told}");
    assert!(Config::load(&folder.path().join("other.toml")).is_ok());

    let spaced = [&GIVEN[..], &["--config", "my jobs.toml"]].concat();
    let told = String::from_utf8(init(folder.path(), &spaced).stdout).unwrap();
    assert!(
        told.contains("doctor --config 'my jobs.toml' --image"),
        "{told}"
    );

    let forced = [&GIVEN[..], &["--force"]].concat();
    assert!(init(folder.path(), &forced).status.success());
    written(folder.path());
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::create_dir(path.join("folder")).unwrap();
    make_fifo(&path.join("fifo"));
    std::os::unix::fs::symlink("folder", path.join("link")).unwrap();
    for (name, code, reason) in [
        ("folder", 73, "folder is a folder"),
        ("link", 73, "link is a folder"),
        (
            "fifo",
            74,
            "fifo cannot be written: it is not a regular file",
        ),
    ] {
        let args = [&GIVEN[..], &["--config", name]].concat();
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
        init(path, &[&GIVEN[..], &["--force"]].concat())
            .status
            .success()
    );
    assert!(path.join("picletter.toml").is_symlink());
    written(path);
}

#[test]
fn in_a_fresh_clone_the_example_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picletter.toml");
    let example = include_str!("../../src/cli/init/example.toml");
    std::fs::write(&path, example).unwrap();
    assert!(init(folder.path(), &GIVEN).status.success());
    assert_eq!(written(folder.path()).1.heroku.app, "my-app");

    std::fs::write(&path, example.replace("08:30", "09:30")).unwrap();
    assert_eq!(init(folder.path(), &GIVEN).status.code(), Some(73));
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(
        folder.path(),
        &[&GIVEN[..], &["--config", "no/picletter.toml"]].concat(),
    );
    assert_eq!(output.status.code(), Some(74));
    assert!(
        stderr(&output).starts_with("error: no/picletter.toml cannot be written: "),
        "{output:?}"
    );
}

/// `script` of util-linux, which Debian always has, gives the program a terminal.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
fn on_a_terminal_each_question_is_asked_until_the_answer_is_right() {
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
    let mut shown = |what: &str| {
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
        shown(question);
        keys.write_all(answer.as_bytes()).unwrap();
    }
    shown("is written");
    // The program's end is seen by `script`, which would not end before its input does.
    drop(keys);
    assert!(terminal.wait().unwrap().success());
    let (_, config) = written(folder.path());
    assert_eq!(config.heroku.app, "my-app");
    assert_eq!(
        config.config_vars()["RECEIVER_EMAIL"],
        "a@example.com, b@example.com"
    );
    assert_eq!(config.jobs[0].schedule.zone().name(), "America/New_York");
    assert_eq!(config.azure.location.as_deref(), Some("eastus"));
}

#[test]
fn an_interval_that_is_counted_from_a_day_begins_today() {
    for every in ["2 weeks", "week", "3 days"] {
        let folder = tempfile::tempdir().unwrap();
        let given = ["--app", "my-app", "--command", "rake x", "--every", every];
        let output = init(folder.path(), &given);
        assert!(output.status.success(), "{every}: {output:?}");
        let (text, _) = written(folder.path());
        assert!(text.contains("\nstart = \"20"), "{every}: {text}");
    }
}
