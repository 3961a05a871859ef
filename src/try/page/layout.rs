//! What all pages have in common.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::security::{PAGE_POLICY, guards};

/// A whole document. Where it is `live`, what changes in it comes by itself.
pub(super) fn page(title: &str, live: bool, content: &Markup) -> impl IntoResponse + use<> {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Picletter sandbox" }
                link rel="icon" type="image/svg+xml" href="/icon.svg";
                link rel="stylesheet" href="/style.css";
                @if live { script src="/script.js" defer {} }
            }
            body { (content) }
        }
    };
    (guards(PAGE_POLICY), document)
}

pub(super) fn not_found(words: &str) -> Response {
    refusal(StatusCode::NOT_FOUND, "Not found", words)
}

/// Of an address that is there for a form alone.
pub(super) async fn nothing_to_read() -> Response {
    let words = "The buttons of the page send their forms here.";
    refusal(StatusCode::METHOD_NOT_ALLOWED, "Nothing to read", words)
}

fn refusal(status: StatusCode, title: &str, words: &str) -> Response {
    let content = html! {
        (back())
        main.letter {
            h1 { (title) }
            p.empty { (words) }
        }
    };
    (status, page(title, false, &content)).into_response()
}

/// To the page that has all.
pub(super) fn back() -> Markup {
    html! { nav.back aria-label="Back" { a href="/" { "← Inbox, runs and schedule" } } }
}

pub(super) async fn style() -> impl IntoResponse {
    file(
        "text/css; charset=utf-8",
        concat!(
            include_str!("style.css"),
            include_str!("run.css"),
            include_str!("lists.css"),
            include_str!("mail.css")
        ),
    )
}

pub(super) async fn script() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("script.js"))
}

pub(super) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("icon.svg"))
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, media_type)],
        guards("default-src 'none'"),
        text,
    )
}

/// Such as `1 mail`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
