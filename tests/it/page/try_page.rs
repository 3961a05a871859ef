//! A client of the page of `picletter try`.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::time::timeout;

use crate::support::try_process::TryProcess;
use picletter_test_support::loopback;

/// Time limit for a change of the page.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The page of a running `picletter try`. Dropping it stops the process.
pub(crate) struct TryPage {
    _process: TryProcess,
    client: Client,
    /// Without a trailing slash.
    pub(crate) url: String,
}

impl TryPage {
    /// Starts `picletter try` with the example, and waits for its first run.
    pub(crate) fn start() -> Self {
        Self::from_process(TryProcess::start())
    }

    /// Starts `picletter try` with this schedule, and waits for its first run.
    pub(crate) fn with_schedule(schedule: &str) -> Self {
        Self::from_process(TryProcess::with_schedule(schedule))
    }

    /// Starts `picletter try` with three jobs, and waits for the first run of each.
    pub(crate) fn with_jobs() -> Self {
        Self::from_process(TryProcess::with_jobs())
    }

    fn from_process(process: TryProcess) -> Self {
        Self {
            client: loopback::client(),
            url: process.url.clone(),
            _process: process,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let request = self.client.get(self.url.clone() + path);
        request.send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    /// A form request without an `Origin` header.
    pub(crate) fn form(&self, path: &str, fields: &str) -> RequestBuilder {
        self.client
            .post(self.url.clone() + path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.to_owned())
    }

    /// Submits the form of the controls, like a browser without scripts.
    pub(crate) async fn submit(&self, path: &str, fault: &str) {
        let form = self.form(path, &format!("fault={fault}"));
        let answer = form.header("origin", &self.url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.headers()["location"], "/");
    }

    /// The events of the page from now on.
    pub(crate) async fn events(&self) -> Events {
        let mut events = Events(self.get("/events").await);
        // The first event only confirms the subscription.
        events.next().await;
        events
    }

    /// Sends the form, waits until no run is in progress, and returns the page.
    pub(crate) async fn after(&self, path: &str, fault: &str) -> Html {
        let mut events = self.events().await;
        self.submit(path, fault).await;
        loop {
            let page = self.page().await;
            if !page
                .within("id=\"status\"", "</p>")
                .contains("A run is in progress.")
            {
                return page;
            }
            events.next().await;
        }
    }

    pub(crate) async fn page(&self) -> Html {
        Html(self.text("/").await)
    }
}

/// Server-sent events.
pub(crate) struct Events(Response);

impl Events {
    pub(crate) async fn next(&mut self) -> String {
        let event = timeout(TIMEOUT, self.0.chunk()).await;
        let event = event.expect("nothing happens any more").unwrap().unwrap();
        String::from_utf8(event.to_vec()).unwrap()
    }

    pub(crate) fn media_type(&self) -> &str {
        self.0.headers()["content-type"].to_str().unwrap()
    }
}

/// A page.
pub(crate) struct Html(pub(crate) String);

impl Html {
    /// The text from the first `begin` to the next `end`.
    pub(crate) fn within(&self, begin: &str, end: &str) -> &str {
        let after = self.0.split_once(begin);
        let (_, after) = after.unwrap_or_else(|| panic!("no {begin} in {}", self.0));
        after.split(end).next().unwrap()
    }

    /// A card of the page.
    pub(crate) fn card(&self, id: &str) -> &str {
        self.within(
            &format!("<section class=\"card\" id=\"{id}\""),
            "</section>",
        )
    }

    /// An action in the details of the run.
    pub(crate) fn action(&self, name: &str) -> &str {
        self.within(&format!("data-action=\"{name}\""), "</li>")
    }

    /// The outcomes of all runs, newest first.
    pub(crate) fn outcomes(&self) -> Vec<&str> {
        let list = self.card("runs").split("data-outcome=\"").skip(1);
        list.map(|run| run.split('"').next().unwrap()).collect()
    }

    /// The ids of all runs, newest first.
    pub(crate) fn runs(&self) -> Vec<&str> {
        let list = self.card("runs").split("data-run=\"").skip(1);
        list.map(|run| run.split('"').next().unwrap()).collect()
    }

    /// The addresses of all runs, newest first.
    pub(crate) fn run_paths(&self) -> Vec<&str> {
        let list = self.card("runs").split("<a href=\"").skip(1);
        list.map(|run| run.split('"').next().unwrap()).collect()
    }

    pub(crate) fn mails(&self) -> usize {
        self.card("inbox").matches("href=\"/mails/").count()
    }

    pub(crate) fn status(&self) -> &str {
        self.within("id=\"status\"", "</p>")
    }
}

pub(crate) fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
