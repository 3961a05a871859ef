//! The cards of alerts and heartbeats.

use std::sync::Arc;

use maud::{Markup, html};

use super::ShownJobs;
use super::record::RecordedRun;
use crate::dashboard::html::{Tone, badge, brief, count};
use picletter_core::schedule::Zone;
use picletter_sandbox::hooks::Heartbeats;

/// Maximum number of listed alerts. Their texts are long.
const MAX_ALERTS: usize = 4;

/// Maximum number of listed pings.
const MAX_PINGS: usize = 12;

pub(super) fn alerts(jobs: Option<&ShownJobs>, runs: &[Arc<RecordedRun>]) -> Markup {
    let alerts: Vec<_> = runs
        .iter()
        .flat_map(|run| run.alerts.iter().rev())
        .collect();
    let Some(jobs) = jobs.filter(|_| !alerts.is_empty()) else {
        return html! { p.empty { "No alerts." } };
    };
    html! {
        ol.alerts {
            @for (at, text) in alerts.iter().take(MAX_ALERTS) {
                li {
                    time datetime=(at) { (brief(&jobs.zone, *at)) }
                    blockquote { (jobs.clean(text)) }
                }
            }
        }
        @if alerts.len() > MAX_ALERTS { p.small { "and " (count(alerts.len() - MAX_ALERTS, "older alert")) } }
    }
}

/// The pings that the cron monitor received.
pub(super) fn heartbeats(heartbeats: &Heartbeats, zone: Option<&Zone>) -> Markup {
    let pings = heartbeats.with_times();
    let Some(zone) = zone.filter(|_| !pings.is_empty()) else {
        return html! { p.empty { "The cron monitor has received no ping yet." } };
    };
    html! {
        ol.heartbeats {
            @for (at, what) in pings.iter().rev().take(MAX_PINGS) {
                @let (tone, label) = match &**what {
                    "start" => (Tone::Quiet, "start".to_owned()),
                    "" | "0" => (Tone::Good, "0".to_owned()),
                    status => (Tone::Bad, status.to_owned()),
                };
                li { (badge(tone, &label)) span.words { (brief(zone, *at)) } }
            }
        }
        @if pings.len() > MAX_PINGS { p.small { "and " (count(pings.len() - MAX_PINGS, "older ping")) } }
    }
}
