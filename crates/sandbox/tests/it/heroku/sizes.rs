//! Combinations of dyno sizes in an app.

use http::Method;
use serde_json::{Value, json};

use super::deploying::image;
use super::{InMemoryHeroku, deploying::IMAGES, request};
use picletter_logic_apps::Transport as _;

impl InMemoryHeroku {
    /// Releases an image for a process type of `an-app`, and returns its size.
    async fn first_size(&self, process_type: &str) -> Value {
        let update = json!({ "docker_image": image('a') });
        let path = format!("/apps/an-app/formation/{process_type}");
        let mut request = request(Method::PATCH, &path, Some(update));
        let accept = IMAGES.parse().unwrap();
        request.headers_mut().insert("accept", accept);
        let answer = self.hosts.send(request).await.unwrap();
        let released: Value = serde_json::from_slice(answer.body()).unwrap();
        released["size"].clone()
    }

    async fn resize(&self, sizes: &[(&str, &str)]) -> Result<(), String> {
        let updates = sizes
            .iter()
            .map(|(process_type, size)| json!({ "type": process_type, "size": size }));
        let body = json!({ "updates": updates.collect::<Vec<_>>() });
        let path = "/apps/an-app/formation";
        let (status, answer) = self.call(Method::PATCH, path, Some(body)).await;
        match status.as_u16() {
            200 => Ok(()),
            422 => Err(answer["message"].as_str().unwrap().to_owned()),
            _ => panic!("{status}: {answer}"),
        }
    }

    async fn start_sized(&self, size: Option<&str>) -> Result<Value, String> {
        let mut body = json!({ "command": "worker", "type": "worker" });
        if let Some(size) = size {
            body["size"] = size.into();
        }
        let path = "/apps/an-app/dynos";
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        match status.as_u16() {
            201 => Ok(answer["size"].clone()),
            422 => Err(answer["message"].as_str().unwrap().to_owned()),
            _ => panic!("{status}: {answer}"),
        }
    }
}

const ECO_AND_BASIC: &str = "Cannot use the following dyno types in the same app: Eco and Basic";
const BASIC_AND_STANDARD: &str =
    "Cannot use the following dyno types in the same app: Basic and Standard-1X";

#[tokio::test(start_paused = true)]
async fn default_size_is_basic_or_eco_with_the_eco_plan() {
    for (has_eco, size) in [(false, "Basic"), (true, "Eco")] {
        let heroku = InMemoryHeroku::new();
        if has_eco {
            heroku.heroku.subscribe_to_eco();
        }
        heroku.create("an-app").await;
        assert_eq!(heroku.first_size("worker").await, size);
        assert_eq!(heroku.start_sized(None).await, Ok(json!(size)));
    }
}

#[tokio::test(start_paused = true)]
async fn refuses_one_off_dynos_whose_size_does_not_mix() {
    let heroku = InMemoryHeroku::new();
    heroku.heroku.subscribe_to_eco();
    heroku.create("an-app").await;
    heroku.first_size("worker").await;
    assert_eq!(
        heroku.start_sized(Some("basic")).await,
        Err(ECO_AND_BASIC.to_owned())
    );
    assert_eq!(heroku.start_sized(Some("eco")).await, Ok(json!("Eco")));

    heroku.resize(&[("worker", "standard-1x")]).await.unwrap();
    assert_eq!(heroku.start_sized(None).await, Ok(json!("Standard-1X")));
    let larger = heroku.start_sized(Some("performance-m")).await;
    assert_eq!(larger, Ok(json!("Performance-M")));
    let refused = Err(BASIC_AND_STANDARD.to_owned());
    assert_eq!(heroku.start_sized(Some("basic")).await, refused);
}

#[tokio::test(start_paused = true)]
async fn refuses_process_types_whose_sizes_do_not_mix() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    heroku.first_size("web").await;
    heroku.first_size("worker").await;
    let alone = heroku.resize(&[("worker", "standard-1x")]).await;
    assert_eq!(alone, Err(BASIC_AND_STANDARD.to_owned()));
    let both = [("web", "standard-2x"), ("worker", "standard-1x")];
    heroku.resize(&both).await.unwrap();
    // A new process type gets the size of the other process types.
    assert_eq!(heroku.first_size("clock").await, "Standard-2X");
}
