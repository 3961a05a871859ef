//! The command line itself: help, typos, colors, and exit codes.

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
fn examples_are_not_wrapped_at_80_columns() {
    for (words, _) in commands() {
        let examples = |columns| {
            let help = help(words, "-h", columns);
            help.split_once("\nExample")
                .expect("an example")
                .1
                .to_owned()
        };
        assert_eq!(examples(80), examples(200));
    }
}

#[test]
fn examples_are_valid_command_lines() {
    for (words, _) in commands() {
        let help = help(words, "-h", 200);
        let (_, examples) = help.split_once("\nExample").expect("an example");
        let mut count = 0;
        for (_, example) in examples
            .lines()
            .filter_map(|line| line.split_once("picletter "))
        {
            let example = example.split(['|', '>', '&', '#', ')']).next().unwrap();
            let mut args = shlex::split(example).unwrap();
            args.push("--help".to_owned());
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            assert!(printed(&run(&args, &[])).contains("\nUsage: "));
            count += 1;
        }
        assert!(count > 0, "{help}");
    }
}

#[test]
fn help_fits_a_screen_and_has_an_example() {
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
fn wraps_help_in_a_narrow_terminal() {
    for (words, _) in commands() {
        assert_fits(&help(words, "--help", 60), 60);
    }
}

/// Ignores examples, which are not wrapped.
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

/// A command's words, such as `schedule next`, and the long options in its help.
type CommandHelp = (Vec<String>, Vec<String>);

/// All commands, read from their help once per process.
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

/// The completions that bash offers for the last word; `None` if bash is not installed.
fn completed_by_bash(words: &[&str], file: &str) -> Option<String> {
    let script = printed(&run(&["completions", "bash"], &[]));
    let call = "
COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
_clap_complete_picletter picletter \"${@: -1}\" \"${@: -2:1}\" 2>/dev/null
echo \"${COMPREPLY[@]}\"";
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_picletter"));
    let folder = program.parent().unwrap().display();
    let answer = Command::new("bash")
        .args(["--norc", "-c", &format!("{script}{call}"), "bash"])
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
fn man_pages_have_options_exit_statuses_and_examples() {
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
        // A paragraph must be one line of source: mandoc does not reflow over line breaks.
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
    let not_a_folder = run(&["man", &format!("{dir}/picletter.1")], &[]);
    assert_eq!(not_a_folder.status.code(), Some(74));
}

#[test]
fn suggests_the_closest_command_or_option_for_a_typo() {
    for (typed, meant) in [
        (&["chek"][..], "similar subcommand exists: 'check'"),
        (&["plna"], "similar subcommand exists: 'plan'"),
        (&["shedule", "next"], "'schedule'"),
        (&["help", "deplo"], "'deploy'"),
        (&["help", "schedule", "nex"], "'next'"),
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
fn color_option_applies_to_help_and_usage_errors() {
    let has_colors = |args: &[&str], env: &[(&str, &str)]| {
        let output = run(args, env);
        let text = [output.stdout, output.stderr].concat();
        assert!(!text.is_empty());
        text.contains(&b'\x1b')
    };
    for typed in [&["--help"][..], &["check", "--help"], &["chek"]] {
        let with = |color: &[&'static str]| [color, typed].concat();
        assert!(!has_colors(typed, &[]), "{typed:?}");
        assert!(!has_colors(&with(&["--color", "never"]), &[]), "{typed:?}");
        assert!(has_colors(&with(&["--color=always"]), &[]), "{typed:?}");
        let no_color = [("NO_COLOR", "1")];
        assert!(has_colors(&with(&["--color", "always"]), &no_color));
    }
    // Other programs use this variable to force colors.
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(!has_colors(&["--color", "never", "--help"], &[forced]));
}

#[test]
fn colors_output_only_on_terminals_by_default() {
    let has_colors = |args: &[&str], env: &[(&str, &str)]| {
        let args = [args, &["check", "--config", "no such file"]].concat();
        let output = run(&args, env);
        assert_eq!(output.status.code(), Some(78));
        stderr(&output).contains('\x1b')
    };
    assert!(!has_colors(&[], &[]));
    assert!(has_colors(&["--color", "always"], &[]));
    assert!(has_colors(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!has_colors(&["--color", "never"], &[]));
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(has_colors(&[], &[forced]));
    assert!(!has_colors(&[], &[forced, ("NO_COLOR", "1")]));
    assert!(!has_colors(&["--color", "never"], &[forced]));
}

#[test]
fn suggests_commands_for_short_typos() {
    let error = |words: &[&str]| {
        let output = run(words, &[]);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        stderr(&output)
    };
    for words in [&["tyr"][..], &["-v", "tyr"]] {
        let error = error(words);
        assert!(error.contains("'try'"), "{error}");
    }
    let within = error(&["schedule", "tyr"]);
    assert!(!within.contains("similar"), "{within}");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf_8_are_a_usage_error() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = picletter(env!("CARGO_TARGET_TMPDIR"))
        .arg(std::ffi::OsStr::from_bytes(b"\xff\xfe"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64), "{output:?}");
}
