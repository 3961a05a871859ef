//! Durations by day as an SVG: a bar for the median, a line up to the longest.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use maud::{Markup, html};

use super::calendar::{DAYS, range};
use super::format::{duration, took};
use crate::dashboard::view::JobView;
use picletter_core::deploy::status::Outcome;

/// Height of the drawing. Its width is a unit a day.
const HEIGHT: f64 = 100.0;

/// Upper ends of the scale, in seconds.
const SCALES: [i64; 20] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
    86_400, 172_800, 604_800,
];

/// The runs of a day that succeeded.
struct Day {
    median: SignedDuration,
    longest: SignedDuration,
}

/// The chart of a job, or a sentence where no run succeeded.
pub(crate) fn figure(view: &JobView, now: Timestamp) -> Markup {
    let (first, today) = range(view, now);
    let days = days(view, first);
    let Some((record, longest)) = days
        .iter()
        .map(|(date, day)| (*date, day.longest))
        .max_by_key(|(_, longest)| *longest)
    else {
        return html! {
            p.empty {
                @if view.lacks_history() { "The runs are not read yet." }
                @else { "No run succeeded in these days." }
            }
        };
    };
    let scale = scale(longest);
    let y = |time: SignedDuration| HEIGHT * (1.0 - time.as_secs_f64() / scale.as_secs_f64());
    let id = &view.job.workflow;
    let (title, description) = (format!("chart-title-{id}"), format!("chart-desc-{id}"));
    let middle = first.saturating_add((DAYS / 2).days());
    let words = format!(
        "The longest run took {} on {}.",
        duration(longest),
        record.strftime("%-d %b"),
    );
    html! {
        figure.chart {
            div.plot {
                div.scale aria-hidden="true" { span { (label(scale)) } span { (label(scale / 2)) } span { "0" } }
                svg role="img" aria-labelledby={ (title) " " (description) } viewBox={ "0 0 " (DAYS) " " (HEIGHT) } preserveAspectRatio="none" {
                    title id=(title) { "Duration of runs by day" }
                    desc id=(description) { "For each day, the median and the longest duration of the runs that succeeded. " (words) }
                    @for part in [0.0, 0.5, 1.0] {
                        line.grid x1="0" x2=(DAYS) y1=(HEIGHT * part) y2=(HEIGHT * part) {}
                    }
                    @for (date, day) in &days {
                        @let x = f64::from(first.until(*date).map_or(0, |span| span.get_days()));
                        @let top = y(day.median);
                        line.longest x1=(format!("{:.2}", x + 0.5)) x2=(format!("{:.2}", x + 0.5)) y1=(format!("{:.2}", y(day.longest))) y2=(format!("{top:.2}")) {}
                        rect.median x=(format!("{:.2}", x + 0.15)) y=(format!("{top:.2}")) width="0.7" height=(format!("{:.2}", (HEIGHT - top).max(0.5))) {}
                    }
                }
            }
            div.dates aria-hidden="true" {
                @for date in [first, middle, today] { span { (date.strftime("%-d %b")) } }
            }
            figcaption.small { "Bars show the median of each day, lines the longest run. " (words) }
        }
    }
}

fn days(view: &JobView, first: Date) -> BTreeMap<Date, Day> {
    let clock = view.job.schedule.zone().clock();
    let mut times: BTreeMap<Date, Vec<SignedDuration>> = BTreeMap::new();
    for run in &view.history.runs {
        let date = clock.to_datetime(run.start).date();
        if let Some(took) = took(run).filter(|_| run.outcome == Outcome::Succeeded && date >= first)
        {
            times.entry(date).or_default().push(took);
        }
    }
    let days = times.into_iter().filter_map(|(date, mut times)| {
        times.sort_unstable();
        let (median, longest) = (*times.get(times.len() / 2)?, *times.last()?);
        Some((date, Day { median, longest }))
    });
    days.collect()
}

/// The upper end of the scale.
fn scale(longest: SignedDuration) -> SignedDuration {
    let mut scales = SCALES.into_iter().map(SignedDuration::from_secs);
    scales.find(|scale| *scale >= longest).unwrap_or(longest)
}

/// A duration without a fraction that is 0.
fn label(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    match seconds {
        _ if time.subsec_nanos() > 0 => duration(time),
        ..60 => format!("{seconds} s"),
        60..3_600 if seconds % 60 == 0 => format!("{} min", seconds / 60),
        _ if seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        _ => duration(time),
    }
}
