//! Stands for Heroku's container registry: images are pushed to it and read from it.
//!
//! Source: <https://distribution.github.io/distribution/spec/api/>.

mod repository;
mod routes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;

use self::repository::Repository;
use super::image::WorkerImage;

/// The registry. Clones share what it holds.
#[derive(Debug, Clone)]
pub struct Registry(Arc<Held>);

#[derive(Debug)]
struct Held {
    token: SecretString,
    /// By `app/process type`.
    repositories: Mutex<BTreeMap<String, Repository>>,
}

impl Registry {
    /// An empty one that takes a token as the password of any user, as the vendor's does.
    pub fn new(token: SecretString) -> Self {
        Self(Arc::new(Held {
            token,
            repositories: Mutex::default(),
        }))
    }

    /// Holds an image as the last that was pushed for a process type.
    pub fn hold(&self, app: &str, process_type: &str, image: WorkerImage) {
        let mut repositories = self.repositories();
        let repository = repositories.entry(name(app, process_type)).or_default();
        repository.add_manifest(image.manifest().json(), true);
        for part in image.into_parts() {
            repository.add_blob(part);
        }
    }

    /// Destroys the images of a process type, as the vendor does with old ones.
    pub fn forget(&self, app: &str, process_type: &str) {
        self.repositories().remove(&name(app, process_type));
    }

    fn repositories(&self) -> MutexGuard<'_, BTreeMap<String, Repository>> {
        let repositories = self.0.repositories.lock();
        repositories.unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(app: &str, process_type: &str) -> String {
    format!("{app}/{process_type}")
}
