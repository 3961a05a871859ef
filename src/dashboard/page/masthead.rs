//! The top of every live page: what it shows, whether it follows changes, its status, and outages.

use maud::{Markup, html};

use super::Options;
use crate::dashboard::html::{Links, banners, has_common_zone, zone};
use crate::dashboard::view::Board;

/// Links before the page's status, innermost last: address and text.
pub(super) type Path<'a> = &'a [(&'a str, &'a str)];

/// The top. `path` leads to the page above.
pub(super) fn masthead(
    board: &Board,
    options: &Options,
    path: Path<'_>,
    title: &str,
    status: &Markup,
) -> Markup {
    let zone = zone(board);
    html! {
        a.skip href="#content" { "Skip to the content" }
        @if !path.is_empty() {
            nav.back aria-label="Pages above" {
                @for (n, (address, name)) in path.iter().enumerate() {
                    @if n > 0 { " / " }
                    a href=(address) { @if n == 0 { "← " } (name) }
                }
            }
        }
        header.masthead {
            div {
                h1 { (title) }
                p #job data-live {
                    @match &*board.jobs {
                        [] => "Nothing is deployed yet.",
                        jobs => {
                            "App " strong { (board.app) } ", "
                            @match jobs {
                                [only] => { "workflow " strong { (only.job.workflow) } }
                                all => { (all.len()) " jobs" }
                            }
                            ". "
                            @if has_common_zone(board) { "Times are in " (zone.name()) ". " }
                            @if options.read_only { "Read-only. " }
                            (options.extras.note())
                        }
                    }
                }
            }
            p.follow {
                span.live #live hidden { "Live" }
                a #reload href="" { "Reload" }
            }
        }
        p.status #status role="status" data-live { (status) }
        div #outages role="alert" data-live { (banners(board, &zone, Links::Pages)) }
    }
}
