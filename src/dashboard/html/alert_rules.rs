//! The alert rules of a job.

use maud::{Markup, html};

use super::badge::badge;
use super::tone::Tone;
use crate::dashboard::view::JobView;

/// The rules, and whether they are on.
pub(crate) fn list(view: &JobView) -> Markup {
    html! {
        @if view.alerts.is_empty() {
            p.empty { "No alert is configured. Set " code { "email" } " in " code { "[alert]" } " to receive mail when a run fails." }
        } @else {
            ul.rules {
                @for rule in &view.alerts {
                    li {
                        @match rule.enabled {
                            Some(true) => (badge(Tone::Good, "on")),
                            Some(false) => (badge(Tone::Quiet, "off")),
                            None => (badge(Tone::Bad, "not deployed")),
                        }
                        " " (rule.reports)
                    }
                }
            }
        }
    }
}
