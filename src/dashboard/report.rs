//! The report: all jobs as one static file without scripts and without external resources.

use maud::{DOCTYPE, Markup, html};

use super::html::{
    Links, Recent, STYLES, banners, by_start, card, has_common_zone, job_table, parts,
    recent_failures, recent_runs, upcoming, zone,
};
use super::view::{Board, JobView};

/// Only the styles of the file itself apply.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as HTML.
pub fn html(board: &Board) -> String {
    let zone = zone(board);
    let created = zone.clock().to_datetime(board.now);
    let recent: Vec<Recent> = by_start(board);
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="content-security-policy" content=(POLICY);
                title { "Jobs of " (board.app) " · Picletter report" }
                style { (maud::PreEscaped(STYLES)) }
            }
            body {
                header.masthead {
                    div {
                        h1 { "Jobs of " (board.app) }
                        p {
                            "As of "
                            time datetime=(board.now) { (created.strftime("%a %-d %b %Y, %H:%M")) }
                            " (" (zone.name()) ")."
                            @if !has_common_zone(board) { " Each job has times in its own zone." }
                        }
                    }
                }
                main {
                    (banners(board, &zone, Links::Sections))
                    (card("jobs", "Jobs", &job_table(board, Links::Sections)))
                    (card("failures", "Failures", &recent_failures(board, Links::Sections)))
                    (card("runs", "Runs", &recent_runs(board, &recent, Links::Sections)))
                    (card("schedule", "Schedule", &upcoming(board, Links::Sections)))
                    @for view in &board.jobs { (job(view, board)) }
                }
            }
        }
    };
    document.into_string()
}

fn job(view: &JobView, board: &Board) -> Markup {
    let id = format!("job-{}", view.job.workflow);
    let title_id = format!("title-{}", view.job.workflow);
    html! {
        section.card id=(id) aria-labelledby=(title_id) {
            h2 id=(title_id) { (view.job.label()) }
            @for part in parts(view, board.now, Links::Sections) {
                h3 { (part.title) }
                (part.content)
            }
        }
    }
}
