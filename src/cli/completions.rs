//! `picletter completions`.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::Cli;
use super::output::Output;

/// Options of `picletter completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
A new shell has them. In ~/.zshrc the line goes below `compinit`.

Examples:
  echo 'source <(picletter completions bash)' >> ~/.bashrc
  echo 'source <(picletter completions zsh)' >> ~/.zshrc
  picletter completions fish > ~/.config/fish/completions/picletter.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "picletter", &mut script);
        output.written(output.print(String::from_utf8_lossy(&script)))
    }
}
