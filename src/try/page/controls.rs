//! What a person does: run now, or let a day pass, and what goes wrong in it.

use maud::{Markup, html};

use super::Job;
use super::switches::Fault;

/// The form. It stays as it is while the page follows what happens.
pub(super) fn form(job: Option<&Job>) -> Markup {
    html! {
        section.card #controls aria-labelledby="controls-title" {
            h2 #controls-title { "Try it" }
            form #controls-form method="post" action="/runs" {
                fieldset {
                    legend { "In what comes next" }
                    @for fault in Fault::ALL {
                        @let id = format!("fault-{}", fault.name());
                        label.choice {
                            input type="radio" name="fault" id=(id) value=(fault.name()) checked[fault == Fault::None];
                            span {
                                strong { (fault.title()) }
                                @if let Some(job) = job { span.small { (fault.promise(job.config.schedule.overlap())) } }
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
