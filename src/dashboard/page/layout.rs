//! The parts that all pages share.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::security::{PAGE_POLICY, guards};
use crate::dashboard::html::STYLES;

/// A whole document. A `live` one replaces its parts when they change.
pub(crate) fn page(title: &str, site: &str, live: bool, content: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (site) }
                link rel="icon" type="image/svg+xml" href="/icon.svg";
                link rel="stylesheet" href="/style.css";
                @if live { script src="/script.js" defer {} }
            }
            body { (content) }
        }
    };
    (guards(PAGE_POLICY), document).into_response()
}

/// A page that shows only the reason for an error.
pub(crate) fn refusal(status: StatusCode, site: &str, title: &str, words: &str) -> Response {
    let content = html! {
        (back("/", "All jobs"))
        main.letter {
            h1 { (title) }
            p.empty { (words) }
        }
    };
    (status, page(title, site, false, &content)).into_response()
}

/// A page for an address that does not exist.
pub(crate) fn not_found(site: &str, words: &str) -> Response {
    refusal(StatusCode::NOT_FOUND, site, "Not found", words)
}

/// The link to the page above.
pub(crate) fn back(address: &str, name: &str) -> Markup {
    html! { nav.back aria-label="Back" { a href=(address) { "← " (name) } } }
}

pub(super) fn style(more: &str) -> Response {
    file("text/css; charset=utf-8", format!("{STYLES}{more}"))
}

pub(super) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("script.js"))
}

pub(super) async fn icon() -> Response {
    file("image/svg+xml", include_str!("icon.svg"))
}

fn file(media_type: &'static str, text: impl IntoResponse) -> Response {
    let media_type = [(header::CONTENT_TYPE, media_type)];
    (media_type, guards("default-src 'none'"), text).into_response()
}
