//! The lifecycle of a dyno, from start to end.
//!
//! Source of the order and the times:
//! <https://devcenter.heroku.com/articles/dyno-shutdown-behavior>. Log lines are quoted from users'
//! logs.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::sleep;

use super::app::{HostedApp, Identity};
use super::body::DynoCreate;
use super::dyno::{Dyno, DynoInfo, DynoRecord, DynoState, Stopper, run_id};
use super::formation::default_size;
use super::log::LogLine;
use super::program::{DynoHandle, Ending, Program, Run, Start};
use super::refusal::Refusal;
use super::release::{Code, Contents};
use super::{Core, Heroku, State, size};

/// Time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(30);

/// Everything required to start a dyno.
pub(super) struct Launch {
    pub(super) app: Arc<Identity>,
    pub(super) dyno: DynoInfo,
    /// The dyno's own variables, in addition to the app's config vars.
    pub(super) env: BTreeMap<String, String>,
    pub(super) code: Code,
    pub(super) in_formation: bool,
}

impl Heroku {
    /// Starts a one-off dyno and returns it as JSON.
    pub(super) fn start(&self, app: &str, body: Map<String, Value>) -> Result<Value, Refusal> {
        let mut state = self.core.state();
        let State {
            ids,
            apps,
            account,
            dynos,
            ..
        } = &mut *state;
        let hosted = apps.get(app)?;
        let none = Contents::default();
        let contents = hosted.current().map_or(&none, |release| &release.contents);
        let create = DynoCreate::read(body, contents)?;
        let app = hosted.identity.clone();
        let formation = &hosted.formation;
        let own = formation.iter().find(|it| it.name == create.process_type);
        let default = own.map_or_else(|| default_size(formation, account.has_eco), |own| own.size);
        let size = create.size.unwrap_or(default);
        let sizes = formation.iter().map(|it| it.size);
        size::check_mix(sizes.chain([size]))?;
        let one_off = dynos.listed.iter().filter(|dyno| !dyno.in_formation);
        let alike = one_off.filter(|dyno| {
            dyno.app.id == app.id && size::family(dyno.info.size) == size::family(size)
        });
        let most = size::max_one_off(size);
        if alike.count() >= most {
            return Err(Refusal::above_limit(most, size));
        }
        let dyno = DynoInfo {
            id: ids.uuid(),
            name: dynos.free_name(ids, &create.process_type),
            process_type: create.process_type,
            size,
            run_id: run_id(&create.command),
            command: create.command,
            time_to_live: create.time_to_live,
            started_at: self.core.clock.now(),
        };
        Ok(self.launch(
            state,
            Launch {
                app,
                dyno,
                env: create.env,
                code: create.code,
                in_formation: false,
            },
        ))
    }

    /// Starts a dyno of an existing app and returns it as JSON.
    pub(super) fn launch(&self, mut state: MutexGuard<'_, State>, launch: Launch) -> Value {
        let core = &self.core;
        let Launch {
            app,
            dyno,
            env: own,
            code,
            in_formation,
        } = launch;
        let dyno = Arc::new(dyno);
        let (stop, stopped) = watch::channel(None);
        let mut apps = state.apps.hosted.iter();
        let hosted = apps.find(|hosted| hosted.identity.id == app.id);
        let release = hosted.and_then(HostedApp::current);
        let release = release.map_or_else(Default::default, |release| {
            (release.id.clone(), release.version)
        });
        let mut env = hosted.map_or_else(BTreeMap::new, |hosted| hosted.config_vars.clone());
        let own_program = hosted.and_then(|hosted| hosted.program.clone());
        let others = state.dynos.infos();
        let listed = Dyno {
            app: app.clone(),
            info: dyno.clone(),
            release,
            state: DynoState::Starting,
            in_formation,
            updated_at: dyno.started_at,
            stop,
        };
        let json = listed.json();
        state.dynos.listed.push(listed);
        let programs = &state.programs;
        let for_image = |image| programs.for_image(&app.name, &dyno.process_type, image);
        let program: Box<dyn FnOnce() -> Arc<dyn Program>> = match (own_program, code) {
            (Some(own), _) => Box::new(|| own),
            (None, Code::Image(image)) => Box::new(for_image(image)),
            (None, Code::Slug(slug)) => Box::new(|| slug),
        };
        env.insert("DYNO".to_owned(), dyno.name.clone());
        env.insert("PORT".to_owned(), state.ids.port().to_string());
        drop(state);

        // Called without the lock: the observer may read the state of the fake.
        let program = program();
        app.observer.started(&dyno, &others);
        if !in_formation {
            let text = format!(
                "Starting process with command `{}` by user picletter",
                dyno.command
            );
            core.log(&app, "app", &"api".into(), &text);
        }
        env.extend(own);
        let handle = DynoHandle {
            core: core.clone(),
            app,
            dyno: dyno.clone(),
            stop: stopped,
        };
        let run = program.run(Start { dyno, env }, handle.clone());
        let mut dynos = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while dynos.try_join_next().is_some() {}
        dynos.spawn(supervise(handle, run));
        json
    }
}

/// Runs a dyno until it ends by itself, or by SIGTERM and SIGKILL.
async fn supervise(handle: DynoHandle, mut run: Run) {
    let ending = tokio::select! {
        // Logged first, so that the signal precedes the program's reaction in the log.
        biased;
        () = handle.stop_requested() => {
            handle.log("heroku", "Stopping all processes with SIGTERM");
            tokio::select! {
                biased;
                ending = &mut run => ending,
                () = sleep(GRACE) => Ending::Killed,
            }
        }
        ending = &mut run => ending,
    };
    // Dropped first: a killed dyno must not act after its end is recorded.
    drop(run);
    handle.end(ending);
}

impl DynoHandle {
    pub(super) fn log(&self, source: &'static str, text: &str) {
        let name = self.dyno.name.as_str().into();
        self.core.log(&self.app, source, &name, text);
    }

    pub(super) fn report_up(&self) {
        let text = format!("Starting process with command `{}`", self.dyno.command);
        self.log("heroku", &text);
        self.log("heroku", "State changed from starting to up");
        let now = self.core.clock.now();
        self.core.state().dynos.mark_up(&self.dyno.id, now);
    }

    async fn stop_requested(&self) {
        let expired = async {
            sleep(self.dyno.time_to_live).await;
            self.expire();
            pending::<()>().await;
        };
        tokio::select! {
            // Checked in this order, so that the signal of an expired dyno is logged before the
            // program can react to it.
            biased;
            () = expired => {}
            () = self.sigterm() => {}
        }
    }

    fn expire(&self) {
        let state = self.core.state();
        if let Some(dyno) = state.dynos.find(&self.dyno.id) {
            dyno.stop(Stopper::TimeToLive);
        }
    }

    fn is_in_formation(&self) -> bool {
        let state = self.core.state();
        let dyno = state.dynos.find(&self.dyno.id);
        dyno.is_some_and(|dyno| dyno.in_formation)
    }

    fn end(&self, ending: Ending) {
        match ending {
            Ending::Exited(status) => {
                self.log("heroku", &format!("Process exited with status {status}"));
            }
            Ending::Killed => {
                self.log(
                    "heroku",
                    "Error R12 (Exit timeout) -> At least one process failed to exit within 30 \
                     seconds of SIGTERM",
                );
                self.log("heroku", "Stopping remaining processes with SIGKILL");
                self.log("heroku", "Process exited with status 137");
            }
            Ending::Vanished => {}
        }
        let stopped_by = *self.stop.borrow();
        let crashed = stopped_by.is_none() && self.is_in_formation();
        if ending != Ending::Vanished {
            let state = if crashed { "crashed" } else { "complete" };
            self.log("heroku", &format!("State changed from up to {state}"));
        }
        let record = DynoRecord {
            dyno: self.dyno.clone(),
            ended_at: self.core.clock.now(),
            ending,
            stopped_by,
        };
        self.core.state().dynos.end(record.clone(), crashed);
        self.app.observer.ended(&record);
    }
}

impl Core {
    fn log(&self, app: &Identity, source: &'static str, process: &Arc<str>, text: &str) {
        let lines = LogLine::split(self.clock.now(), source, process, text);
        for line in &lines {
            app.observer.logged(line);
        }
        let mut state = self.state();
        // The app may have been deleted.
        let mut apps = state.apps.hosted.iter_mut();
        if let Some(hosted) = apps.find(|hosted| hosted.identity.id == app.id) {
            for line in lines {
                hosted.log.push(line);
            }
        }
    }
}
