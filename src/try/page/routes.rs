//! Where what is.

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tokio::time::timeout;

use super::drive::NoSuchJob;
use super::security::{check, guards};
use super::switches::Scenario;
use super::{Page, layout, mail, overview};
use picletter_sandbox::stream::stream;

/// A form of the page is much shorter.
const LONGEST_FORM: usize = 1 << 10;

/// A browser sends a form at once. hyper gives a request's head as long.
const FORM_DEADLINE: Duration = Duration::from_secs(30);

pub(super) fn router(page: &Page) -> Router {
    let forms = Router::new()
        .route("/runs", post(run).get(layout::nothing_to_read))
        .route("/days", post(pass_a_day).get(layout::nothing_to_read))
        .layer(from_fn(receive));
    Router::new()
        .route("/", get(newest))
        .route("/runs/{id}", get(one))
        .route("/events", get(events))
        .route("/icon.svg", get(layout::icon))
        .route("/style.css", get(layout::style))
        .route("/script.js", get(layout::script))
        .merge(forms)
        .with_state(page.clone())
        .merge(mail::router(page.shared.inbox.clone()))
        .fallback(async || layout::not_found("There is no such page here."))
        .layer(from_fn(check))
}

/// Passes a form on once all of it has arrived in time.
async fn receive(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let refused = match timeout(FORM_DEADLINE, to_bytes(body, LONGEST_FORM)).await {
        Ok(Ok(form)) => return next.run(Request::from_parts(head, form.into())).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => StatusCode::REQUEST_TIMEOUT,
    };
    (refused, guards("default-src 'none'")).into_response()
}

async fn newest(State(page): State<Page>) -> Response {
    shown(&page, None)
}

async fn one(State(page): State<Page>, Path(id): Path<String>) -> Response {
    shown(&page, Some(&id))
}

fn shown(page: &Page, id: Option<&str>) -> Response {
    overview::answer(page, id).unwrap_or_else(|| layout::not_found("There is no such run here."))
}

async fn run(State(page): State<Page>, form: String) -> Response {
    answer(&form, |job, scenario| page.run(job, scenario))
}

async fn pass_a_day(State(page): State<Page>, form: String) -> Response {
    answer(&form, |job, scenario| page.pass_a_day(job, scenario))
}

/// Acts on the job of a form, or on all where it names none.
fn answer(
    form: &str,
    act: impl FnOnce(Option<&str>, Scenario) -> Result<(), NoSuchJob>,
) -> Response {
    let field = |name: &str| {
        let mut fields = url::form_urlencoded::parse(form.as_bytes());
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    };
    let scenario = match field("fault") {
        None => Some(Scenario::None),
        Some(name) => Scenario::named(&name),
    };
    let job = field("job").filter(|job| !job.is_empty());
    let refused = match scenario.map(|scenario| act(job.as_deref(), scenario)) {
        Some(Ok(())) => return Redirect::to("/").into_response(),
        Some(Err(NoSuchJob)) => "There is no such job.\n",
        None => "There is no such fault.\n",
    };
    let bad = StatusCode::BAD_REQUEST;
    (bad, guards("default-src 'none'"), refused).into_response()
}

/// Tells, as server-sent events, that something has changed.
async fn events(State(page): State<Page>) -> Response {
    let (writer, body) = stream();
    let mut news = page.shared.news.subscribe();
    let mut mails = page.shared.inbox.news();
    drop(page);
    tokio::spawn(async move {
        let mut number = 0_u64;
        loop {
            let event = format!("event: change\ndata: {number}\n\n");
            if writer.send(event.into()).is_err() {
                return;
            }
            number += 1;
            let changed = tokio::select! {
                changed = news.changed() => changed,
                changed = mails.changed() => changed,
                () = writer.closed() => return,
            };
            if changed.is_err() {
                return;
            }
        }
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, guards("default-src 'none'"), body).into_response()
}
