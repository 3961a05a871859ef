//! The controls of the simulation: run now or let a day pass, with a failure.

use maud::{Markup, html};

use super::switches::Scenario;
use super::{ShownJob, ShownJobs};
use picletter_core::schedule::Overlap;

/// The form. It is not replaced when the page changes.
pub(super) fn form(jobs: Option<&ShownJobs>) -> Markup {
    html! {
        section.card #controls aria-labelledby="controls-title" {
            h2 #controls-title { "Try it" }
            form #controls-form method="post" action="/runs" data-follow {
                @if let Some(jobs) = jobs.filter(|jobs| jobs.are_several()) { (choice(jobs)) }
                fieldset {
                    legend { "What happens next" }
                    @for scenario in Scenario::ALL {
                        @let id = format!("fault-{}", scenario.name());
                        label.choice {
                            input type="radio" name="fault" id=(id) value=(scenario.name()) checked[scenario == Scenario::None];
                            span {
                                strong { (scenario.title()) }
                                @if let Some(jobs) = jobs { span.small { (scenario.effect(overlap(jobs))) } }
                            }
                        }
                    }
                }
                div.buttons {
                    button.primary #run-now type="submit" { "Run now" }
                    button #pass-day type="submit" formaction="/days" { "Let a day pass" }
                }
            }
        }
    }
}

/// Selects the job.
fn choice(jobs: &ShownJobs) -> Markup {
    html! {
        p.field {
            label for="job-choice" { "Job" }
            select #job-choice name="job" {
                option value="" { "All jobs" }
                @for ShownJob { job, .. } in &jobs.jobs { option value=(job.workflow) { (job.label()) } }
            }
        }
    }
}

/// The overlap policy, if all jobs have the same.
fn overlap(jobs: &ShownJobs) -> Option<Overlap> {
    let mut each = jobs.jobs.iter().map(|job| job.job.schedule.overlap());
    let first = each.next()?;
    each.all(|overlap| overlap == first).then_some(first)
}
