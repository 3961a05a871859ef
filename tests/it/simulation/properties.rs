//! Properties of any schedule with any dynos and any faults of Heroku.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use http::{Method, StatusCode};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use picletter::r#try::simulation::{Plan, SECRETS, Simulation, run_trace};
use picletter_core::config::{Config, Report};
use picletter_core::template;
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::{EarlyCallback, Status};
use picletter_sandbox::faults::{Call, Fault, Faults, Silence};
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::heroku::simulated::{End, Script};
use picletter_sandbox::heroku::{DynoInfo, DynoRecord, Observer, Stopper};
use proptest::prelude::*;

use crate::chaos::sample;
use crate::simulation::generators::{Case, OVERLAPS, REPORTS, ZONES, any_fault, any_script, cases};
use crate::simulation::world::{at, config};

/// A time at which no schedule is due.
const START: &str = "2026-11-24T12:00:01Z";

/// Events during a simulation.
#[derive(Default)]
struct Events {
    /// The behaviors of dynos by run ID.
    scripts: HashMap<String, Vec<End>>,
    /// Dynos that were started while another was alive.
    overlapping: Vec<String>,
    /// Dynos that have ended.
    ended: Vec<DynoRecord>,
    faults: Vec<(Timestamp, String)>,
}

struct Watch(Arc<Mutex<Events>>);

impl Observer for Watch {
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        if let Some(other) = others.first() {
            let line = format!(
                "{} of {:?} beside {} of {:?}",
                dyno.name, dyno.run_id, other.name, other.run_id
            );
            self.0.lock().unwrap().overlapping.push(line);
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.0.lock().unwrap().ended.push(record.clone());
    }
}

struct Ended {
    simulation: Simulation,
    events: Arc<Mutex<Events>>,
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
    check: impl FnOnce(Ended) -> T,
) -> T {
    let recorded = Arc::new(Mutex::new(Events::default()));
    let (scripts, faults) = (recorded.clone(), recorded.clone());
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
        observer: Arc::new(Watch(recorded.clone())),
        early_callback: if early_callback {
            EarlyCallback::Accepted
        } else {
            EarlyCallback::Refused
        },
        // The template must work with both interpretations.
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
        check(Ended {
            simulation,
            events: recorded,
            config,
            time,
        })
    })
}

impl Ended {
    /// The trace of a run, with its dynos and the faults during its time.
    fn trace(&self, run: &str) -> String {
        let app = &self.simulation.apps()[0];
        let mut text = run_trace(app, run);
        let record = app.run(run).unwrap();
        let events = self.events.lock().unwrap();
        let _ = writeln!(text, "  its dynos: {:?}", events.scripts.get(run));
        let until = record.ended.unwrap_or(self.time.end);
        for (at, fault) in events
            .faults
            .iter()
            .filter(|(at, _)| (record.fired..=until).contains(at))
        {
            let _ = writeln!(text, "  fault {at}: {fault}");
        }
        text
    }

    fn check_firing_times(&self) -> Result<(), TestCaseError> {
        let expected: Vec<Timestamp> = self.config.jobs[0]
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
            .zip(&expected)
            .find(|(one, other)| one != other);
        prop_assert!(differs.is_none(), "fired and expected: {:?}", differs);
        prop_assert_eq!(fired.len(), expected.len());
        prop_assert!(!fired.is_empty());
        Ok(())
    }

    /// Whether a cancelled run was in conflict with another run's dyno.
    fn had_conflict(&self, run: &RunRecord) -> bool {
        let events = self.events.lock().unwrap();
        let is_own = |record: &DynoRecord| record.dyno.run_id.as_deref() == Some(&*run.id);
        match self.config.jobs[0].schedule.overlap().name() {
            "skip" => {
                let until = run.ended.unwrap();
                let alive = self.simulation.heroku().alive();
                alive.iter().any(|dyno| dyno.started_at <= until)
                    || events.ended.iter().any(|record| {
                        !is_own(record)
                            && record.dyno.started_at <= until
                            && record.ended_at >= run.fired
                    })
            }
            "replace" => events
                .ended
                .iter()
                .any(|record| is_own(record) && record.stopped_by == Some(Stopper::Request)),
            _ => false,
        }
    }

    fn check_outcomes(&self) -> Result<(), TestCaseError> {
        let alerts = self.simulation.drain_alerts();
        let mut mentions: HashMap<&str, usize> = HashMap::new();
        let runs = self.simulation.apps()[0].runs();
        // Time to start, to run, and, after a lost response, to watch; plus one minute per request.
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
            let trace = || self.trace(&run.id);
            prop_assert!(run.ended.is_some(), "the run has not ended: {}", trace());
            let took = run.ended.unwrap().duration_since(run.started.unwrap());
            prop_assert!(took <= longest, "the run took {:#}: {}", took, trace());
            let events = self.events.lock().unwrap();
            let dynos = events.scripts.get(&*run.id).cloned().unwrap_or_default();
            drop(events);
            prop_assert!(dynos.len() <= 1, "two dynos: {}", trace());
            let mentioned = mentions.get(&*run.id).copied().unwrap_or_default();
            match run.status {
                Status::Succeeded => {
                    let sent = matches!(
                        dynos.first(),
                        Some(End::Sent | End::SentTwice | End::SentLate(_))
                    );
                    let has_report = self.config.jobs[0].report != Report::None;
                    prop_assert!(sent || !has_report, "the dyno did not send: {}", trace());
                    prop_assert_eq!(mentioned, 0, "an alert without a failure: {}", trace());
                }
                Status::Cancelled => {
                    prop_assert!(self.had_conflict(run), "there was no conflict: {}", trace());
                    prop_assert_eq!(mentioned, 0, "an alert without a failure: {}", trace());
                }
                Status::Failed => prop_assert_eq!(mentioned, 1, "not one alert: {}", trace()),
                other => prop_assert!(false, "{:?}: {}", other, trace()),
            }
        }
        Ok(())
    }

    /// Without faults, the workflow stops remaining dynos. SIGTERM allows 30 seconds.
    fn check_no_dyno_outlives_a_failed_run(&self) -> Result<(), TestCaseError> {
        for record in self.simulation.heroku().drain_ended() {
            let run = record.dyno.run_id.as_deref();
            let Some(run) = run.and_then(|run| self.simulation.apps()[0].run(run)) else {
                continue;
            };
            if run.status == Status::Failed {
                let longest = run.ended.unwrap() + SignedDuration::from_secs(35);
                prop_assert!(
                    record.ended_at <= longest,
                    "the dyno still runs: {}",
                    self.trace(&run.id)
                );
            }
        }
        prop_assert!(self.simulation.heroku().alive().len() <= 1);
        Ok(())
    }

    fn check_no_two_dynos_overlap(&self) -> Result<(), TestCaseError> {
        let events = self.events.lock().unwrap();
        let Some(line) = events.overlapping.first().cloned() else {
            return Ok(());
        };
        drop(events);
        let mut runs = line.split('"').skip(1).step_by(2);
        let stories: String = [runs.next(), runs.next()]
            .into_iter()
            .flatten()
            .map(|run| self.trace(run))
            .collect();
        prop_assert!(false, "{}\n{}", line, stories);
        Ok(())
    }

    fn check_no_secret_in_history(&self) -> Result<(), TestCaseError> {
        let app = &self.simulation.apps()[0];
        for run in app.runs() {
            let mut history = format!("{run:?}");
            for action in app.actions(&run.id).unwrap() {
                let repetitions = app.repetitions(&run.id, &action.name).unwrap();
                writeln!(history, "{repetitions:?}").unwrap();
            }
            for secret in SECRETS.into_iter().chain(["sig=", "/sessions/"]) {
                prop_assert!(
                    !history.contains(secret),
                    "{} is in the history of {}",
                    secret,
                    run.id
                );
            }
        }
        Ok(())
    }
}

/// Few enough cases for each push; `PROPTEST_CASES` sets another number.
fn sample_config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: sample::cases(3),
        max_shrink_iters: default.max_shrink_iters.min(50),
        ..default
    }
}

/// Checks the properties that hold in every case.
fn check_case(case: &Case) -> Result<(), TestCaseError> {
    let (schedule, hours) = &case.schedule;
    let overlap = match OVERLAPS[case.overlap] {
        "skip" | "replace" if schedule.contains("catch_up") => "queue",
        // With runs two minutes apart, none replaces another.
        "replace" if schedule.contains("\"2 minutes\"") => "skip",
        overlap => overlap,
    };
    let report = REPORTS[case.report];
    let config = config(
        &format!("{schedule}\noverlap = \"{overlap}\""),
        &format!("report = \"{report}\""),
    );
    let is_without_faults = case.faulty == 0 && case.outages.is_empty();
    let length = SignedDuration::from_hours(*hours);
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
    let (failing, faulty, work, latency) = (case.failing, case.faulty, case.work, case.latency);
    simulate(
        config,
        start..end,
        case.seed,
        case.early_callback,
        move |rng| any_script(rng, failing, work),
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
                ended.check_firing_times()?;
            }
            ended.check_outcomes()?;
            if overlap != "allow" {
                ended.check_no_two_dynos_overlap()?;
            }
            if is_without_faults {
                ended.check_no_dyno_outlives_a_failed_run()?;
            }
            ended.check_no_secret_in_history()
        },
    )
}

proptest! {
    #![proptest_config(sample_config())]

    #[test]
    fn no_run_is_duplicated_or_misreported(case in cases()) {
        check_case(&case)?;
    }

    #[test]
    fn outage_within_the_start_window_neither_loses_nor_duplicates_runs(
        begin in 0..36_000_i64,
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
        let from = at(START) + SignedDuration::from_secs(begin);
        let until = from + window * share / 1000;
        simulate(
            config,
            at(START)..at(START) + SignedDuration::from_hours(14),
            seed,
            early_callback,
            move |rng| Script { end: End::Sent, ..any_script(rng, 0, work) },
            move |rng, call| {
                // A request that is active when the outage begins may be processed, and its
                // response lost.
                let is_before = (from - SignedDuration::from_secs(2)..from).contains(&call.at);
                if is_before || (from..until).contains(&call.at) {
                    Some(match kind {
                        0 if is_before => return None,
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
                ended.check_outcomes()?;
                ended.check_no_two_dynos_overlap()?;
                for run in ended.simulation.apps()[0].runs() {
                    let dynos = ended.events.lock().unwrap().scripts.get(&*run.id).map_or(0, Vec::len);
                    prop_assert_eq!(dynos, 1, "{}", ended.trace(&run.id));
                }
                Ok(())
            },
        )?;
    }
}

/// Simulates the days around each clock change in a year. Zones without clock changes are simulated
/// once.
#[test]
fn runs_match_schedule_next_in_twenty_zones() {
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
                |ended| ended.check_firing_times(),
            )
            .unwrap_or_else(|error| panic!("{zone}, {change}: {error}"));
        }
    }
}

/// Applies the fault to requests that start dynos, and to no others.
#[test]
fn a_start_with_a_lost_response_is_not_repeated() {
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
            |ended| ended.check_outcomes(),
        )
        .unwrap_or_else(|error| panic!("processed {delay} s later: {error}"));
    }
}
