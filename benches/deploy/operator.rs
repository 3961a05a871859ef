//! An operator with a directory, an environment, and fakes of the vendors.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use picletter_sandbox::Sandbox;
use picletter_sandbox::image::WorkerImage;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::process::Command;

/// The path of the program.
pub(crate) const PICLETTER: &str = env!("CARGO_BIN_EXE_picletter");

pub(crate) struct Operator {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
    pub(crate) environment: BTreeMap<String, String>,
}

/// How the operator signs in to Azure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// With `az login`, whose token is stored.
    Az,
    ServicePrincipal,
}

/// The value of `azure.subscription` in picletter.toml.
#[derive(Clone, Copy)]
pub(crate) enum Subscription {
    Id,
    Name,
    LeftOut,
}

impl Operator {
    /// Writes a configuration with this number of `jobs`, or one in the short form if `None`.
    pub(crate) async fn new(
        sign_in: SignIn,
        subscription: Subscription,
        jobs: Option<usize>,
    ) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let image = WorkerImage::new(b"a worker").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("worker.tar"), image.docker_archive().unwrap()).unwrap();
        sandbox
            .registry()
            .put_image("picletter-bench", "worker", image);
        let mut environment = sandbox.environment();
        environment.insert(
            "PATH".to_owned(),
            format!("{}:/usr/bin:/bin", path.join("bin").display()),
        );
        environment.insert("HOME".to_owned(), path.display().to_string());
        let key = format!("SG.{}.{}", "a".repeat(22), "b".repeat(43));
        environment.insert("SG_KEY".to_owned(), key);
        let first = &sandbox.azure().subscriptions()[0];
        let subscription = match subscription {
            Subscription::Id => format!("subscription = \"{}\"", first.id),
            Subscription::Name => format!("subscription = \"{}\"", first.name),
            Subscription::LeftOut => String::new(),
        };
        let schedule = "every = \"day\"\nat = \"08:30\"\n";
        let schedules = match jobs {
            None => format!("[schedule]\n{schedule}"),
            Some(jobs) => {
                let jobs = (0..jobs)
                    .map(|job| format!("[jobs.job-{job}]\ncommand = \"worker\"\n{schedule}"));
                jobs.collect::<Vec<_>>().concat()
            }
        };
        let file = format!(
            "{schedules}\
             [heroku]\napp = \"picletter-bench\"\n\
             [azure]\n{subscription}\nlocation = \"westeurope\"\n\
             [alert]\nemail = \"ops@example.com\"\n\
             [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
        );
        fs::write(path.join("picletter.toml"), file).unwrap();
        let mut operator = Self {
            sandbox,
            folder,
            environment,
        };
        if sign_in == SignIn::Az {
            operator.use_az().await;
        }
        operator
    }

    /// Installs a program `az` that prints the token of an earlier sign-in.
    async fn use_az(&mut self) {
        self.run(Path::new(PICLETTER), &["plan", "--image", "worker.tar"])
            .await;
        let token = self.sandbox.azure().tokens().swap_remove(0);
        let answer = format!(
            r#"{{"accessToken":"{}","expires_on":{},"tokenType":"Bearer"}}"#,
            token.expose_secret(),
            jiff::Timestamp::now().as_second() + 3600
        );
        let bin = self.folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let az = bin.join("az");
        fs::write(&az, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        fs::set_permissions(&az, Permissions::from_mode(0o755)).unwrap();
        self.environment
            .retain(|name, _| name == "AZURE_RESOURCE_MANAGER_URL" || !name.starts_with("AZURE_"));
    }

    /// Runs a command until it ends.
    pub(crate) async fn run(&self, program: &Path, arguments: &[&str]) -> Cost {
        let before = self.sandbox.faults().record().len();
        let start = Instant::now();
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let wall = start.elapsed();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let requests = self.sandbox.faults().record().len() - before;
        Cost { requests, wall }
    }
}

/// The requests and the duration of a command.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) requests: usize,
    pub(crate) wall: Duration,
}
