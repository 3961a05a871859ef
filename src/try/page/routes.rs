//! The routes of the controls and the inbox.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;

use super::drive::NoSuchJob;
use super::switches::Scenario;
use super::{Page, SITE, mail};
use crate::dashboard::page::{guards, receive, refusal};

pub(super) fn router(page: &Page) -> Router {
    Router::new()
        .route("/runs", post(run).get(only_for_forms))
        .route("/days", post(pass_a_day).get(only_for_forms))
        .layer(from_fn(receive))
        .with_state(page.clone())
        .merge(mail::router(page.shared.inbox.clone()))
}

/// The response to GET requests for form actions.
async fn only_for_forms() -> Response {
    refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        SITE,
        "Forms only",
        "This URL only accepts the page's forms.",
    )
}

async fn run(State(page): State<Page>, form: String) -> Response {
    answer(&form, |job, scenario| page.run(job, scenario))
}

async fn pass_a_day(State(page): State<Page>, form: String) -> Response {
    answer(&form, |job, scenario| page.pass_a_day(job, scenario))
}

/// Acts on the job that a form names, or on all jobs if it names none.
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
