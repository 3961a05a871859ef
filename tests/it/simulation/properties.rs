//! What must hold of any schedule, any dynos and any faults of Heroku.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use http::{Method, StatusCode};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use picletter::config::{Config, Report};
use picletter::template;
use picletter::r#try::simulation::{Plan, SECRETS, Simulation, story};
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::{EarlyCallback, Status};
use picletter_sandbox::faults::{Call, Fault, Faults, Silence};
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::heroku::simulated::{End, Script};
use picletter_sandbox::heroku::{DynoInfo, DynoRecord, Observer, Stopper};
use proptest::prelude::*;

use crate::chaos::sample;
use crate::simulation::drawn::{Case, OVERLAPS, REPORTS, ZONES, any_fault, any_script, cases};
use crate::simulation::world::{at, config};

/// Not a time at which anything is due.
const START: &str = "2026-11-24T12:00:01Z";

/// What was seen while it ran.
#[derive(Default)]
struct Seen {
    /// By run id.
    scripts: HashMap<String, Vec<End>>,
    /// Dynos that were started while another was alive.
    together: Vec<String>,
    /// Dynos that have ended.
    ended: Vec<DynoRecord>,
    faults: Vec<(Timestamp, String)>,
}

struct Watch(Arc<Mutex<Seen>>);

impl Observer for Watch {
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        if let Some(other) = others.first() {
            let line = format!(
                "{} of {:?} beside {} of {:?}",
                dyno.name, dyno.run_id, other.name, other.run_id
            );
            self.0.lock().unwrap().together.push(line);
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.0.lock().unwrap().ended.push(record.clone());
    }
}

struct Ended {
    simulation: Simulation,
    seen: Arc<Mutex<Seen>>,
    config: Config,
    time: Range<Timestamp>,
}

fn simulate<T>(
    config: Config,
    time: Range<Timestamp>,
    seed: u64,
    early_callback: bool,
    script: impl Fn(&mut Rng) -> Script + Send + Sync + 'static,
    fault: impl Fn(&mut Rng, &Call<'_>) -> Option<Fault> + Send + Sync + 'static,
    judge: impl FnOnce(Ended) -> T,
) -> T {
    let watched = Arc::new(Mutex::new(Seen::default()));
    let (scripts, faults) = (watched.clone(), watched.clone());
    let rng = Mutex::new(Rng::with_seed(seed));
    let other_rng = Mutex::new(Rng::with_seed(seed.wrapping_add(1)));
    let plan = Plan {
        jobs: vec![template::parameters(&config, &config.jobs[0], time.start)],
        script: Box::new(move |_, start| {
            let script = script(&mut rng.lock().unwrap());
            let run = start.dyno.run_id.clone().unwrap();
            scripts
                .lock()
                .unwrap()
                .scripts
                .entry(run)
                .or_default()
                .push(script.end.clone());
            script
        }),
        faults: Faults::new(move |call| {
            if call.uri.host() != Some("api.heroku.com") {
                return None;
            }
            let fault = fault(&mut other_rng.lock().unwrap(), call);
            if let Some(fault) = &fault {
                let line = format!("{} {}: {fault:?}", call.method, call.uri.path());
                faults.lock().unwrap().faults.push((call.at, line));
            }
            fault
        }),
        observer: Arc::new(Watch(watched.clone())),
        early_callback: if early_callback {
            EarlyCallback::Accepted
        } else {
            EarlyCallback::Refused
        },
        // The template must be right under both readings.
        eager_arguments: seed.is_multiple_of(2),
        kept: 100_000,
        seed,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let simulation = Simulation::start(plan, time.start).unwrap();
        simulation.run_until(time.end).await;
        judge(Ended {
            simulation,
            seen: watched,
            config,
            time,
        })
    })
}

impl Ended {
    /// A run told with its dynos and with Heroku's faults in its time.
    fn story(&self, run: &str) -> String {
        let app = &self.simulation.apps()[0];
        let mut told = story(app, run);
        let record = app.run(run).unwrap();
        let seen = self.seen.lock().unwrap();
        let _ = writeln!(told, "  its dynos: {:?}", seen.scripts.get(run));
        let until = record.ended.unwrap_or(self.time.end);
        for (at, fault) in seen
            .faults
            .iter()
            .filter(|(at, _)| (record.fired..=until).contains(at))
        {
            let _ = writeln!(told, "  fault {at}: {fault}");
        }
        told
    }

    fn times_are_those_announced(&self) -> Result<(), TestCaseError> {
        let announced: Vec<Timestamp> = self.config.jobs[0]
            .schedule
            .occurrences(self.time.start)
            .map(|occurrence| occurrence.at)
            .take_while(|due| *due <= self.time.end)
            .collect();
        let fired: Vec<Timestamp> = self.simulation.apps()[0]
            .firings()
            .iter()
            .map(|firing| firing.scheduled)
            .collect();
        let differs = fired
            .iter()
            .zip(&announced)
            .find(|(one, other)| one != other);
        prop_assert!(differs.is_none(), "fired and announced: {:?}", differs);
        prop_assert_eq!(fired.len(), announced.len());
        prop_assert!(!fired.is_empty());
        Ok(())
    }

    /// Whether a cancelled run met another's dyno, or its own was stopped for another's sake.
    fn had_to_give_way(&self, run: &RunRecord) -> bool {
        let seen = self.seen.lock().unwrap();
        let is_own = |record: &DynoRecord| record.dyno.run_id.as_deref() == Some(&*run.id);
        match self.config.jobs[0].schedule.overlap().name() {
            "skip" => {
                let until = run.ended.unwrap();
                let alive = self.simulation.heroku().alive();
                alive.iter().any(|dyno| dyno.started_at <= until)
                    || seen.ended.iter().any(|record| {
                        !is_own(record)
                            && record.dyno.started_at <= until
                            && record.ended_at >= run.fired
                    })
            }
            "replace" => seen
                .ended
                .iter()
                .any(|record| is_own(record) && record.stopped_by == Some(Stopper::Request)),
            _ => false,
        }
    }

    fn every_run_is_told_as_it_was(&self) -> Result<(), TestCaseError> {
        let alerts = self.simulation.drain_alerts();
        let mut mentions: HashMap<&str, usize> = HashMap::new();
        let runs = self.simulation.apps()[0].runs();
        // To start, to run and, where the answer was lost, to watch; a minute for each request more.
        let run_limit = self.config.jobs[0].time_to_live + SignedDuration::from_mins(5);
        let longest =
            self.config.jobs[0].start_window + 2 * run_limit + SignedDuration::from_mins(15);
        let ids: HashSet<&str> = runs.iter().map(|run| &*run.id).collect();
        for (_, text) in &alerts {
            // Lines of the dyno's log may follow.
            let first = text.lines().next().unwrap();
            let id = first.rsplit("run ").next().unwrap().trim_end_matches(')');
            prop_assert!(ids.contains(id), "an alert for no run: {}", text);
            for secret in SECRETS.into_iter().chain(["sig=", "/sessions/"]) {
                prop_assert!(!text.contains(secret), "{} is in an alert", secret);
            }
            *mentions.entry(id).or_default() += 1;
        }
        for run in &runs {
            let story = || self.story(&run.id);
            prop_assert!(run.ended.is_some(), "it has not ended: {}", story());
            let took = run.ended.unwrap().duration_since(run.started.unwrap());
            prop_assert!(took <= longest, "it took {:#}: {}", took, story());
            let seen = self.seen.lock().unwrap();
            let dynos = seen.scripts.get(&*run.id).cloned().unwrap_or_default();
            drop(seen);
            prop_assert!(dynos.len() <= 1, "two dynos: {}", story());
            let mentioned = mentions.get(&*run.id).copied().unwrap_or_default();
            match run.status {
                Status::Succeeded => {
                    let sent = matches!(
                        dynos.first(),
                        Some(End::Sent | End::SentTwice | End::SentLate(_))
                    );
                    let told = self.config.jobs[0].report != Report::None;
                    prop_assert!(sent || !told, "it did not send: {}", story());
                    prop_assert_eq!(mentioned, 0, "an alert without a failure: {}", story());
                }
                Status::Cancelled => {
                    prop_assert!(
                        self.had_to_give_way(run),
                        "nothing was in its way: {}",
                        story()
                    );
                    prop_assert_eq!(mentioned, 0, "an alert without a failure: {}", story());
                }
                Status::Failed => prop_assert_eq!(mentioned, 1, "not one alert: {}", story()),
                other => prop_assert!(false, "{:?}: {}", other, story()),
            }
        }
        Ok(())
    }

    /// Where nothing hinders the workflow, it stops what is left; SIGTERM gives half a minute.
    fn no_dyno_outlives_a_run_that_failed(&self) -> Result<(), TestCaseError> {
        for record in self.simulation.heroku().drain_ended() {
            let run = record.dyno.run_id.as_deref();
            let Some(run) = run.and_then(|run| self.simulation.apps()[0].run(run)) else {
                continue;
            };
            if run.status == Status::Failed {
                let longest = run.ended.unwrap() + SignedDuration::from_secs(35);
                prop_assert!(
                    record.ended_at <= longest,
                    "its dyno lives: {}",
                    self.story(&run.id)
                );
            }
        }
        prop_assert!(self.simulation.heroku().alive().len() <= 1);
        Ok(())
    }

    fn no_two_are_alive_together(&self) -> Result<(), TestCaseError> {
        let seen = self.seen.lock().unwrap();
        let Some(line) = seen.together.first().cloned() else {
            return Ok(());
        };
        drop(seen);
        let mut runs = line.split('"').skip(1).step_by(2);
        let stories: String = [runs.next(), runs.next()]
            .into_iter()
            .flatten()
            .map(|run| self.story(run))
            .collect();
        prop_assert!(false, "{}\n{}", line, stories);
        Ok(())
    }

    fn no_secret_is_told(&self) -> Result<(), TestCaseError> {
        let app = &self.simulation.apps()[0];
        for run in app.runs() {
            let mut told = format!("{run:?}");
            for action in app.actions(&run.id).unwrap() {
                let repetitions = app.repetitions(&run.id, &action.name).unwrap();
                writeln!(told, "{repetitions:?}").unwrap();
            }
            for secret in SECRETS.into_iter().chain(["sig=", "/sessions/"]) {
                prop_assert!(
                    !told.contains(secret),
                    "{} is in the history of {}",
                    secret,
                    run.id
                );
            }
        }
        Ok(())
    }
}

/// As many as a push can wait for; `PROPTEST_CASES` asks for more.
fn sampled() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: sample::cases(5),
        max_shrink_iters: default.max_shrink_iters.min(50),
        ..default
    }
}

/// What must hold of any case.
fn holds(case: &Case) -> Result<(), TestCaseError> {
    let (schedule, days) = &case.schedule;
    let overlap = match OVERLAPS[case.overlap] {
        "skip" | "replace" if schedule.contains("catch_up") => "queue",
        // Of runs two minutes apart none replaces another.
        "replace" if schedule.contains("\"2 minutes\"") => "skip",
        overlap => overlap,
    };
    let report = REPORTS[case.report];
    let config = config(
        &format!("{schedule}\noverlap = \"{overlap}\""),
        &format!("report = \"{report}\""),
    );
    let calm = case.faulty == 0 && case.outages.is_empty();
    let length = SignedDuration::from_hours(24 * days);
    let start = at(START);
    let end = start + length;
    let outages: Vec<(Timestamp, Timestamp)> = case
        .outages
        .iter()
        .map(|(from, minutes)| {
            let from = start + length * i32::try_from(*from).unwrap() / 1000;
            (from, from + SignedDuration::from_mins((*minutes).into()))
        })
        .collect();
    let (unwell, faulty, work, latency) = (case.unwell, case.faulty, case.work, case.latency);
    simulate(
        config,
        start..end,
        case.seed,
        case.early_callback,
        move |rng| any_script(rng, unwell, work),
        move |rng, call| {
            if outages
                .iter()
                .any(|(from, until)| (*from..*until).contains(&call.at))
                || rng.u32(..1000) < faulty
            {
                Some(any_fault(rng))
            } else if latency > 0 {
                Some(Fault::Delay(Duration::from_millis(rng.u64(..latency))))
            } else {
                None
            }
        },
        |ended| {
            if overlap != "queue" {
                ended.times_are_those_announced()?;
            }
            ended.every_run_is_told_as_it_was()?;
            if overlap != "allow" {
                ended.no_two_are_alive_together()?;
            }
            if calm {
                ended.no_dyno_outlives_a_run_that_failed()?;
            }
            ended.no_secret_is_told()
        },
    )
}

proptest! {
    #![proptest_config(sampled())]

    #[test]
    fn whatever_happens_no_run_is_doubled_or_misreported(case in cases()) {
        holds(&case)?;
    }

    #[test]
    fn an_outage_within_the_start_window_loses_no_run_and_doubles_none(
        begins in 0..36_000_i64,
        share in 1..1000_i32,
        kind in 0..4_u8,
        work in 1..200_u64,
        overlap in 0..4_usize,
        report in 0..3_usize,
        early_callback: bool,
        seed: u64,
    ) {
        let (overlap, report) = (OVERLAPS[overlap], REPORTS[report]);
        let config = config(
            &format!("every = \"2 hours\"\nstart = \"2026-01-01 00:30\"\noverlap = \"{overlap}\""),
            &format!("report = \"{report}\""),
        );
        let window = config.jobs[0].start_window;
        let from = at(START) + SignedDuration::from_secs(begins);
        let until = from + window * share / 1000;
        simulate(
            config,
            at(START)..at(START) + SignedDuration::from_hours(14),
            seed,
            early_callback,
            move |rng| Script { end: End::Sent, ..any_script(rng, 0, work) },
            move |rng, call| {
                // A request that is under way when the outage begins may be done, its answer lost.
                let begins = (from - SignedDuration::from_secs(2)..from).contains(&call.at);
                if begins || (from..until).contains(&call.at) {
                    Some(match kind {
                        0 if begins => return None,
                        0 => Fault::Reset,
                        1 => error_response(StatusCode::SERVICE_UNAVAILABLE, None),
                        2 => Fault::Lost { processed_after: None, seen: Silence::Timeout(Duration::from_secs(30)) },
                        _ => any_fault(rng),
                    })
                } else {
                    None
                }
            },
            |ended| {
                ended.every_run_is_told_as_it_was()?;
                ended.no_two_are_alive_together()?;
                for run in ended.simulation.apps()[0].runs() {
                    let dynos = ended.seen.lock().unwrap().scripts.get(&*run.id).map_or(0, Vec::len);
                    prop_assert_eq!(dynos, 1, "{}", ended.story(&run.id));
                }
                Ok(())
            },
        )?;
    }
}

/// The times are right in the days around each change of clocks in a year; where clocks never change,
/// in any days.
#[test]
fn runs_come_when_schedule_next_says_in_twenty_zones() {
    let margin = SignedDuration::from_hours(36);
    let year = at(START)..at(START) + SignedDuration::from_hours(24 * 365);
    for zone in ZONES {
        let clock = TimeZone::get(zone).unwrap();
        let changes = clock.following(year.start).map(|change| change.timestamp());
        let mut changes: Vec<_> = changes.take_while(|change| *change < year.end).collect();
        if changes.is_empty() {
            changes.push(year.start + margin);
        }
        for change in changes {
            let config = config(
                &format!("every = \"day\"\nat = [\"02:30\", \"00:15\"]\ntime_zone = \"{zone}\""),
                "",
            );
            simulate(
                config,
                change - margin..change + margin,
                1,
                true,
                |_| crate::simulation::world::sent_after(1),
                |_, _| None,
                |ended| ended.times_are_those_announced(),
            )
            .unwrap_or_else(|error| panic!("{zone}, {change}: {error}"));
        }
    }
}

/// Only what starts a dyno may: the fault is met by nothing else.
#[test]
fn a_start_that_is_done_behind_the_callers_back_is_not_repeated() {
    for delay in 0..30 {
        let config = config("every = \"hour\"", "");
        simulate(
            config,
            at(START)..at(START) + SignedDuration::from_hours(3),
            delay,
            true,
            |_| crate::simulation::world::sent_after(1),
            move |_, call| {
                if call.method == Method::POST && call.uri.path().ends_with("/dynos") {
                    Some(Fault::Lost {
                        processed_after: Some(Duration::from_secs(delay)),
                        seen: Silence::Reset(Duration::ZERO),
                    })
                } else {
                    None
                }
            },
            |ended| ended.every_run_is_told_as_it_was(),
        )
        .unwrap_or_else(|error| panic!("done {delay} s later: {error}"));
    }
}
