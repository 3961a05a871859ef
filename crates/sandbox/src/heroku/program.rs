//! The programs that dynos run.

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
    /// Exited with this status. As in a shell, a status of 128 and more stands for a signal.
    Exited(i32),
    /// Killed 30 s after SIGTERM.
    Killed,
    /// Lost with its host: no longer listed, without a line in the log.
    Vanished,
}

/// The execution of one dyno.
pub type Run = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// A program for dynos.
pub trait Program: Send + Sync {
    /// Runs one dyno until it ends. The future is dropped when the dyno is killed, and must not
    /// leave anything behind then.
    fn run(&self, start: Start, handle: DynoHandle) -> Run;
}

/// A released image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// The name of the app.
    pub app: &'a str,
    /// The process type of the dyno.
    pub process_type: &'a str,
    /// The digest of its config, `sha256:…`.
    pub id: &'a str,
    /// The digest of its manifest, if the image was found in a registry.
    pub manifest: Option<&'a str>,
}

/// Returns the program that runs an image.
type ProgramForImage = Arc<dyn Fn(&Image<'_>) -> Arc<dyn Program> + Send + Sync>;

/// The programs of apps created by requests.
pub(super) struct Programs {
    for_image: ProgramForImage,
    /// The registry that must contain released images. Without one, any image can be released.
    pub(super) registry: Option<Images>,
    /// Manifest digests of the released images, by `app/process type` and image ID.
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
    /// A function that returns the program for an image of an app's process type. Call it without
    /// the lock.
    pub(super) fn for_image(
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

/// The repository of the images of a process type.
pub(super) fn repository(app: &str, process_type: &str) -> String {
    format!("{app}/{process_type}")
}

impl Heroku {
    /// Sets the programs of apps created by requests: `program` is called with the image.
    pub fn set_program(
        &self,
        program: impl Fn(&Image<'_>) -> Arc<dyn Program> + Send + Sync + 'static,
    ) {
        self.core.state().programs.for_image = Arc::new(program);
    }

    /// Sets the registry of images. From now on, only images that it contains can be released.
    pub fn set_registry(&self, images: Images) {
        self.core.state().programs.registry = Some(images);
    }

    /// Runs the dynos of apps created by requests from their images in the registry.
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

/// Used if no program was set for images.
#[derive(Debug)]
pub(super) struct NoProgram;

impl Program for NoProgram {
    fn run(&self, _start: Start, handle: DynoHandle) -> Run {
        Box::pin(async move {
            handle.print("This sandbox has no program for this image.");
            Ending::Exited(126)
        })
    }
}

/// The inputs of a dyno.
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

/// A handle with which a running dyno reports to the platform.
#[derive(Clone)]
pub struct DynoHandle {
    pub(super) core: Arc<Core>,
    pub(super) app: Arc<Identity>,
    pub(super) dyno: Arc<DynoInfo>,
    pub(super) stop: watch::Receiver<Option<Stopper>>,
}

impl DynoHandle {
    /// Reports that the dyno has started its process.
    pub fn up(&self) {
        self.report_up();
    }

    /// Writes a line of the dyno's output to the log.
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

impl fmt::Debug for DynoHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DynoHandle").field(&self.dyno).finish()
    }
}
