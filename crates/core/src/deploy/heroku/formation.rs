//! Formation of an app: process types, quantities, and sizes.

use http::header::ACCEPT;
use http::{HeaderValue, Method};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::HerokuApi;
use super::error::Error;
use crate::deploy::http::{Call, Repeat};
use picletter_oci::ImageId;

/// The API variant for images. The vendor's schema does not contain it, but the vendor's CLI uses
/// it.
/// Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime#api>.
const DOCKER_RELEASES: HeaderValue =
    HeaderValue::from_static("application/vnd.heroku+json; version=3.docker-releases");

/// A process type of an app.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Formation {
    /// Its name, such as `worker`.
    pub r#type: String,
    /// Number of dynos that run permanently.
    pub quantity: u32,
    /// Their size, such as `Basic`.
    #[serde(default, deserialize_with = "super::json::or_empty")]
    pub size: String,
    /// The id of its image, if Heroku reports it.
    #[serde(default, deserialize_with = "image_id")]
    pub docker_image: Option<String>,
}

fn image_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Image {
        id: Option<String>,
    }
    let image = Option::<Image>::deserialize(deserializer)?;
    Ok(image.and_then(|image| image.id))
}

impl HerokuApi {
    /// An app's process types; none before its first release.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn formation(&self, app: &str) -> Result<Vec<Formation>, Error> {
        let call = self.formation_call(Method::GET, app);
        self.list(call, usize::MAX).await
    }

    /// Releases an image from the registry for a process type and restarts the app's dynos.
    /// Releasing the current image changes nothing.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn release_image(
        &self,
        app: &str,
        process_type: &str,
        image: &ImageId,
    ) -> Result<Vec<Formation>, Error> {
        let update = json!({ "type": process_type, "docker_image": image.as_str() });
        self.update_formation(app, process_type, update).await
    }

    /// Sets the number of permanent dynos of a process type, which Heroku bills, and their size.
    /// Heroku refuses a one-off dyno whose size does not mix with the formation's. The vendor's
    /// schema has only `dyno_size`; its own command line sends `size`, as here, and reads `size`.
    /// Source: <https://github.com/heroku/cli/blob/main/src/commands/ps/type.ts>.
    ///
    /// # Errors
    /// The process type does not exist, such as before the first release; the size does not mix
    /// with those of other process types; Heroku refuses, or there is no answer.
    pub async fn scale(
        &self,
        app: &str,
        process_type: &str,
        quantity: u32,
        size: &str,
    ) -> Result<Vec<Formation>, Error> {
        let update = json!({ "type": process_type, "quantity": quantity, "size": size });
        self.update_formation(app, process_type, update).await
    }

    /// Changes a process type. If the answer lacks it, repeats the idempotent request, then reads
    /// the formation.
    async fn update_formation(
        &self,
        app: &str,
        process_type: &str,
        update: Value,
    ) -> Result<Vec<Formation>, Error> {
        let has = |formation: &[Formation]| formation.iter().any(|one| one.r#type == process_type);
        let call = self.formation_call(Method::PATCH, app);
        let call = call.json(json!({ "updates": [update] }));
        let mut answer = self.accepted(call.clone()).await?;
        let mut formation: Vec<Formation> = self.read(&answer, false)?;
        if !has(&formation) {
            answer = self.accepted(call).await?;
            formation = self.read(&answer, false)?;
        }
        if !has(&formation) {
            formation = self.formation(app).await?;
        }
        if has(&formation) {
            return Ok(formation);
        }
        Err(self.no_effect(
            &answer,
            format!("the app has no process type {process_type}"),
        ))
    }

    fn formation_call(&self, method: Method, app: &str) -> Call {
        let mut call = self.call(method, &["apps", app, "formation"]);
        call.headers.insert(ACCEPT, DOCKER_RELEASES);
        call.repeat = Repeat::Safe;
        call
    }
}
