//! A Chromium that shows the page.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::browser::left;
use crate::browser::webdriver::{Element, Session};
use crate::support::try_process::TryProcess;

/// What does not happen within this time does not happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a browser is started at most.
const ATTEMPTS: usize = 5;

/// How often it is looked for.
const PERIOD: Duration = Duration::from_millis(25);

/// What a person's browser is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Light,
    Dark,
    /// A phone, 360 pixels wide.
    Narrow,
    /// The same, dark.
    NarrowDark,
}

impl Look {
    pub(crate) const ALL: [Self; 4] = [Self::Light, Self::Dark, Self::Narrow, Self::NarrowDark];

    pub(crate) fn is_narrow(self) -> bool {
        matches!(self, Self::Narrow | Self::NarrowDark)
    }

    fn is_dark(self) -> bool {
        matches!(self, Self::Dark | Self::NarrowDark)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Narrow => "narrow",
            Self::NarrowDark => "narrow-dark",
        }
    }

    fn capabilities(self) -> Value {
        let scheme = u8::from(!self.is_dark());
        let mut options = json!({ "args": [
            "--headless=new",
            // Users without namespaces, and root, have no other way; it only sees our own page.
            "--no-sandbox",
            // Where /dev/shm is small.
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--window-size=1280,1000",
            format!("--blink-settings=preferredColorScheme={scheme}"),
        ]});
        if self.is_narrow() {
            options["mobileEmulation"] = json!({ "deviceMetrics": {
                "width": 360, "height": 740, "pixelRatio": 2, "mobile": true, "touch": true,
            }});
        }
        json!({ "goog:chromeOptions": options })
    }
}

/// A browser at the page of a `picletter try`, or at the dashboard. Both end when this is dropped.
pub(crate) struct Chromium {
    pub(crate) session: Session,
    /// Without a slash at its end.
    pub(crate) url: String,
    _driver: Driver,
    _trying: Option<TryProcess>,
}

impl Chromium {
    /// With the page of all, which follows what happens.
    pub(crate) async fn start(look: Look) -> Self {
        Self::at(look, TryProcess::start()).await
    }

    /// With the page of three jobs.
    pub(crate) async fn of_jobs(look: Look) -> Self {
        Self::at(look, TryProcess::with_jobs()).await
    }

    async fn at(look: Look, trying: TryProcess) -> Self {
        let url = trying.url.clone();
        Self::with(look, url, Some(trying)).await
    }

    /// At another server.
    pub(crate) async fn at_url(look: Look, url: &str) -> Self {
        Self::with(look, url.to_owned(), None).await
    }

    async fn with(look: Look, url: String, trying: Option<TryProcess>) -> Self {
        let (driver, session) = driven(look).await;
        let browser = Self {
            session,
            url,
            _driver: driver,
            _trying: trying,
        };
        browser.open("/").await;
        browser.see("#live:not([hidden])").await;
        browser
    }

    pub(crate) async fn open(&self, path: &str) {
        let url = self.url.clone() + path;
        self.session.open(&url).await.unwrap();
    }

    /// Waits until the page has such an element.
    pub(crate) async fn see(&self, css: &str) -> Element {
        let start = Instant::now();
        loop {
            match self.session.find(css).await {
                Ok(element) => return element,
                Err(_) if start.elapsed() < PATIENCE => tokio::time::sleep(PERIOD).await,
                Err(error) => {
                    let page = self.ask("return document.body.innerText").await;
                    panic!("{css}: {error}, but {page}")
                }
            }
        }
    }

    /// What a script of the browser's own yields, which no policy of the page holds back.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.session.run(script).await.unwrap()
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.see(css).await;
        self.session.click(&element).await.unwrap();
    }

    /// Presses a button with that fault chosen.
    pub(crate) async fn press(&self, button: &str, fault: &str) {
        self.click(&format!("#fault-{fault}")).await;
        self.click(button).await;
    }

    /// The id of the run that is shown in full.
    pub(crate) async fn run_id(&self) -> String {
        let id = self.ask("return document.querySelector('#run [data-run]').dataset.run");
        id.await.as_str().unwrap().to_owned()
    }

    /// The address of the newest run.
    pub(crate) async fn run_path(&self) -> String {
        let path = self.ask("return document.querySelector('#runs a').getAttribute('href')");
        path.await.as_str().unwrap().to_owned()
    }

    /// What is in the window, as a picture.
    pub(crate) async fn keep_picture(&self, name: &str) {
        let picture = self.session.picture().await.unwrap();
        fs::write(left(&format!("{name}.png")), picture).unwrap();
    }
}

/// A browser and the program that drives it. On a machine under load either may exit at its start:
/// both are started again then.
async fn driven(look: Look) -> (Driver, Session) {
    let mut failures = Vec::new();
    for attempt in 1..=ATTEMPTS {
        let failure = match Driver::start() {
            Err(failure) => failure,
            Ok(driver) => {
                let url = format!("http://127.0.0.1:{}", driver.port);
                match Session::start(&url, &look.capabilities()).await {
                    Ok(session) => return (driver, session),
                    Err(error) => format!("no chromium: {error}\n{}", driver.errors()),
                }
            }
        };
        failures.push(format!("attempt {attempt}: {failure}"));
    }
    panic!(
        "chromium does not start; is it installed (apt install chromium)?\n{}",
        failures.join("\n")
    );
}

/// The program by which Chromium is driven.
struct Driver {
    process: Child,
    port: u16,
    /// Held open, so that the driver can print.
    _output: BufReader<ChildStdout>,
    /// The file that it prints errors to, which never fills up as a pipe does.
    errors: NamedTempFile,
}

impl Driver {
    /// Starts it, or gives its exit status and what it printed.
    #[allow(
        clippy::zombie_processes,
        reason = "it is waited for when it is dropped"
    )]
    fn start() -> Result<Self, String> {
        let errors = NamedTempFile::new().unwrap();
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(errors.reopen().unwrap())
            .spawn()
            .expect("chromedriver is not installed: apt install chromium-driver");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut printed = String::new();
        loop {
            let before = printed.len();
            if output.read_line(&mut printed).unwrap() == 0 {
                let status = process.wait().unwrap();
                let errors = fs::read_to_string(errors.path()).unwrap();
                return Err(format!(
                    "chromedriver ended with {status}\n{printed}{errors}"
                ));
            }
            if let Some((_, port)) = printed[before..].split_once("successfully on port ") {
                let port = port.trim_end().trim_end_matches('.').parse().unwrap();
                return Ok(Self {
                    process,
                    port,
                    _output: output,
                    errors,
                });
            }
        }
    }

    /// What it has printed as errors.
    fn errors(&self) -> String {
        fs::read_to_string(self.errors.path()).unwrap()
    }

    /// Has it end, and its browser with it: a browser outlives a driver that is killed.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        let request = "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        connection.write_all(request.as_bytes())?;
        connection.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.shut_down().is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
