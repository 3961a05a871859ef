//! What the command line itself says: help, slips of the keyboard, colours, exit codes.

use std::process::{Command, Output};
use std::sync::LazyLock;

use crate::support::command::{picletter, printed, stderr};

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    picletter(env!("CARGO_TARGET_TMPDIR"))
        .args(args)
        .envs(env.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn examples_are_not_broken_where_a_terminal_has_eighty_columns() {
    for (words, _) in commands() {
        let examples = |columns| {
            let help = help(words, "-h", columns);
            help.split_once("\nExample").expect("one").1.to_owned()
        };
        assert_eq!(examples(80), examples(200));
    }
}

#[test]
fn examples_have_only_what_the_commands_take() {
    for (words, _) in commands() {
        let help = help(words, "-h", 200);
        let (_, examples) = help.split_once("\nExample").expect("one");
        let mut typed = 0;
        for (_, example) in examples
            .lines()
            .filter_map(|line| line.split_once("picletter "))
        {
            let example = example.split(['|', '>', '&', '#', ')']).next().unwrap();
            let mut args = shlex::split(example).unwrap();
            args.push("--help".to_owned());
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            assert!(printed(&run(&args, &[])).contains("\nUsage: "));
            typed += 1;
        }
        assert!(typed > 0, "{help}");
    }
}

#[test]
fn help_fits_a_screen_and_shows_an_example() {
    for (words, _) in commands() {
        let name = [&["picletter".to_owned()], &words[..]].concat().join("_");
        let (short, long) = (help(words, "-h", 100), help(words, "--help", 100));
        assert!(long.contains("\nExample"), "{long}");
        assert!(short.lines().count() <= 40, "{short}");
        assert_fits(&long, 100);
        insta::assert_snapshot!(format!("help_{name}"), long);
    }
}

#[test]
fn help_is_wrapped_to_a_narrow_terminal() {
    for (words, _) in commands() {
        assert_fits(&help(words, "--help", 60), 60);
    }
}

/// Examples are not wrapped.
fn assert_fits(help: &str, columns: usize) {
    for line in help.lines().filter(|line| !line.contains("picletter ")) {
        assert!(line.chars().count() <= columns, "{line}");
    }
}

fn help(words: &[String], flag: &str, columns: usize) -> String {
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    args.push(flag);
    printed(&run(&args, &[("COLUMNS", &columns.to_string())]))
}

/// A command's words, such as `schedule next`, with the long options that its help names.
type CommandHelp = (Vec<String>, Vec<String>);

/// Every command, read once per process from its help.
fn commands() -> &'static [CommandHelp] {
    static COMMANDS: LazyLock<Vec<CommandHelp>> = LazyLock::new(read_commands);
    &COMMANDS
}

fn read_commands() -> Vec<CommandHelp> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let help = help(&words, "--help", 200);
        let (_, listed) = help.split_once("\nCommands:\n").unwrap_or_default();
        let listed = listed.lines().take_while(|line| !line.is_empty());
        let names = listed.filter_map(|line| line.split_whitespace().next());
        for name in names.filter(|name| *name != "help") {
            open.push([&words[..], &[name.to_owned()]].concat());
        }
        let (_, options) = help.split_once("\nOptions:\n").unwrap();
        let options = options
            .lines()
            .filter(|line| line.trim_start().starts_with('-'));
        let options = options.filter_map(|line| {
            let word = line
                .split_whitespace()
                .find(|word| word.starts_with("--"))?;
            Some(word.trim_end_matches('.').to_owned())
        });
        found.push((words, options.collect()));
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

#[test]
fn completion_scripts_are_valid_and_call_the_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&run(&["completions", shell], &[]));
        assert!(script.contains("PICLETTER_COMPLETE"), "{shell}: {script}");
        if ["bash", "zsh", "fish"].contains(&shell) {
            let path = format!("{}/completions.{shell}", env!("CARGO_TARGET_TMPDIR"));
            std::fs::write(&path, &script).unwrap();
            match Command::new(shell).args(["-n", &path]).output() {
                Ok(read) => assert!(read.status.success(), "{read:?}"),
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
            }
        }
    }
}

/// What bash offers for the last of these words; none where there is no bash.
fn completed_by_bash(words: &[&str], file: &str) -> Option<String> {
    let script = printed(&run(&["completions", "bash"], &[]));
    let asked = "
COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
_clap_complete_picletter picletter \"${@: -1}\" \"${@: -2:1}\" 2>/dev/null
echo \"${COMPREPLY[@]}\"";
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_picletter"));
    let folder = program.parent().unwrap().display();
    let answer = Command::new("bash")
        .args(["--norc", "-c", &format!("{script}{asked}"), "bash"])
        .args(words)
        .env(
            "PATH",
            format!("{folder}:{}", std::env::var("PATH").unwrap()),
        )
        .env("PICLETTER_CONFIG", file)
        .output();
    answer.ok().map(|answer| printed(&answer).trim().to_owned())
}

#[test]
fn bash_completes_commands_options_values_and_jobs() {
    let file = format!("{}/jobs.toml", env!("CARGO_TARGET_TMPDIR"));
    let job = |name: &str| format!("[jobs.{name}]\ncommand = \"x\"\nevery = \"day\"\n");
    let jobs = [job("reports"), job("cleanup")].concat();
    std::fs::write(&file, format!("[heroku]\napp = \"my-shop\"\n{jobs}")).unwrap();
    for (words, completed) in [
        (&["picletter", "des"][..], "destroy"),
        (&["picletter", "deploy", "--rot"], "--rotate-token"),
        (&["picletter", "schedule", "n"], "next"),
        (&["picletter", "--color", "al"], "always"),
        (&["picletter", "completions", "z"], "zsh"),
        (&["picletter", "run", "rep"], "reports"),
        (&["picletter", "pause", "reports", "cl"], "cleanup"),
    ] {
        if let Some(offered) = completed_by_bash(words, &file) {
            assert_eq!(offered, completed, "{words:?}");
        }
    }
}

#[test]
fn each_command_has_a_man_page_with_its_options_its_statuses_and_an_example() {
    let dir = format!("{}/man/of/it", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_dir_all(&dir);
    printed(&run(&["man", &dir], &[]));
    let commands = commands();
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), commands.len());
    for (words, options) in commands {
        let name = [&["picletter".to_owned()], &words[..]].concat().join("-");
        let page = std::fs::read_to_string(format!("{dir}/{name}.1")).unwrap();
        let section = |name: &str| {
            let (_, section) = page.split_once(&format!("\n.SH {name}\n")).expect(name);
            section.split("\n.SH ").next().unwrap()
        };
        assert!(section("NAME").contains(" \\- "), "{page}");
        // A paragraph that its source breaks flows to no width.
        let mut after_text = false;
        for line in section("DESCRIPTION").lines() {
            let is_text = !line.starts_with('.');
            assert!(!(is_text && after_text), "{name}: {line}");
            after_text = is_text;
        }
        let example = format!("picletter {}", words.join(" "));
        assert!(section("EXAMPLES").contains(example.trim()), "{page}");
        assert!(section("\"EXIT STATUS\"").contains("\\fB78\\fR"), "{page}");
        for option in options {
            let option = option.replace('-', "\\-");
            assert!(section("SYNOPSIS").contains(&option), "{option}: {page}");
            assert!(section("OPTIONS").contains(&option), "{option}: {page}");
        }
    }
    let page = std::fs::read_to_string(format!("{dir}/picletter-run.1")).unwrap();
    insta::assert_snapshot!("man_run", page);
    let in_the_way = run(&["man", &format!("{dir}/picletter.1")], &[]);
    assert_eq!(in_the_way.status.code(), Some(74));
}

#[test]
fn a_mistyped_command_or_option_suggests_the_nearest_and_is_a_usage_error() {
    for (typed, meant) in [
        (&["chek"][..], "similar subcommand exists: 'check'"),
        (&["plna"], "similar subcommand exists: 'plan'"),
        (&["shedule", "next"], "'schedule'"),
        (&["init", "--ap", "x"], "'--app'"),
        (&["check", "--colour", "never"], "'--color'"),
    ] {
        let output = run(typed, &[]);
        assert_eq!(output.status.code(), Some(64), "{typed:?}");
        assert!(stderr(&output).contains(meant), "{}", stderr(&output));
    }
    assert_eq!(run(&[], &[]).status.code(), Some(64));
    assert!(run(&["--version"], &[]).status.success());
}

#[test]
fn help_and_usage_errors_are_coloured_as_asked() {
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let output = run(args, env);
        let text = [output.stdout, output.stderr].concat();
        assert!(!text.is_empty());
        text.contains(&b'\x1b')
    };
    for typed in [&["--help"][..], &["check", "--help"], &["chek"]] {
        let with = |color: &[&'static str]| [color, typed].concat();
        assert!(!coloured(typed, &[]), "{typed:?}");
        assert!(!coloured(&with(&["--color", "never"]), &[]), "{typed:?}");
        assert!(coloured(&with(&["--color=always"]), &[]), "{typed:?}");
        let no_color = [("NO_COLOR", "1")];
        assert!(coloured(&with(&["--color", "always"]), &no_color));
    }
    // The variable by which other programs are told to colour everything.
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(!coloured(&["--color", "never", "--help"], &[forced]));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let args = [args, &["check", "--config", "no such file"]].concat();
        let output = run(&args, env);
        assert_eq!(output.status.code(), Some(78));
        stderr(&output).contains('\x1b')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[]));
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(coloured(&[], &[forced]));
    assert!(!coloured(&[], &[forced, ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[forced]));
}

#[test]
fn a_short_mistyped_command_is_understood_where_it_is_one() {
    let told = |words: &[&str]| {
        let output = run(words, &[]);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        stderr(&output)
    };
    for words in [&["tyr"][..], &["-v", "tyr"]] {
        let told = told(words);
        assert!(told.contains("'try'"), "{told}");
    }
    let within = told(&["schedule", "tyr"]);
    assert!(!within.contains("similar"), "{within}");
}

#[cfg(unix)]
#[test]
fn words_that_are_no_text_are_a_usage_error() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = picletter(env!("CARGO_TARGET_TMPDIR"))
        .arg(std::ffi::OsStr::from_bytes(b"\xff\xfe"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64), "{output:?}");
}
