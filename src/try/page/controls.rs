//! What a person does: run now, or let a day pass, and what goes wrong in it.

use maud::{Markup, html};

use super::Job;
use super::switches::Scenario;

/// The form. It stays as it is while the page follows what happens.
pub(super) fn form(job: Option<&Job>) -> Markup {
    html! {
        section.card #controls aria-labelledby="controls-title" {
            h2 #controls-title { "Try it" }
            form #controls-form method="post" action="/runs" {
                fieldset {
                    legend { "In what comes next" }
                    @for scenario in Scenario::ALL {
                        @let id = format!("fault-{}", scenario.name());
                        label.choice {
                            input type="radio" name="fault" id=(id) value=(scenario.name()) checked[scenario == Scenario::None];
                            span {
                                strong { (scenario.title()) }
                                @if let Some(job) = job { span.small { (scenario.promise(job.job.schedule.overlap())) } }
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
