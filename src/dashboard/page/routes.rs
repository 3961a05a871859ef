//! The addresses of the pages.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::events::events;
use super::forms::receive;
use super::layout::{icon, not_found, refusal, script, style};
use super::security::check;
use super::{Page, confirm, job, overview, run};
use crate::dashboard::html::Links;
use crate::dashboard::source::{Command, Source};
use crate::dashboard::view::{Board, JobView};
use picletter_core::diagnostic::Diagnostic;

pub(super) fn routes<S: Source>(page: Page<S>, more: Router) -> Router {
    let commands = Router::new()
        .route(
            "/jobs/{workflow}/{command}",
            get(confirm_command::<S>).post(execute::<S>),
        )
        .layer(from_fn(receive));
    let site = page.options.site;
    Router::new()
        .route("/", get(all_jobs::<S>))
        .route("/jobs/{workflow}", get(one_job::<S>))
        .route("/jobs/{workflow}/runs/{id}", get(one_run::<S>))
        .route("/events", get(events::<S>))
        .route("/style.css", get(styles::<S>))
        .route("/icon.svg", get(icon))
        .route("/script.js", get(script))
        .merge(commands)
        .with_state(page)
        .merge(more)
        .fallback(async move || not_found(site, "There is no such page."))
        .layer(from_fn(check))
}

async fn styles<S: Source>(State(page): State<Page<S>>) -> Response {
    style(page.options.styles)
}

async fn all_jobs<S: Source>(State(page): State<Page<S>>) -> Response {
    overview::overview(&page.source.board(), &page.options, &page.notices)
}

async fn one_job<S: Source>(State(page): State<Page<S>>, Path(workflow): Path<String>) -> Response {
    let board = page.source.board();
    match find(&board, &workflow) {
        Some((index, view)) => job::job(&board, index, view, &page.options, &page.notices),
        None => page.no_job(),
    }
}

async fn one_run<S: Source>(
    State(page): State<Page<S>>,
    Path((workflow, id)): Path<(String, String)>,
) -> Response {
    let board = page.source.board();
    let Some((index, view)) = find(&board, &workflow) else {
        return page.no_job();
    };
    let detail = match page.source.run(index, &id).await {
        Ok(Some(detail)) => Ok(detail),
        Ok(None) => return not_found(page.options.site, "There is no such run."),
        Err(diagnostic) => Err(diagnostic),
    };
    run::run(&board, index, view, &page.options, &id, &detail)
}

async fn confirm_command<S: Source>(
    State(page): State<Page<S>>,
    Path((workflow, command)): Path<(String, String)>,
) -> Response {
    let board = page.source.board();
    match page.command(&board, &workflow, &command) {
        Ok((_, view, command)) => confirm::confirm(view, command, &page.options),
        Err(refused) => refused.response(&page),
    }
}

async fn execute<S: Source>(
    State(page): State<Page<S>>,
    Path((workflow, command)): Path<(String, String)>,
) -> Response {
    let board = page.source.board();
    let (index, view, command) = match page.command(&board, &workflow, &command) {
        Ok(found) => found,
        Err(refused) => return refused.response(&page),
    };
    let back_to = Links::Pages.job(&view.job);
    if !page.notices.begin(index, view.job.label(), command) {
        return Redirect::to(&back_to).into_response();
    }
    let label = view.job.label().to_owned();
    // A task of its own: it continues if the browser disconnects.
    let executed = tokio::spawn(async move {
        let result = page.source.execute(index, command).await;
        page.notices.end(index, &label, command, result);
    });
    if let Err(error) = executed.await {
        let words = Diagnostic::plain(error).summary;
        return (StatusCode::INTERNAL_SERVER_ERROR, words).into_response();
    }
    Redirect::to(&back_to).into_response()
}

/// Why a command is not executed.
enum Refused {
    ReadOnly,
    NoSuchJob,
    NoSuchCommand,
}

impl Refused {
    fn response<S: Source>(&self, page: &Page<S>) -> Response {
        let site = page.options.site;
        match self {
            Self::ReadOnly => refusal(
                StatusCode::FORBIDDEN,
                site,
                "Read-only",
                "This dashboard was started with --read-only.",
            ),
            Self::NoSuchJob => page.no_job(),
            Self::NoSuchCommand => not_found(site, "There is no such page."),
        }
    }
}

impl<S: Source> Page<S> {
    fn command<'b>(
        &self,
        board: &'b Board,
        workflow: &str,
        command: &str,
    ) -> Result<(usize, &'b JobView, Command), Refused> {
        let all = [Command::Run, Command::Pause, Command::Resume];
        let command = all.into_iter().find(|one| job::id(*one) == command);
        let command = command.ok_or(Refused::NoSuchCommand)?;
        if self.options.read_only {
            return Err(Refused::ReadOnly);
        }
        let (index, view) = find(board, workflow).ok_or(Refused::NoSuchJob)?;
        Ok((index, view, command))
    }

    fn no_job(&self) -> Response {
        not_found(self.options.site, "There is no such job.")
    }
}

fn find<'b>(board: &'b Board, workflow: &str) -> Option<(usize, &'b JobView)> {
    let mut jobs = board.jobs.iter().enumerate();
    jobs.find(|(_, view)| view.job.workflow == workflow)
}
