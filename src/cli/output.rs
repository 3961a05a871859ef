//! Terminal output: masked secrets, errors and warnings, colors, and progress.

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

use super::interrupted::Interrupted;
use super::wrap::wrapped;
use picletter_core::config::Style;
use picletter_core::deploy::http::Verbosity;
use picletter_core::deploy::redact::Redactor;
use picletter_core::diagnostic::{Diagnose, Diagnostic};
use picletter_core::printable::printable;

/// `EX_USAGE` of `sysexits.h`.
pub(super) const USAGE: u8 = 64;
/// A failure, already reported.
pub(super) const FAILED: u8 = 1;
/// `EX_CANTCREAT`.
pub(super) const CANNOT_CREATE: u8 = 73;
/// `EX_IOERR`.
pub(super) const IO: u8 = 74;
/// `EX_CONFIG`, also the worker's status for invalid config vars.
pub(super) const CONFIG: u8 = 78;
/// The status that shells use for Ctrl-C.
pub(super) const INTERRUPTED: u8 = 130;

/// Interval of a spinner's frames.
const FRAME: Duration = Duration::from_millis(100);

/// Display order after each command's own options.
const LAST: usize = 100;

/// When to use colors.
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
    /// The value of `--color` in `arguments`, for the help and the usage errors that clap prints itself.
    pub(super) fn from_arguments(arguments: &[OsString]) -> Self {
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

/// Options of all commands.
#[derive(Debug, Args)]
pub(super) struct OutputOptions {
    /// Use colors: auto (on a terminal, unless NO_COLOR is set), always, or never
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
    /// Print requests and responses of Heroku and Azure; -vv includes bodies. Secrets are masked
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

/// Writes to standard output and standard error. Clones share the redactor and the terminal.
#[derive(Debug, Clone)]
pub struct Output {
    style: Style,
    data_style: Style,
    /// Width of the terminal on standard output, if it is one.
    columns: Option<usize>,
    /// Width of the terminal on standard error, if it is one.
    columns_of_errors: Option<usize>,
    verbosity: Verbosity,
    redactor: Redactor,
    /// Spinners; none without a terminal.
    bars: Option<MultiProgress>,
    /// Set once standard output is a closed pipe.
    is_closed: Arc<AtomicBool>,
    interrupted: Arc<Mutex<Interrupted>>,
}

impl Output {
    /// Output of this process.
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
            data_style: style(AutoStream::choice(&stdout)),
            columns: shows_data.then(textwrap::termwidth),
            columns_of_errors: is_terminal.then(textwrap::termwidth),
            verbosity,
            redactor: Redactor::default(),
            // Traced requests would break spinners.
            bars: (is_terminal && verbosity == Verbosity::Quiet).then(MultiProgress::new),
            is_closed: Arc::default(),
            interrupted: Arc::default(),
        }
    }

    /// Whether standard error has colors.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Whether standard output has colors.
    pub fn data_style(&self) -> Style {
        self.data_style
    }

    /// Prints data on standard output, with secrets masked and one newline at the end.
    ///
    /// A closed pipe is not an error: a command that changes something continues without a reader. A
    /// command that only prints can stop when [`Output::has_reader`] is false.
    ///
    /// # Errors
    /// The text could not be written for another reason.
    pub(super) fn print(&self, text: impl Display) -> io::Result<()> {
        self.put_data(&self.cleaned(text, self.data_style, None))
    }

    /// Prints sentences and lists as [`Output::print`] does, wrapped to the width of a terminal.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub(super) fn print_fitting(&self, text: impl Display) -> io::Result<()> {
        self.put_data(&self.cleaned(text, self.data_style, self.columns))
    }

    /// Whether standard output still has a reader, according to earlier writes.
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
        // Flushed here: errors at the end of the process would be lost.
        match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            written => written,
        }
    }

    /// Masks secrets, escapes control characters of logs and vendors' responses, and then wraps.
    /// Wrapping comes last, because a secret that is broken into two lines would not be found.
    fn cleaned(&self, text: impl Display, style: Style, columns: Option<usize>) -> String {
        let text = text.to_string();
        let text = self.redactor.clean(&text);
        let text = printable(&text, style == Style::Colored);
        match columns {
            Some(columns) => wrapped(&text, columns),
            None => text.into_owned(),
        }
    }

    /// The verbosity of request traces.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Masks the secrets in all output.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Whether prompts are possible: standard input and standard error are a terminal.
    pub fn can_ask(&self) -> bool {
        stdin().is_terminal() && stderr().is_terminal()
    }

    /// Prints a line on standard error.
    pub fn note(&self, text: impl Display) {
        self.put(&self.cleaned(text, self.style, None));
    }

    /// Prints text on standard error, wrapped to the width of a terminal.
    pub(super) fn note_fitting(&self, text: impl Display) {
        self.put(&self.cleaned(text, self.style, self.columns_of_errors));
    }

    fn put(&self, text: &str) {
        // A closed standard error is ignored.
        let print = || drop(writeln!(stderr().lock(), "{text}"));
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    /// Sets the message for interruptions from now on.
    pub(super) fn set_interrupted(&self, interrupted: Interrupted) {
        let state = self.interrupted.lock();
        *state.unwrap_or_else(PoisonError::into_inner) = interrupted;
    }

    /// The message for an interruption.
    pub(super) fn interrupted(&self) -> Interrupted {
        let state = self.interrupted.lock();
        state.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Prints an error, and its help on a separate line.
    pub(super) fn report(&self, diagnostic: &Diagnostic) {
        self.error(&diagnostic.summary);
        if let Some(help) = &diagnostic.help {
            self.labeled(AnsiColor::Cyan, "help:", help);
        }
    }

    /// Prints an error without help.
    pub fn error(&self, text: impl Display) {
        self.labeled(AnsiColor::Red, "error:", text);
    }

    /// Prints a warning.
    pub fn warning(&self, text: impl Display) {
        self.labeled(AnsiColor::Yellow, "warning:", text);
    }

    fn labeled(&self, color: AnsiColor, label: &str, text: impl Display) {
        let label = paint(label, color.on_default().bold(), self.style);
        let text = format!("{label} {text}");
        // Later lines are not wrapped, so that they can be copied.
        match text.split_once('\n') {
            Some((first, rest)) => {
                self.note_fitting(first);
                self.note(rest);
            }
            None => self.note_fitting(text),
        }
    }

    /// Prints an error and its help, and returns `code` as the exit status.
    pub(super) fn ends_with(&self, error: &impl Diagnose, code: u8) -> ExitCode {
        self.report(&error.diagnostic());
        ExitCode::from(code)
    }

    /// Prints an error without help, and returns `code` as the exit status.
    pub(super) fn failed(&self, text: impl Display, code: u8) -> ExitCode {
        self.error(text);
        ExitCode::from(code)
    }

    /// The exit status after a write to standard output. Prints the error if the write failed.
    pub(super) fn written(&self, written: io::Result<()>) -> ExitCode {
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.failed(format_args!("cannot write to standard output: {error}"), IO),
        }
    }

    /// Shows an operation in progress: as a spinner on a terminal, else as a line. Several may be shown at
    /// once.
    pub fn progress(&self, what: impl Into<String>) -> Progress {
        let what = what.into();
        let bar = self.bars.as_ref().map(|bars| {
            let style = ProgressStyle::with_template("{spinner} {prefix} {wide_msg}");
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_prefix(what.clone());
            bar.enable_steady_tick(FRAME);
            bar
        });
        if bar.is_none() {
            self.note(format_args!("{what} …"));
        }
        Progress {
            output: self.clone(),
            what,
            bar,
        }
    }
}

/// An operation in progress. Dropping it clears its spinner.
#[derive(Debug)]
pub struct Progress {
    output: Output,
    what: String,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows the progress, such as `3 of 7 MB`. Only on a terminal, because updates may be frequent.
    pub fn step(&self, progress: impl Display) {
        if let Some(bar) = &self.bar {
            let progress = progress.to_string();
            let progress = self.output.redactor.clean(&progress);
            bar.set_message(printable(&progress, false).into_owned());
        }
    }

    /// Prints the outcome of the completed operation.
    pub fn finish(self, outcome: impl Display) {
        self.end(outcome);
    }

    /// Prints that the operation failed. The error is reported separately.
    pub fn fail(self) {
        self.end("failed");
    }

    fn end(&self, outcome: impl Display) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.output.note(format_args!("{}: {outcome}", self.what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
