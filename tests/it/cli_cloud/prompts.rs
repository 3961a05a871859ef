//! Prompts in a terminal that end without an answer.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use tokio::task::spawn_blocking;

use crate::support::cli::Cli;
use crate::support::command::make_fifo;
use crate::support::terminal::Terminal;

const DEPLOY: (&str, &str) = ("deploy --image worker.tar", "Apply this plan?");
const DESTROY: (&str, &str) = ("destroy", "to confirm:");
const INIT: (&str, &str) = ("init --config new.toml", "Heroku app:");

/// A prompt hides the cursor until it is complete.
const SHOW_CURSOR: &str = "\x1b[?25h";
/// Pasted text is typed as it is.
const END_PASTE: &str = "\x1b[?2004l";

/// Runs a command until its prompt appears. The shell prints the terminal's attributes, and at the
/// end the exit status and the attributes again.
async fn open_prompt(cli: &Cli, (line, question): (&str, &str)) -> Terminal {
    let mut terminal = cli.open_terminal(&format!(
        "stty -g; sh -c 'echo $$ >pid; exec $PICLETTER {line}'; echo \"[exit $?]\"; stty -g"
    ));
    wait_for_prompt(&mut terminal, question).await;
    terminal
}

/// Waits until the prompt is complete.
async fn wait_for_prompt(terminal: &mut Terminal, question: &str) {
    terminal.wait_for(question).await;
    terminal.wait_for(SHOW_CURSOR).await;
}

/// Waits for the end of a command that was interrupted at its prompt.
async fn assert_interrupted(terminal: Terminal, status: u8) {
    let screen = terminal.end().await;
    let (before, after) = screen
        .split_once("interrupted; nothing was changed\r\n")
        .unwrap_or_else(|| panic!("{screen}"));
    let attributes = before.lines().next().unwrap();
    assert_eq!(after, format!("[exit {status}]\r\n{attributes}\r\n"));
    let restored = format!("{END_PASTE}{SHOW_CURSOR}\r\n");
    assert!(screen.contains(&restored), "{screen}");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn signals_end_a_prompt_and_restore_the_terminal() {
    let (new, deployed) = (Cli::new().await, Cli::deployed().await);
    for (cli, command, signal, status) in [
        (&new, DEPLOY, Signal::HUP, 129),
        (&new, DEPLOY, Signal::INT, 130),
        (&new, DEPLOY, Signal::QUIT, 131),
        (&new, DEPLOY, Signal::TERM, 143),
        (&deployed, DESTROY, Signal::TERM, 143),
        (&new, INIT, Signal::TERM, 143),
    ] {
        let terminal = open_prompt(cli, command).await;
        let pid = fs::read_to_string(cli.folder.path().join("pid")).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert_interrupted(terminal, status).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn canceled_prompt_reports_that_nothing_changed() {
    let (new, deployed) = (Cli::new().await, Cli::deployed().await);
    for (cli, command, keys) in [
        (&new, DEPLOY, "\x03"),
        (&new, DEPLOY, "\x04"),
        (&new, DEPLOY, "\x1b"),
        (&deployed, DESTROY, "\x03"),
        (&new, INIT, "\x03"),
    ] {
        let mut terminal = open_prompt(cli, command).await;
        terminal.press(keys).await;
        assert_interrupted(terminal, 130).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn canceled_offer_of_a_run_reports_the_deployment() {
    let cli = Cli::new().await;
    let (line, question) = DEPLOY;
    let answers = [(question, "y\r"), ("Start a run now?", "\x03")];
    let screen = cli.run_with_answers(line, &answers).await;
    let message = "interrupted; the deployment is complete, and no run was started";
    assert!(screen.contains(message), "{screen}");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn closed_terminal_ends_a_prompt() {
    let cli = Cli::new().await;
    let fifo = cli.folder.path().join("fifo");
    make_fifo(&fifo);
    let (line, question) = DEPLOY;
    let mut terminal = cli.open_terminal(&format!("exec $PICLETTER {line} 3>fifo"));
    // The command holds the FIFO open until its end.
    let ended = spawn_blocking(|| fs::read(fifo));
    wait_for_prompt(&mut terminal, question).await;
    terminal.close().await;
    assert_eq!(ended.await.unwrap().unwrap(), b"");
}
