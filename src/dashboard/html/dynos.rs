//! The dynos of the app that are alive.

use maud::{Markup, html};

use super::badge::badge;
use super::format::{age, count};
use super::tone::Tone;
use crate::dashboard::view::Board;

/// Dynos that are listed.
const LISTED: usize = 12;

/// The list.
pub(crate) fn list(board: &Board) -> Markup {
    html! {
        @if lacks_dynos(board) { p.empty { "The dynos are not read yet." } }
        @else if board.dynos.is_empty() { p.empty { "No dyno is running." } }
        @else {
            ol.dynos {
                @for dyno in board.dynos.iter().take(LISTED) {
                    li data-dyno=(dyno.name) {
                        (badge(Tone::Going, &dyno.state))
                        span.words { strong { (dyno.name) } " · " (dyno.size) " · started " (age(board.now, dyno.start)) }
                    }
                }
            }
            @if board.dynos.len() > LISTED { p.small { "and " (count(board.dynos.len() - LISTED, "more dyno")) } }
        }
    }
}

/// Whether the dynos are unknown: Heroku was never read.
fn lacks_dynos(board: &Board) -> bool {
    let mut outages = board.outages.iter();
    outages.any(|outage| outage.vendor == "Heroku" && outage.since.is_none())
}
