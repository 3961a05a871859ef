//! The page that confirms a command.

use axum::response::Response;
use maud::html;

use super::Options;
use super::job::address;
use super::layout::{back, page};
use crate::dashboard::html::Links;
use crate::dashboard::source::Command;
use crate::dashboard::view::JobView;

/// The page. Its form executes the command.
pub(super) fn confirm(view: &JobView, command: Command, options: &Options) -> Response {
    let job = view.job.label();
    let command_line = &view.job.command;
    let (title, name) = match command {
        Command::Run => (format!("Run {job} now?"), "Run now"),
        Command::Pause => (format!("Pause {job}?"), "Pause"),
        Command::Resume => (format!("Resume {job}?"), "Resume"),
    };
    let back_to = Links::Pages.job(&view.job);
    let content = html! {
        (back(&back_to, job))
        main.letter {
            form.card #confirm method="post" action=(address(view, command)) data-follow {
                h1 #confirm-title { (title) }
                @match command {
                    Command::Run => p { "Starts a dyno that runs " code { (command_line) } ". The schedule does not change." },
                    Command::Pause => p { "Disables the workflow and its alert rules. No run starts until the job is resumed. A run in progress continues." },
                    Command::Resume => p { "Enables the workflow and its alert rules. Azure may start one run immediately." },
                }
                p.buttons {
                    button.primary type="submit" { (name) }
                    a.button href=(back_to) data-cancel { "Cancel" }
                }
            }
        }
    };
    page(&title, options.site, false, &content)
}
