//! `import crontab`.

use std::path::Path;
use std::process::Output;

use insta::assert_snapshot;

use crate::support::command::{picletter, stderr, stdout};

fn run(line: &[&str], folder: &Path) -> Output {
    picletter(folder).args(line).output().unwrap()
}

const CRONTAB: &str = "\
# m h dom mon dow command
MAILTO=ops@example.com
DATABASE=shop

# Sends the reports.
# Every night.
0 3 * * * cd /app && bin/rails reports:send
*/15 * * * * bin/cleanup --quiet
CRON_TZ=Europe/Berlin
@daily bin/rails reports:send
0 8 * * 1#1 echo 100\\%
@reboot bin/warm-up
0 0 30 2 * bin/never
0 3 * * * cat % input
0 3 * *
0 0 8 * * * bin/six
17 * * * * root bin/hourly
";

#[test]
fn converts_or_reports_each_line_of_a_crontab() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crontab");
    std::fs::write(&file, CRONTAB).unwrap();
    let output = run(&["import", "crontab", "crontab"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(stdout(&output));
    assert_snapshot!(stderr(&output));
}

#[test]
fn writes_a_valid_file_and_does_not_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("c"),
        "0 3 * * * bin/rails reports:send\n",
    )
    .unwrap();
    let line = [
        "import",
        "crontab",
        "c",
        "--app",
        "my-shop",
        "--out",
        "picletter.toml",
    ];
    assert!(run(&line, folder.path()).status.success());
    assert!(run(&["check"], folder.path()).status.success());
    let wrong = ["import", "crontab", "c", "--app", "My_Shop"];
    assert_eq!(run(&wrong, folder.path()).status.code(), Some(64));
    let again = run(&line, folder.path());
    assert_eq!(again.status.code(), Some(73), "{}", stderr(&again));
}

#[test]
fn out_requires_app() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c"), "0 3 * * * bin/a\n").unwrap();
    let line = ["import", "crontab", "c", "--out", "picletter.toml"];
    let output = run(&line, folder.path());
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("--app"), "{}", stderr(&output));
    assert!(!folder.path().join("picletter.toml").exists());
}

#[test]
fn omits_the_users_of_a_system_crontab() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c"), "17 *\t* * *\troot bin/hourly\n").unwrap();
    let output = run(&["import", "crontab", "c", "--system"], folder.path());
    assert_snapshot!(stdout(&output));
}

#[test]
fn rejects_files_that_are_not_crontabs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty"), "# nothing\n").unwrap();
    std::fs::write(folder.path().join("binary"), [0xff, 0xfe]).unwrap();
    for (file, status) in [("missing", 74), ("empty", 1), ("binary", 74), (".", 74)] {
        let output = run(&["import", "crontab", file], folder.path());
        assert_eq!(
            output.status.code(),
            Some(status),
            "{file}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn reports_an_unknown_zone_once_and_reads_an_empty_zone_as_utc() {
    let folder = tempfile::tempdir().unwrap();
    let text = "CRON_TZ=Europe/Berlinn\n0 3 * * * bin/a\n0 4 * * * bin/b\n\
                CRON_TZ=Europe/Berlin\n0 5 * * * bin/c\nTZ=\n0 6 * * * bin/d\nCRON_TZ=\"\"\n\
                0 7 * * * bin/e\n";
    std::fs::write(folder.path().join("c"), text).unwrap();
    let output = run(&["import", "crontab", "c"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(stdout(&output), @r#"
    [jobs.c]
    cron = "0 5 * * *"
    time_zone = "Europe/Berlin"
    command = "bin/c"

    [jobs.d]
    cron = "0 6 * * *"
    command = "bin/d"

    [jobs.e]
    cron = "0 7 * * *"
    command = "bin/e"
    "#);
    assert_snapshot!(stderr(&output), @r"
    error: c:1: unknown time zone `Europe/Berlinn`
    help: did you mean `Europe/Berlin`?; jobs up to the next CRON_TZ were skipped
    ");
}

#[test]
fn accepts_lines_that_end_with_a_carriage_return() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# Every night.\r0 3 * * * bin/a\r\r0 4 * * *\r";
    std::fs::write(folder.path().join("c"), text).unwrap();
    let output = run(&["import", "crontab", "c"], folder.path());
    assert_snapshot!(stdout(&output), @r#"
    # Every night.
    [jobs.a]
    cron = "0 3 * * *"
    command = "bin/a"
    "#);
    assert!(stderr(&output).contains("c:4: "), "{}", stderr(&output));
}

#[test]
fn the_error_for_empty_standard_input_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["import", "crontab", "-"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    assert!(error.contains("standard input contains no job"), "{error}");
}

#[test]
fn derives_unique_names_from_the_words_of_commands() {
    let commands = [
        ("bin/rails reports:send", "rails-reports-send"),
        (
            "cd /app && bin/rails reports:send --quiet",
            "rails-reports-send-2",
        ),
        (
            "node scripts/cleanup.js >> /tmp/log 2>&1",
            "scripts-cleanup-js",
        ),
        ("DATABASE=x ./run", "job"),
        ("/usr/bin/python3 -m backup", "usr-python3-backup"),
        ("bin/Größe café", "grose-cafe"),
        ("bin/отчёты send", "send"),
        ("bin/отчёты", "job-2"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let crontab = commands.map(|(command, _)| format!("0 3 * * * {command}\n"));
    std::fs::write(folder.path().join("c"), crontab.concat()).unwrap();
    let jobs = stdout(&run(&["import", "crontab", "c"], folder.path()));
    let names = jobs.lines().filter_map(|line| line.strip_prefix("[jobs."));
    let names: Vec<&str> = names.map(|name| name.trim_end_matches(']')).collect();
    assert_eq!(names, commands.map(|(_, name)| name), "{jobs}");
}
