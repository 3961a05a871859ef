//! Banners: a changed configuration file, and vendors that cannot be read.

use jiff::Timestamp;
use maud::{Markup, html};

use super::format::{age, brief, date_time};
use super::links::Links;
use super::prose::prose;
use crate::dashboard::view::{Board, Outage};
use picletter_core::diagnostic::Diagnostic;
use picletter_core::schedule::Zone;

/// The banners. A live page reads again by itself.
pub(crate) fn banners(board: &Board, zone: &Zone, links: Links) -> Markup {
    html! {
        @if let Some(Diagnostic { summary, help }) = &board.file_change {
            div.banner data-file {
                p { strong { "The configuration file has changed." } }
                pre { (summary) }
                @if let Some(help) = help { p { "What to do: " (prose(help)) } }
            }
        }
        @for outage in &board.outages { (banner(outage, board.now, zone, links)) }
    }
}

fn banner(outage: &Outage, now: Timestamp, zone: &Zone, links: Links) -> Markup {
    let is_live = links == Links::Pages;
    // Help such as "run the command again" is for the command line.
    let help = Some(&outage.help).filter(|help| !help.is_empty());
    let help = help.filter(|_| !(is_live && outage.is_temporary));
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
            @if let Some(help) = help { p { "What to do: " (prose(help)) } }
            @if is_live {
                p {
                    "The page reads " (outage.vendor) " again by itself at "
                    time datetime=(outage.retry_at) { (brief(zone, outage.retry_at)) } "."
                    @if help.is_none() { " Status: " (status_page(outage.vendor)) }
                }
            }
        }
    }
}

/// The address at which a vendor reports its outages.
fn status_page(vendor: &str) -> &'static str {
    match vendor {
        "Heroku" => "https://status.heroku.com",
        _ => "https://azure.status.microsoft",
    }
}
