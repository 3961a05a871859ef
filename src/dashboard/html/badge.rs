//! Badges: an outcome or a state with its mark.

use maud::{Markup, html};

use super::format::outcome;
use super::links::Links;
use super::tone::Tone;
use crate::dashboard::view::{JobState, JobView, RunView};
use picletter_core::config::Job;

/// A badge.
pub(crate) fn badge(tone: Tone, words: &str) -> Markup {
    html! {
        span class={ "badge " (tone.class()) } {
            span aria-hidden="true" { (tone.mark()) } " " (words)
        }
    }
}

/// The badge of a run, which links to the run where it has an address.
pub(crate) fn run_badge(job: &Job, run: &RunView, links: Links) -> Markup {
    let badge = badge(Tone::for_outcome(run.outcome), outcome(run));
    html! {
        @match links.run(job, &run.id) {
            Some(address) => a.plain href=(address) { (badge) },
            None => (badge),
        }
    }
}

/// Whether a job runs on schedule, and whether it drifted.
pub(crate) fn state(view: &JobView) -> Markup {
    html! {
        @match view.state {
            JobState::OnSchedule => span.badge.good { "on schedule" },
            JobState::Paused => span.badge.going { "paused" },
            JobState::NotRead => span.badge.quiet { "not read yet" },
            JobState::NotDeployed => span.badge.quiet { "not deployed" },
        }
        @if !view.drift.sentences.is_empty() { " " span.badge.bad { "drifted" } }
    }
}
