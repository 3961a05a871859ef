//! What a source adds to the pages.

use axum::Router;
use maud::Markup;

use crate::dashboard::html::{Recent, RunNotes, by_start};
use crate::dashboard::view::Board;

/// How the pages of a source differ from those of others.
pub struct Options {
    /// Name of the site, in headings and titles.
    pub site: &'static str,
    /// Offers no commands and refuses them.
    pub read_only: bool,
    /// Further content.
    pub extras: Box<dyn Extras>,
    /// Further routes. They have the same protection as the others.
    pub routes: Router,
    /// Further styles.
    pub styles: &'static str,
}

impl Options {
    /// The dashboard of a live deployment.
    pub fn dashboard(read_only: bool) -> Self {
        Self {
            site: "Picletter dashboard",
            read_only,
            extras: Box::new(Nothing),
            routes: Router::new(),
            styles: "",
        }
    }
}

/// Content that only one source has.
pub trait Extras: Send + Sync + 'static {
    /// A description of the data, shown below the site's name.
    fn note(&self) -> &'static str {
        ""
    }

    /// The current activity, in place of the last run.
    fn status(&self, _board: &Board) -> Option<Markup> {
        None
    }

    /// The newest runs, at least as many as are listed, newest first.
    fn recent(&self, board: &Board) -> Vec<Recent> {
        by_start(board)
    }

    /// Cards of the overview; `None` if there are none.
    fn cards(&self, _board: &Board) -> Option<Cards> {
        None
    }

    /// Notes on a run.
    fn notes(&self, _run: &str) -> RunNotes {
        RunNotes::default()
    }
}

/// Further cards of the overview.
#[derive(Debug, Default)]
pub struct Cards {
    /// Before the jobs' runs.
    pub first: Markup,
    /// The widest column.
    pub main: Markup,
    /// After the jobs' schedule and dynos.
    pub last: Markup,
}

struct Nothing;

impl Extras for Nothing {}
