//! A `picletter try` process that serves its page.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Two jobs at the same time each day, and one every six hours.
const JOBS: &str = r#"
[heroku]
app = "my-shop"

[jobs.reports]
command = "bin/rails reports:send"
every = "day"
at = "03:00"

[jobs.cleanup]
command = "bin/cleanup"
every = "6 hours"
overlap = "replace"

[jobs.digest]
command = "bin/digest"
every = "day"
at = "03:00"
"#;

/// The process. Dropping it ends the process.
pub(crate) struct TryProcess {
    process: Child,
    /// Keeps the pipe open, so that the process can continue to print.
    _output: BufReader<ChildStdout>,
    /// URL of the page, without a trailing slash.
    pub(crate) url: String,
}

impl TryProcess {
    /// Starts with an example's schedule and waits for the first run.
    pub(crate) fn start() -> Self {
        Self::with_schedule("every = \"day\"\nat = \"08:30\"\ntime_zone = \"Europe/Berlin\"")
    }

    /// Starts with this schedule and waits for the first run.
    pub(crate) fn with_schedule(schedule: &str) -> Self {
        Self::with_config(&format!(
            "[schedule]\n{schedule}\n[heroku]\napp = \"my-picletter\"\n\
             [mail]\nfrom = \"Picletter <bot@example.com>\"\nto = \"you@example.com\"\n"
        ))
    }

    /// Starts with three jobs and waits for the first run of each.
    pub(crate) fn with_jobs() -> Self {
        Self::with_config(JOBS)
    }

    fn with_config(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("picletter.toml"), config).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_picletter"))
            .args([
                "try",
                "--port",
                "0",
                "--worker",
                picletter_test_support::worker(),
            ])
            .env_remove("PICLETTER_CONFIG")
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("Read the mail") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "no page is served");
        }
        let address = line.split(' ').nth(4).unwrap();
        Self {
            process,
            _output: output,
            // With a short interval, a run may be due before the first one has ended.
            url: address.split("/mails/").next().unwrap().to_owned(),
        }
    }
}

impl Drop for TryProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
