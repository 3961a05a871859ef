//! What an app runs, and how many dynos of it.

use http::header::ACCEPT;
use http::{HeaderValue, Method};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::HerokuApi;
use super::error::Error;
use crate::deploy::http::{Call, Repeat};
use picletter_oci::ImageId;

/// The variant that knows of images. It is not in the vendor's schema: the vendor's own CLI uses it.
/// Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime#api>.
const DOCKER_RELEASES: HeaderValue =
    HeaderValue::from_static("application/vnd.heroku+json; version=3.docker-releases");

/// A process type of an app.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Formation {
    /// Such as `worker`.
    pub r#type: String,
    /// How many dynos of it run all the time.
    pub quantity: u32,
    /// Their size, such as `Basic`.
    #[serde(default, deserialize_with = "super::json::or_empty")]
    pub size: String,
    /// The id of the image that it runs, where Heroku tells.
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
    /// Refused, or no answer.
    pub async fn formation(&self, app: &str) -> Result<Vec<Formation>, Error> {
        let call = self.formation_call(Method::GET, app);
        self.list(call, usize::MAX).await
    }

    /// Releases an image that is in the registry for a process type. It restarts the app's dynos;
    /// an image that runs already changes nothing.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn release_image(
        &self,
        app: &str,
        process_type: &str,
        image: &ImageId,
    ) -> Result<Vec<Formation>, Error> {
        let update = json!({ "type": process_type, "docker_image": image.as_str() });
        self.update_formation(app, process_type, update).await
    }

    /// Sets how many dynos of a process type run all the time, which Heroku bills, and their size. A
    /// one-off dyno is refused where its size does not mix with the formation's. The vendor's schema
    /// has only `dyno_size`; its own command line sends `size`, as here, and reads `size`.
    /// Source: <https://github.com/heroku/cli/blob/main/src/commands/ps/type.ts>.
    ///
    /// # Errors
    /// There is no such process type, as before the first release; the size does not mix with that of
    /// the app's other process types; refused, or no answer.
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

    /// Changes a process type. Where the answer lacks it, the request is sent once more, which does no
    /// harm, and then the formation is read.
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
