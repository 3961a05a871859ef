//! The forms in which Heroku passes the command line.

use picletter_worker::invocation::{Invocation, parse};

fn parse_run_id(args: &[&str]) -> Option<String> {
    match parse(args.iter().map(ToString::to_string)) {
        Ok(Invocation::Run { run_id }) => run_id,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[test]
fn accepts_every_form_in_which_heroku_passes_the_command() {
    for args in [
        &["/bin/worker"][..],
        &["/bin/worker", "worker"],
        &["/bin/worker", "/bin/worker"],
        &["/bin/sh", "-c", "worker"],
        &["/bin/worker", "/bin/sh", "-c", "worker"],
    ] {
        assert_eq!(parse_run_id(args), None);
    }
    for args in [
        &["/bin/worker", "--run-id", "X"][..],
        &["/bin/worker", "--run-id=X"],
        &["/bin/worker", "worker", "--run-id", "X"],
        &["/bin/worker", "worker --run-id X"],
        &["/bin/worker", "  worker   --run-id 'X' "],
        &["/bin/sh", "-c", "worker --run-id X"],
        &["-", "sh -c 'worker --run-id X'"],
        &["sh", "-l", "-c", "exec worker --run-id X"],
        &["/bin/bash", "-lc", "exec /bin/worker --run-id X", "bash"],
    ] {
        assert_eq!(parse_run_id(args).as_deref(), Some("X"), "{args:?}");
    }
}

#[test]
fn rejects_other_commands_with_127_and_other_arguments_with_64() {
    for (args, code) in [
        (&["worker", "rails"][..], 127),
        (&["worker", "rails console"], 127),
        (&["sh", "-c", "worker; curl x"], 127),
        (&["sh", "-c", "exec"], 127),
        (&["sh", "-c", "worker 'unclosed"], 127),
        (&["sh"], 127),
        (&["sh", "script.sh"], 127),
        (&["bash", "--norc"], 127),
        (&["worker", "--frobnicate"], 64),
        (&["worker", "worker", "twice"], 64),
        (&["worker", "--run-id"], 64),
        (&["worker", "--run-id="], 64),
    ] {
        let error = parse(args.iter().map(ToString::to_string)).unwrap_err();
        assert_eq!(error.exit_code(), code, "{args:?}: {error}");
    }
}
