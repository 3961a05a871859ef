//! A browser that displays the page.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::browser::output_path;
use crate::browser::webdriver::{Element, Session};
use crate::support::try_process::TryProcess;

/// Time limit for a change of the page.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Maximum number of attempts to start the browser.
const ATTEMPTS: usize = 5;

/// Interval of polls for an element.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// The screen and the color scheme of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appearance {
    Light,
    Dark,
    /// A phone, 360 pixels wide.
    Narrow,
    /// A phone in dark mode.
    NarrowDark,
}

impl Appearance {
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
            // The sandbox does not work for root and for users without namespaces. The browser only
            // opens our own page.
            "--no-sandbox",
            // In containers, /dev/shm may be too small.
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

/// A browser that displays the page of a `picletter try`, or the dashboard. Dropping it stops the browser
/// and `picletter try`.
pub(crate) struct Chromium {
    pub(crate) session: Session,
    /// Without a trailing slash.
    pub(crate) url: String,
    _driver: Driver,
    _try_process: Option<TryProcess>,
}

impl Chromium {
    /// Opens the page of a new `picletter try` with one job.
    pub(crate) async fn start(appearance: Appearance) -> Self {
        Self::at(appearance, TryProcess::start()).await
    }

    /// Opens the page of a new `picletter try` with three jobs.
    pub(crate) async fn with_jobs(appearance: Appearance) -> Self {
        Self::at(appearance, TryProcess::with_jobs()).await
    }

    async fn at(appearance: Appearance, try_process: TryProcess) -> Self {
        let url = try_process.url.clone();
        Self::with(appearance, url, Some(try_process)).await
    }

    /// Opens the page of a running server.
    pub(crate) async fn at_url(appearance: Appearance, url: &str) -> Self {
        Self::with(appearance, url.to_owned(), None).await
    }

    async fn with(appearance: Appearance, url: String, try_process: Option<TryProcess>) -> Self {
        let (driver, session) = start_browser(appearance).await;
        let browser = Self {
            session,
            url,
            _driver: driver,
            _try_process: try_process,
        };
        browser.open("/").await;
        browser.wait_for("#live:not([hidden])").await;
        browser
    }

    pub(crate) async fn open(&self, path: &str) {
        let url = self.url.clone() + path;
        self.session.open(&url).await.unwrap();
    }

    /// Waits until the page contains an element that matches `css`.
    pub(crate) async fn wait_for(&self, css: &str) -> Element {
        let start = Instant::now();
        loop {
            match self.session.find(css).await {
                Ok(element) => return element,
                Err(_) if start.elapsed() < TIMEOUT => tokio::time::sleep(POLL_INTERVAL).await,
                Err(error) => {
                    let page = self.evaluate("return document.body.innerText").await;
                    panic!("{css}: {error}, but {page}")
                }
            }
        }
    }

    /// Returns the result of a script. The page's content security policy does not apply to it.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        self.session.run_script(script).await.unwrap()
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.wait_for(css).await;
        self.session.click(&element).await.unwrap();
    }

    /// Selects a fault and submits the form with `button`.
    pub(crate) async fn submit_form(&self, button: &str, fault: &str) {
        self.click(&format!("#fault-{fault}")).await;
        self.click(button).await;
    }

    /// The id of the run whose details are shown.
    pub(crate) async fn run_id(&self) -> String {
        let id = self.evaluate("return document.querySelector('#run [data-run]').dataset.run");
        id.await.as_str().unwrap().to_owned()
    }

    /// The address of the newest run.
    pub(crate) async fn run_path(&self) -> String {
        let path = self.evaluate("return document.querySelector('#runs a').getAttribute('href')");
        path.await.as_str().unwrap().to_owned()
    }

    /// Saves a screenshot of the window.
    pub(crate) async fn save_screenshot(&self, name: &str) {
        let picture = self.session.screenshot().await.unwrap();
        fs::write(output_path(&format!("{name}.png")), picture).unwrap();
    }
}

/// Starts the driver and the browser. On a machine under load, either may exit at its start; both are then
/// started again.
async fn start_browser(appearance: Appearance) -> (Driver, Session) {
    let mut failures = Vec::new();
    for attempt in 1..=ATTEMPTS {
        let failure = match Driver::start() {
            Err(failure) => failure,
            Ok(driver) => {
                let url = format!("http://127.0.0.1:{}", driver.port);
                match Session::start(&url, &appearance.capabilities()).await {
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

/// A ChromeDriver process.
struct Driver {
    process: Child,
    port: u16,
    /// Kept open, so that the driver can write to it.
    _output: BufReader<ChildStdout>,
    /// The file for standard error. Unlike a pipe, it does not fill up.
    errors: NamedTempFile,
    /// Removed last: the browser leaves files.
    _folder: TempDir,
}

impl Driver {
    /// Starts the driver.
    ///
    /// # Errors
    /// The exit status and the output of a driver that exited.
    #[allow(clippy::zombie_processes, reason = "`drop` waits for the process")]
    fn start() -> Result<Self, String> {
        let errors = NamedTempFile::new().unwrap();
        let folder = TempDir::new().unwrap();
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", folder.path())
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
                    "chromedriver exited with {status}\n{printed}{errors}"
                ));
            }
            if let Some((_, port)) = printed[before..].split_once("successfully on port ") {
                let port = port.trim_end().trim_end_matches('.').parse().unwrap();
                return Ok(Self {
                    process,
                    port,
                    _output: output,
                    errors,
                    _folder: folder,
                });
            }
        }
    }

    /// The output on standard error.
    fn errors(&self) -> String {
        fs::read_to_string(self.errors.path()).unwrap()
    }

    /// Stops the driver and its browser. A browser would outlive a killed driver.
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
