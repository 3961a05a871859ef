//! A fake of Heroku's container registry, to push and pull images.
//!
//! Source: <https://distribution.github.io/distribution/spec/api/>.

mod repository;
mod routes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;

use self::repository::Repository;
use super::image::WorkerImage;

/// The registry. Clones share its contents.
#[derive(Debug, Clone)]
pub struct Registry(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    token: SecretString,
    /// Repositories by `app/process type`.
    repositories: Mutex<BTreeMap<String, Repository>>,
}

impl Registry {
    /// An empty registry. It accepts `token` as the password of any user, as the vendor's registry
    /// does.
    pub fn new(token: SecretString) -> Self {
        Self(Arc::new(Contents {
            token,
            repositories: Mutex::default(),
        }))
    }

    /// Stores an image as the latest one of a process type.
    pub fn put_image(&self, app: &str, process_type: &str, image: WorkerImage) {
        let mut repositories = self.repositories();
        let repository = repositories.entry(name(app, process_type)).or_default();
        repository.add_manifest(image.manifest().json(), true);
        for part in image.into_parts() {
            repository.add_blob(part);
        }
    }

    /// Deletes the images of a process type, as the vendor does with old ones.
    pub fn delete_images(&self, app: &str, process_type: &str) {
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
