//! The pages of the dashboard, over any [`Source`].
//!
//! They work with plain forms and without scripts. With scripts, parts that change are replaced. Only
//! this machine can open them, and only they can send forms; see `security`.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. `security`, `extras`
//! 2. `layout`, `forms`, `notices`
//! 3. `masthead`
//! 4. `overview`, `job`, `run`
//! 5. `confirm`
//! 6. `events`, `routes`

mod confirm;
mod events;
mod extras;
mod forms;
mod job;
mod layout;
mod masthead;
mod notices;
mod overview;
mod routes;
mod run;
mod security;

use std::sync::Arc;

use axum::Router;

pub use super::html::{Recent, RunNotes};
pub use extras::{Cards, Extras, Options};
pub(crate) use forms::receive;
pub(crate) use layout::{back, not_found, page, refusal};
use notices::Notices;
pub(crate) use security::guards;

use super::source::Source;

/// What the handlers of requests share.
#[derive(Clone)]
struct Page<S> {
    source: S,
    options: Arc<Options>,
    notices: Notices,
}

/// The pages of a source.
pub fn router<S: Source>(source: S, mut options: Options) -> Router {
    let more = std::mem::take(&mut options.routes);
    let page = Page {
        source,
        options: Arc::new(options),
        notices: Notices::default(),
    };
    routes::routes(page, more)
}
