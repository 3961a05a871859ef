//! Server-sent events: one after each change.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;

use super::Page;
use super::security::guards;
use crate::dashboard::source::Source;

/// Sends an event immediately, and after each change. It ends with the source.
pub(super) async fn events<S: Source>(State(page): State<Page<S>>) -> Response {
    let state = (page.source.changes(), page.notices.subscribe(), 0_u64);
    let events = unfold(state, async |(mut of_source, mut of_notices, number)| {
        if number > 0 {
            let next = tokio::select! {
                next = of_source.changed() => next,
                next = of_notices.changed() => next,
            };
            next.ok()?;
        }
        let event = Event::default().event("change").data(number.to_string());
        Some((
            Ok::<_, Infallible>(event),
            (of_source, of_notices, number + 1),
        ))
    });
    // Without events the connection shows at the latest now whether the browser is still there.
    let events = Sse::new(events).keep_alive(KeepAlive::default());
    (guards("default-src 'none'"), events).into_response()
}
