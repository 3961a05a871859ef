//! Firings that Azure does not document: up to a minute early, and immediately after a paused
//! workflow is enabled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use picletter::r#try::simulation::{SECRETS, run_trace};
use picletter_core::template;
use picletter_logic_apps::Clock;
use picletter_logic_apps::{LogicApp, Options, Services, Status};
use picletter_sandbox::heroku::simulated::Simulated;
use picletter_sandbox::in_memory::InMemory;
use picletter_sandbox::logic_apps;
use serde_json::json;

use crate::simulation::world::{at, config, heroku, sent_after};

/// One job on one app, and the environment of each of its dynos.
struct Job {
    clock: Clock,
    hosts: InMemory,
    app: LogicApp,
    envs: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
}

impl Job {
    /// Starts a job whose dynos work for five minutes.
    fn start(schedule: &str, run: &str, from: &str, fires_early: SignedDuration) -> Self {
        let clock = Clock::simulated(at(from));
        let hosts = InMemory::default();
        let envs = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&envs);
        let program = Simulated::new(Arc::new(hosts.clone()), move |start| {
            seen.lock().unwrap().push(start.env.clone());
            sent_after(300)
        });
        heroku(clock, &hosts, program);
        let config = config(schedule, run);
        let mut parameters = template::parameters(&config, &config.jobs[0], clock.now());
        parameters.insert("heroku_token".into(), json!(SECRETS[0]));
        let services = Services {
            clock,
            transport: Arc::new(hosts.clone()),
            callback_base: "https://logic.azure.example".into(),
            seed: 1,
            options: Options {
                fires_early,
                ..Options::default()
            },
        };
        let app = template::deploy(&parameters, services).unwrap();
        hosts.mount("logic.azure.example", logic_apps::router(app.clone()));
        app.start();
        Self {
            clock,
            hosts,
            app,
            envs,
        }
    }

    async fn sleep_until(&self, time: &str) {
        self.clock.sleep_until(at(time)).await;
    }

    /// Enables the workflow with an immediate firing, as Azure may do.
    fn enable_with_firing(&self) {
        self.app.enable();
        let trigger = self.app.trigger_names().swap_remove(0);
        self.app.run_trigger(&trigger).unwrap();
    }

    async fn final_statuses(&self) -> Vec<Status> {
        self.app.disable();
        self.app.idle().await;
        self.app.runs().iter().map(|run| run.status).collect()
    }

    fn dynos(&self) -> usize {
        self.envs.lock().unwrap().len()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.hosts.clear();
        self.app.stop();
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_starts_early_gets_its_scheduled_date() {
    let second = SignedDuration::from_secs(1);
    for report in ["worker", "shell", "none"] {
        for (time, early, date) in [
            ("00:00", second, "2026-11-25"),
            ("00:00", SignedDuration::ZERO, "2026-11-25"),
            ("23:59", second, "2026-11-24"),
            ("23:59", SignedDuration::ZERO, "2026-11-24"),
        ] {
            let schedule = format!("every = \"day\"\nat = \"{time}\"");
            let run = format!("report = \"{report}\"");
            let job = Job::start(&schedule, &run, "2026-11-24T12:00:00Z", early);
            job.sleep_until("2026-11-25T00:01:00Z").await;
            let statuses = job.final_statuses().await;

            let case = format!("{time} {early} {report}");
            let runs = job.app.runs();
            assert_eq!(
                statuses,
                [Status::Succeeded],
                "{case}: {}",
                run_trace(&job.app, &runs[0].id)
            );
            let due = at(&format!("{date}T{time}:00Z"));
            assert_eq!(runs[0].fired, due - early, "{case}");
            let envs = job.envs.lock().unwrap().clone();
            assert_eq!(envs[0]["RUN_DATE"], date, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn firing_on_resume_starts_one_dyno_if_no_run_is_active() {
    for overlap in ["skip", "replace", "queue", "allow"] {
        let schedule = format!("every = \"day\"\nat = \"08:00\"\noverlap = \"{overlap}\"");
        let job = Job::start(&schedule, "", "2026-11-24T07:00:00Z", SignedDuration::ZERO);
        job.app.disable();
        job.sleep_until("2026-11-24T09:00:00Z").await;
        assert_eq!(job.dynos(), 0, "{overlap}");

        job.enable_with_firing();

        job.sleep_until("2026-11-24T10:00:00Z").await;
        assert_eq!(job.final_statuses().await, [Status::Succeeded], "{overlap}");
        assert_eq!(job.dynos(), 1, "{overlap}");
    }
}

#[tokio::test(start_paused = true)]
async fn firing_on_resume_follows_overlap_if_a_run_is_active() {
    for (overlap, dynos) in [("skip", 1), ("replace", 2), ("queue", 2), ("allow", 2)] {
        let schedule = format!("every = \"day\"\nat = \"08:00\"\noverlap = \"{overlap}\"");
        let job = Job::start(&schedule, "", "2026-11-24T07:00:00Z", SignedDuration::ZERO);
        job.sleep_until("2026-11-24T08:01:00Z").await;
        job.app.disable();
        job.sleep_until("2026-11-24T08:02:00Z").await;
        assert_eq!(job.dynos(), 1, "{overlap}");

        job.enable_with_firing();

        job.sleep_until("2026-11-24T09:00:00Z").await;
        let statuses = job.final_statuses().await;
        assert_eq!(job.dynos(), dynos, "{overlap}");
        let expected = match overlap {
            "skip" => [Status::Succeeded, Status::Cancelled],
            "replace" => [Status::Cancelled, Status::Succeeded],
            _ => [Status::Succeeded, Status::Succeeded],
        };
        let mut statuses = statuses;
        statuses.sort_unstable_by_key(|status| status.name());
        let mut expected = expected.to_vec();
        expected.sort_unstable_by_key(|status| status.name());
        assert_eq!(statuses, expected, "{overlap}");
    }
}

/// Simulates `monthDays` over two months: the runs are on the dates of the schedule.
#[tokio::test(start_paused = true)]
async fn monthly_schedule_runs_on_its_days() {
    let schedule =
        "on = [15, \"last day\"]\nat = [\"08:00\", \"20:00\"]\ntime_zone = \"Europe/Berlin\"";
    let job = Job::start(schedule, "", "2027-02-01T00:00:00Z", SignedDuration::ZERO);
    job.sleep_until("2027-04-01T00:00:00Z").await;
    job.final_statuses().await;
    let mut fired: Vec<String> = job
        .app
        .runs()
        .iter()
        .map(|run| run.fired.to_string())
        .collect();
    fired.sort_unstable();
    assert_eq!(
        fired,
        [
            "2027-02-15T07:00:00Z",
            "2027-02-15T19:00:00Z",
            "2027-02-28T07:00:00Z",
            "2027-02-28T19:00:00Z",
            "2027-03-15T07:00:00Z",
            "2027-03-15T19:00:00Z",
            "2027-03-31T06:00:00Z",
            "2027-03-31T18:00:00Z",
        ]
    );
    assert!(
        job.app
            .runs()
            .iter()
            .all(|run| run.status == Status::Succeeded)
    );
}

#[tokio::test(start_paused = true)]
async fn first_monday_starts_nothing_on_other_mondays() {
    for (time, early) in [("00:00", 1), ("00:00", 59), ("23:59", 1), ("23:59", 0)] {
        let schedule = format!("on = \"first monday\"\nat = \"{time}\"");
        let early = SignedDuration::from_secs(early);
        let job = Job::start(&schedule, "", "2027-01-01T12:00:00Z", early);
        job.sleep_until("2027-03-07T12:00:00Z").await;
        let statuses = job.final_statuses().await;
        assert_eq!(statuses, [Status::Succeeded; 3], "{time} {early}");
        let mut due: Vec<_> = job.app.runs().iter().map(|run| run.fired + early).collect();
        due.reverse();
        let mondays = ["2027-01-04", "2027-02-01", "2027-03-01"];
        assert_eq!(due, mondays.map(|date| at(&format!("{date}T{time}:00Z"))));
        let skipped = job.app.firings().into_iter();
        let skipped = skipped.filter(|firing| firing.status == Status::Skipped);
        // Each skipped firing is one execution, without a dyno.
        assert_eq!(skipped.filter(|firing| firing.run.is_none()).count(), 6);
        assert_eq!(job.dynos(), 3);
    }
}
