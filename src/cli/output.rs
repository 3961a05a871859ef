//! What is printed, all in one place: errors and warnings without secrets, colors, progress.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _, stderr, stdin};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anstream::AutoStream;
use anstyle::AnsiColor;
use clap::{ArgAction, Args, ColorChoice, ValueEnum};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::folded;
use super::interrupted::Interrupted;
use crate::config::Style;
use crate::deploy::http::Verbosity;
use crate::deploy::redact::Redactor;
use crate::diagnostic::{Diagnose, Diagnostic};
use crate::printable::printable;

/// `EX_USAGE` of `sysexits.h`.
pub(super) const USAGE: u8 = 64;
/// Not all was done; what was not is reported.
pub(super) const FAILED: u8 = 1;
/// `EX_CANTCREAT`.
pub(super) const CANNOT_CREATE: u8 = 73;
/// `EX_IOERR`.
pub(super) const IO: u8 = 74;
/// `EX_CONFIG`, as the worker ends with a mistake in its config vars.
pub(super) const CONFIG: u8 = 78;
/// As a shell ends that Ctrl-C ends.
pub(super) const INTERRUPTED: u8 = 130;

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// Behind each command's own options.
const LAST: usize = 100;

/// Whether there are colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>); everywhere if
    /// `CLICOLOR_FORCE` is set (<https://bixense.com/clicolors>).
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// What `--color` says among these arguments, for what clap prints before it has understood all
    /// of them: help, and what is wrong in them.
    pub(super) fn typed(arguments: &[OsString]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
        let values = arguments.iter().enumerate().filter_map(|(n, argument)| {
            match argument.strip_prefix("--color")? {
                "" => arguments.get(n + 1).map(AsRef::as_ref),
                value => value.strip_prefix('='),
            }
        });
        let mut known = values.filter_map(|value| Self::from_str(value, false).ok());
        known.next_back().unwrap_or_default()
    }
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// `text` in `color`, unless `style` is plain.
pub(super) fn paint(text: impl Display, color: anstyle::Style, style: Style) -> String {
    match style {
        Style::Colored => format!("{color}{text}{color:#}"),
        Style::Plain => text.to_string(),
    }
}

/// The options that every command has.
#[derive(Debug, Args)]
pub(super) struct OutputOptions {
    /// Colors: auto (on a terminal without NO_COLOR), always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        display_order = LAST
    )]
    color: Color,
    /// Show requests to Heroku and Azure and their answers; -vv bodies too, secrets never
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = LAST)]
    verbose: u8,
}

impl OutputOptions {
    pub(super) fn output(&self) -> Output {
        let verbosity = match self.verbose {
            0 => Verbosity::Quiet,
            1 => Verbosity::Requests,
            _ => Verbosity::Bodies,
        };
        Output::new(self.color, verbosity)
    }
}

/// Prints. Clones share what they know of secrets, and the terminal.
#[derive(Debug, Clone)]
pub struct Output {
    style: Style,
    style_of_data: Style,
    /// How wide the terminal on standard output is; none where it is none.
    columns: Option<usize>,
    /// The same of standard error.
    columns_of_errors: Option<usize>,
    verbosity: Verbosity,
    redactor: Redactor,
    /// What moves on the terminal; none where nothing may.
    bars: Option<MultiProgress>,
    /// Set once standard output is a closed pipe.
    is_closed: Arc<AtomicBool>,
    interrupted: Arc<Mutex<Interrupted>>,
}

impl Output {
    /// On this process's standard error.
    pub fn new(color: Color, verbosity: Verbosity) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_terminal = stderr().is_terminal() && !is_dumb;
        #[expect(clippy::disallowed_methods, reason = "nothing is written")]
        let stdout = io::stdout();
        let shows_data = stdout.is_terminal() && !is_dumb;
        let style = |automatic: anstream::ColorChoice| match (color, automatic) {
            (Color::Never, _) | (Color::Auto, anstream::ColorChoice::Never) => Style::Plain,
            _ => Style::Colored,
        };
        Self {
            style: style(AutoStream::choice(&stderr())),
            style_of_data: style(AutoStream::choice(&stdout)),
            columns: shows_data.then(textwrap::termwidth),
            columns_of_errors: is_terminal.then(textwrap::termwidth),
            verbosity,
            redactor: Redactor::default(),
            // Lines about requests would tear it.
            bars: (is_terminal && verbosity == Verbosity::Quiet).then(MultiProgress::new),
            is_closed: Arc::default(),
            interrupted: Arc::default(),
        }
    }

    /// Whether there are colors on standard error.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Whether there are colors on standard output.
    pub fn style_of_data(&self) -> Style {
        self.style_of_data
    }

    /// Prints data on standard output, without secrets and with one newline at its end.
    ///
    /// A closed pipe is not an error: a command that changes something goes on without a reader. One
    /// that only prints can stop when [`Output::has_reader`] is false.
    ///
    /// # Errors
    /// The text could not be written for another reason.
    pub(super) fn print(&self, text: impl Display) -> io::Result<()> {
        self.put_data(&self.cleaned(text, self.style_of_data, None))
    }

    /// Prints sentences and lists as [`Output::print`] does, wrapped to the width of a terminal.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub(super) fn print_fitting(&self, text: impl Display) -> io::Result<()> {
        self.put_data(&self.cleaned(text, self.style_of_data, self.columns))
    }

    /// Whether standard output still has a reader, as far as it is known from earlier writes.
    pub(super) fn has_reader(&self) -> bool {
        !self.is_closed.load(Ordering::Relaxed)
    }

    fn put_data(&self, text: &str) -> io::Result<()> {
        if !self.has_reader() {
            return Ok(());
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the one writer of standard output"
        )]
        let mut out = io::stdout().lock();
        // Flushed here: what is written when the process ends reports no error.
        match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            written => written,
        }
    }

    /// Without secrets and without control characters, which an app's log or a vendor's answer may
    /// have, and then folded: a secret that is broken into two would not be found.
    fn cleaned(&self, text: impl Display, style: Style, columns: Option<usize>) -> String {
        let text = text.to_string();
        let text = self.redactor.clean(&text);
        let text = printable(&text, style == Style::Colored);
        match columns {
            Some(columns) => folded::folded(&text, columns),
            None => text.into_owned(),
        }
    }

    /// How much is told of requests.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// What keeps secrets out of all that is printed here.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Whether somebody is there to be asked: standard input and standard error are a terminal.
    pub fn can_ask(&self) -> bool {
        stdin().is_terminal() && stderr().is_terminal()
    }

    /// A line on standard error.
    pub fn say(&self, text: impl Display) {
        self.put(&self.cleaned(text, self.style, None));
    }

    /// A sentence on standard error, fitted into the terminal as [`Output::fit`] does it.
    pub(super) fn say_fitting(&self, text: impl Display) {
        self.put(&self.cleaned(text, self.style, self.columns_of_errors));
    }

    fn put(&self, text: &str) {
        // Where nobody can read it, nobody misses it.
        let print = || drop(writeln!(stderr().lock(), "{text}"));
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    /// Sets what an interruption leaves from now on.
    pub(super) fn leaves(&self, interrupted: Interrupted) {
        let state = self.interrupted.lock();
        *state.unwrap_or_else(PoisonError::into_inner) = interrupted;
    }

    /// What an interruption leaves.
    pub(super) fn interrupted(&self) -> Interrupted {
        let state = self.interrupted.lock();
        state.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An error: its summary, and what to do next on a line of its own.
    pub(super) fn report(&self, diagnostic: &Diagnostic) {
        self.error(&diagnostic.summary);
        if let Some(help) = &diagnostic.help {
            self.said_by(AnsiColor::Cyan, "help:", help);
        }
    }

    /// What went wrong, as one line.
    pub fn error(&self, text: impl Display) {
        self.said_by(AnsiColor::Red, "error:", text);
    }

    /// What may surprise, as one line.
    pub fn warning(&self, text: impl Display) {
        self.said_by(AnsiColor::Yellow, "warning:", text);
    }

    fn said_by(&self, color: AnsiColor, who: &str, text: impl Display) {
        let who = paint(who, color.on_default().bold(), self.style);
        let text = format!("{who} {text}");
        // What follows the first line is to be copied.
        match text.split_once('\n') {
            Some((first, rest)) => {
                self.say_fitting(first);
                self.say(rest);
            }
            None => self.say_fitting(text),
        }
    }

    /// Reports an error and gives the exit status.
    pub(super) fn ends_with(&self, error: &impl Diagnose, code: u8) -> ExitCode {
        self.report(&error.diagnostic());
        ExitCode::from(code)
    }

    /// Says what went wrong and gives the status to end with.
    pub(super) fn failed(&self, text: impl Display, code: u8) -> ExitCode {
        self.error(text);
        ExitCode::from(code)
    }

    /// The status after writing to standard output.
    pub(super) fn written(&self, written: io::Result<()>) -> ExitCode {
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.failed(format_args!("cannot write to standard output: {error}"), IO),
        }
    }

    /// Shows that something is under way: as a spinner on a terminal, by a line elsewhere. Several
    /// may be at once.
    pub fn progress(&self, what: impl Into<String>) -> Progress {
        let what = what.into();
        let bar = self.bars.as_ref().map(|bars| {
            let style = ProgressStyle::with_template("{spinner} {prefix} {wide_msg}");
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_prefix(what.clone());
            bar.enable_steady_tick(TURN);
            bar
        });
        if bar.is_none() {
            self.say(format_args!("{what} …"));
        }
        Progress {
            output: self.clone(),
            what,
            bar,
        }
    }
}

/// Something that is under way. Dropped, it leaves no trace on a terminal.
#[derive(Debug)]
pub struct Progress {
    output: Output,
    what: String,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// How far it is, such as `3 of 7 MB`; on a terminal alone, since it may be told often.
    pub fn step(&self, how_far: impl Display) {
        if let Some(bar) = &self.bar {
            let how_far = how_far.to_string();
            let how_far = self.output.redactor.clean(&how_far);
            bar.set_message(printable(&how_far, false).into_owned());
        }
    }

    /// It is done, with what came of it.
    pub fn finish(self, outcome: impl Display) {
        self.end(outcome);
    }

    /// It failed; why is told as the error.
    pub fn fail(self) {
        self.end("failed");
    }

    fn end(&self, outcome: impl Display) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.output.say(format_args!("{}: {outcome}", self.what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
