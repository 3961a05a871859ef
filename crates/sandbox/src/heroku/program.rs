//! What a dyno does, as an input.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::app::Identity;
use super::container::Container;
use super::dyno::{DynoInfo, Stopper};
use super::images::Images;
use super::isolation::Isolation;
use super::{Core, Heroku};

/// How a dyno ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status; as in a shell, 128 and more is that of a signal.
    Exited(i32),
    /// It outlived SIGTERM by 30 s and was killed.
    Killed,
    /// It was lost with its host: gone from the list, and nothing in the log.
    Vanished,
}

/// A dyno's life that is running.
pub type Run = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// What dynos do.
pub trait Program: Send + Sync {
    /// The life of one dyno, to its end. It is dropped when the dyno is killed, and must leave
    /// nothing behind then.
    fn run(&self, start: Start, life: Life) -> Run;
}

/// A released image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// The app's name.
    pub app: &'a str,
    /// The dyno's process type.
    pub process_type: &'a str,
    /// The digest of its configuration, `sha256:…`.
    pub id: &'a str,
    /// The digest of its manifest, where it was found in a registry.
    pub manifest: Option<&'a str>,
}

/// Gives the program that runs an image.
type ForImage = Arc<dyn Fn(&Image<'_>) -> Arc<dyn Program> + Send + Sync>;

/// The programs of apps that are created by a request.
pub(super) struct Programs {
    for_image: ForImage,
    /// Where released images must have been pushed to; without one, any image can be released.
    pub(super) registry: Option<Images>,
    /// The manifests' digests of the images that were released, by `app/process type` and image.
    pub(super) manifests: BTreeMap<(String, String), String>,
}

impl Default for Programs {
    fn default() -> Self {
        Self {
            for_image: Arc::new(|_| Arc::new(NoProgram)),
            registry: None,
            manifests: BTreeMap::new(),
        }
    }
}

impl Programs {
    /// Gives the program that runs an image of an app's process type, once asked without a lock.
    pub(super) fn of_image(
        &self,
        app: &str,
        process_type: &str,
        id: String,
    ) -> impl FnOnce() -> Arc<dyn Program> + use<> {
        let key = (repository(app, process_type), id);
        let manifest = self.manifests.get(&key).cloned();
        let (app, process_type) = (app.to_owned(), process_type.to_owned());
        let for_image = Arc::clone(&self.for_image);
        move || {
            for_image(&Image {
                app: &app,
                process_type: &process_type,
                id: &key.1,
                manifest: manifest.as_deref(),
            })
        }
    }
}

/// Where the images of a process type are pushed to.
pub(super) fn repository(app: &str, process_type: &str) -> String {
    format!("{app}/{process_type}")
}

impl Heroku {
    /// Says what the dynos of apps run that are made by a request, by their image.
    pub fn set_program(
        &self,
        program: impl Fn(&Image<'_>) -> Arc<dyn Program> + Send + Sync + 'static,
    ) {
        self.core.state().programs.for_image = Arc::new(program);
    }

    /// Says where images are pushed: from now on only such are released.
    pub fn set_registry(&self, images: Images) {
        self.core.state().programs.registry = Some(images);
    }

    /// Has the dynos of apps that are made by a request run their image, out of the registry.
    pub fn run_images(&self, isolation: Isolation) {
        let programs = &mut self.core.state().programs;
        let registry = programs.registry.clone();
        programs.for_image = Arc::new(move |image| match (&registry, image.manifest) {
            (Some(images), Some(manifest)) => Arc::new(Container {
                images: images.clone(),
                isolation: isolation.clone(),
                repository: repository(image.app, image.process_type),
                manifest: manifest.to_owned(),
            }),
            _ => Arc::new(NoProgram),
        });
    }
}

/// Of a sandbox that was not told what runs an image.
#[derive(Debug)]
pub(super) struct NoProgram;

impl Program for NoProgram {
    fn run(&self, _start: Start, life: Life) -> Run {
        Box::pin(async move {
            life.print("This sandbox has no program that would run this image.");
            Ending::Exited(126)
        })
    }
}

/// What a dyno is started with.
#[derive(Clone)]
pub struct Start {
    /// The dyno.
    pub dyno: Arc<DynoInfo>,
    /// The app's config vars and the dyno's own variables.
    pub env: BTreeMap<String, String>,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of variables are secrets.
        f.debug_struct("Start")
            .field("dyno", &self.dyno)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A running dyno's ties to the platform.
#[derive(Clone)]
pub struct Life {
    pub(super) core: Arc<Core>,
    pub(super) app: Arc<Identity>,
    pub(super) dyno: Arc<DynoInfo>,
    pub(super) stop: watch::Receiver<Option<Stopper>>,
}

impl Life {
    /// The dyno has started its process.
    pub fn up(&self) {
        self.is_up();
    }

    /// The dyno has written a line of output.
    pub fn print(&self, line: &str) {
        self.log("app", line);
    }

    /// Waits for SIGTERM.
    pub async fn sigterm(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(Option::is_some).await.is_err() {
            pending::<()>().await;
        }
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Life").field(&self.dyno).finish()
    }
}
