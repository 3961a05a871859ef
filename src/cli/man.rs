//! `picletter man`: man pages, generated from `--help`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::Cli;
use super::output::{IO, Output};
use super::write_file::{self, WriteError};

/// Options of `picletter man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Writes picletter.1 and a page for each command. Creates the directory if necessary, and replaces \
existing pages.

Examples:
  picletter man ~/.local/share/man/man1
  picletter man . && man ./picletter.1")]
pub(super) struct ManPages {
    /// Directory for the pages
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: PathBuf,
}

impl ManPages {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        match write(&self.dir) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => output.failed(error, IO),
        }
    }
}

fn write(dir: &Path) -> Result<(), WriteError> {
    write_file::create_folder(dir)?;
    let pages = pages().map_err(|error| WriteError {
        path: dir.to_owned(),
        error,
    })?;
    for (name, page) in pages {
        write_file::replace(&dir.join(name), &page)?;
    }
    Ok(())
}

/// The pages with their file names.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let statuses = Paragraphs::from_help(&root).exit_status;
    let mut commands = vec![root];
    let mut pages = Vec::new();
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let page = page(&command, &statuses)?;
        pages.push((Man::new(command).get_filename(), page));
    }
    Ok(pages)
}

/// `clap_mangen::generate_to` would put the text below the options into one section, EXTRA, and reflow
/// examples and exit statuses.
fn page(command: &Command, statuses: &[String]) -> io::Result<Vec<u8>> {
    let help = Paragraphs::from_help(command);
    let command = command
        .clone()
        .subcommand_help_heading("COMMANDS")
        .subcommand_value_name("command");
    let is_root = command.get_name() == "picletter";
    let has_commands = command.has_subcommands();
    let man = Man::new(command)
        // No date, so that the pages are reproducible. An empty one would shift the source into its
        // place.
        .date(" ")
        .source(concat!("picletter ", env!("CARGO_PKG_VERSION")))
        .manual("Picletter");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut more = Roff::new();
    for paragraph in &help.description {
        more.control("PP", []).text(marked(paragraph));
    }
    more.to_writer(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;

    let mut more = Roff::new();
    more.control("SH", ["EXIT STATUS"]);
    for paragraph in &help.exit_status {
        exit_status(&mut more, paragraph);
    }
    if !is_root {
        for paragraph in statuses {
            exit_status(&mut more, paragraph);
        }
    }
    more.control("SH", ["EXAMPLES"]).control("nf", []);
    for line in &help.examples {
        more.text([roman(line)]);
    }
    more.control("fi", []);
    if !is_root {
        more.control("SH", ["SEE ALSO"]);
        more.text([bold("picletter"), roman("(1)")]);
    }
    more.to_writer(&mut page)?;
    Ok(page)
}

/// The text below the options in `--help`, by section of the man page.
#[derive(Default)]
struct Paragraphs {
    description: Vec<String>,
    exit_status: Vec<String>,
    examples: Vec<String>,
}

impl Paragraphs {
    fn from_help(command: &Command) -> Self {
        let text = command
            .get_after_long_help()
            .or_else(|| command.get_after_help());
        let text = text.map(ToString::to_string).unwrap_or_default();
        let mut sorted = Self::default();
        for paragraph in text.split("\n\n") {
            if paragraph.starts_with("Exit") {
                sorted.exit_status.push(paragraph.to_owned());
            } else if paragraph.starts_with("Example") {
                let lines = paragraph.lines().skip(1);
                sorted
                    .examples
                    .extend(lines.map(|line| line.trim().to_owned()));
            } else {
                sorted.description.push(paragraph.to_owned());
            }
        }
        sorted
    }
}

/// Indented lines contain a status and its meaning.
fn exit_status(page: &mut Roff, paragraph: &str) {
    for line in paragraph.lines() {
        match line
            .strip_prefix("  ")
            .and_then(|line| line.trim().split_once("  "))
        {
            Some((status, meaning)) => {
                page.control("TP", []).text([bold(status)]);
                page.text(marked(meaning));
            }
            None => {
                page.control("PP", []).text(marked(line));
            }
        }
    }
}

/// Renders text in backticks as bold.
fn marked(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts
        .map(|(n, part)| if n % 2 == 0 { roman(part) } else { bold(part) })
        .collect()
}
