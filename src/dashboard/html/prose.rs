//! Sentences with code between backticks.

use maud::{Markup, html};

/// The text, with what stands between backticks as code.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
