//! Banners for vendors that cannot be read.

use jiff::Timestamp;
use maud::{Markup, html};

use super::format::{age, date_time};
use super::prose::prose;
use crate::dashboard::view::{Board, Outage};
use picletter_core::schedule::Zone;

/// A banner for each outage.
pub(crate) fn banners(board: &Board, zone: &Zone) -> Markup {
    html! {
        @for outage in &board.outages { (banner(outage, board.now, zone)) }
    }
}

fn banner(outage: &Outage, now: Timestamp, zone: &Zone) -> Markup {
    html! {
        div.banner data-vendor=(outage.vendor) {
            p {
                strong { (outage.vendor) " cannot be read: " (prose(&outage.summary)) "." } " "
                @match outage.since {
                    Some(at) => {
                        "The page shows the data of "
                        time datetime=(at) { (date_time(zone, at)) }
                        " (" (age(now, at)) ")."
                    }
                    None => "It was not read before, so its data is missing.",
                }
            }
            p { "What to do: " (prose(&outage.help)) }
        }
    }
}
