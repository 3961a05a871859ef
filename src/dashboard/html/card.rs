//! Cards: titled parts of a page.

use maud::{Markup, html};

/// A part of the page that is replaced when it changes.
pub(crate) fn card(id: &str, title: &str, content: &Markup) -> Markup {
    let title_id = format!("{id}-title");
    html! {
        section.card id=(id) aria-labelledby=(title_id) {
            h2 id=(title_id) { (title) }
            div id={ (id) "-content" } data-live { (content) }
        }
    }
}
