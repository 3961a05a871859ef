//! What the page of `picletter try` adds to the dashboard.

use maud::{Markup, html};

use super::board::detail;
use super::switches::Scenario;
use super::{Page, cards, controls, mail};
use crate::dashboard::html::{RECENT_RUNS, Tone, badge, card, run as timeline};
use crate::dashboard::page::{Cards, Extras, Recent, RunNotes};
use crate::dashboard::view::Board;

impl Extras for Page {
    fn note(&self) -> &'static str {
        "All services are fakes on this machine, and nothing leaves it."
    }

    fn status(&self, _board: &Board) -> Option<Markup> {
        let jobs = self.jobs()?;
        if self.is_busy() {
            return Some(html! { (badge(Tone::Going, "working")) " A run is in progress." });
        }
        let notice = self.state().notice.clone()?;
        Some(html! { (jobs.clean(&notice)) })
    }

    fn recent(&self, board: &Board) -> Vec<Recent> {
        let runs = self.runs().into_iter().take(RECENT_RUNS);
        let recent = runs.filter_map(|recorded| {
            let mut runs = board.jobs.get(recorded.job)?.history.runs.iter();
            let run = runs.find(|run| run.id == recorded.run.id)?.clone();
            let started = if recorded.simulated {
                "simulated"
            } else {
                "by hand"
            };
            let note = match recorded.scenario {
                Scenario::None => started.to_owned(),
                scenario => format!("{started} · {}", scenario.title()),
            };
            Some(Recent {
                job: recorded.job,
                run,
                note,
            })
        });
        recent.collect()
    }

    fn cards(&self, board: &Board) -> Option<Cards> {
        let (jobs, runs) = (self.jobs(), self.runs());
        let newest = jobs.as_deref().zip(runs.first());
        let newest = newest.and_then(|(jobs, run)| Some((run, detail(jobs, run)?)));
        let newest = newest.and_then(|(run, detail)| {
            let view = board.jobs.get(run.job)?;
            let notes = self.notes(&run.run.id);
            Some(timeline(view, board.jobs.len() > 1, &detail, &notes))
        });
        let newest = newest.unwrap_or_else(|| html! { p.empty { "No run has started yet." } });
        let zone = jobs.as_ref().map(|jobs| &jobs.zone);
        Some(Cards {
            first: html! {
                (controls::form(jobs.as_deref()))
                (card("inbox", "Inbox", &mail::list(&self.shared.inbox, zone)))
            },
            main: card("run", "Newest run", &newest),
            last: html! {
                (card("alerts", "Alerts", &cards::alerts(jobs.as_deref(), &runs)))
                (card("heartbeats", "Heartbeats", &cards::heartbeats(&self.shared.heartbeats, zone)))
            },
        })
    }

    fn notes(&self, run: &str) -> RunNotes {
        let (Some(jobs), runs) = (self.jobs(), self.runs()) else {
            return RunNotes::default();
        };
        let Some(recorded) = runs.iter().find(|one| *one.run.id == *run) else {
            return RunNotes::default();
        };
        let mut facts = vec![
            ("Billed", format!("{} executions", recorded.run.billed)),
            (
                "Time",
                if recorded.simulated {
                    "simulated, with a scripted dyno".to_owned()
                } else {
                    "real, with the real worker".to_owned()
                },
            ),
        ];
        if recorded.scenario != Scenario::None {
            facts.push(("Failure", recorded.scenario.title().to_owned()));
        }
        let alerts = recorded.alerts.iter();
        RunNotes {
            facts,
            alerts: alerts.map(|(at, text)| (*at, jobs.clean(text))).collect(),
        }
    }
}
