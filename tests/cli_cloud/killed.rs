//! Commands that are killed right after one of their requests, and what the next one makes of it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use picletter::deploy::live::Live;
use picletter::logic_app::http_client::HttpClient;
use picletter::sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter::sandbox::server::{Trouble, Which};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use super::person::{Person, stderr, stdout};
use super::sent::{self, Sent};
use super::state;

const DEPLOY: &str = "deploy --yes --image worker.tar";
const DESTROY: &str = "destroy --yes";
const RUN: &str = "run";

/// How many are killed at the same time.
const TOGETHER: usize = 16;

impl Person {
    /// One whose dynos end at once, and who is about to type the command.
    async fn about_to(command: &str) -> Self {
        let person = Self::new().await;
        let transport = Arc::new(HttpClient::new(&[]).unwrap());
        let program = Arc::new(Simulated::new(transport, |_| Script {
            boot: Duration::ZERO,
            work: Duration::ZERO,
            end: End::Sent,
            on_sigterm: OnSigterm::Die,
        }));
        let heroku = person.sandbox.heroku();
        heroku.set_program(move |_| program.clone());
        if command != DEPLOY {
            person.does("deploy --yes --image worker.tar").await;
        }
        person.sandbox.troubles().clear();
        person
    }

    async fn does(&self, command: &str) -> String {
        let output = self.types(command).await;
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        stdout(&output)
    }

    async fn state(&self) -> String {
        let (clouds, wanted) = (self.clouds(), self.wanted());
        state::of(&Live::read(&clouds, &wanted).await.unwrap())
    }

    async fn runs(&self) -> usize {
        let clouds = self.clouds();
        let id = self.wanted().workflow_id(&clouds).await.unwrap();
        match clouds.arm.runs(&id, 50, None).await {
            Err(error) if error.is_not_found() => 0,
            runs => runs.unwrap().len(),
        }
    }
}

/// The requests that a command sends when nothing happens to it, and the state that it leaves.
async fn undisturbed(command: &str) -> (Vec<Sent>, String) {
    let person = Person::about_to(command).await;
    person.does(command).await;
    // The workflow's own, and its dynos'.
    let is_others = |path: &str| path.ends_with("/dynos") || path.starts_with("/workflows/");
    let sent = sent::of(person.sandbox.troubles().record(), is_others);
    (sent, person.state().await)
}

/// Kills a command by SIGKILL once the request was acted upon, before it has the answer.
async fn killed(person: &Person, command: &str, sent: &Sent) {
    let (tell, mut told) = unbounded_channel();
    person.sandbox.troubles().on(
        sent.method.parse().unwrap(),
        sent.path.clone(),
        Which::Nth(sent.nth),
        Trouble::Told(tell),
    );
    let mut child = person.begins(command);
    let acted = tokio::select! {
        acted = told.recv() => acted.unwrap(),
        ended = child.wait() => panic!("{command} ended before {sent:?}: {ended:?}"),
    };
    child.kill().await.unwrap();
    drop(acted);
    person.sandbox.troubles().clear();
}

/// A command killed after one request, then typed again; what must hold then is checked.
async fn typed_again(command: &'static str, sent: Sent, undisturbed: Arc<String>) {
    let person = Person::about_to(command).await;
    let row = format!("{command} killed after {sent:?}");

    killed(&person, command, &sent).await;

    if command == RUN {
        let begun = person.runs().await;
        let told = person.does(DEPLOY).await;
        assert!(told.contains("Nothing to change."), "{row}: {told}");
        assert!(begun <= 1, "{row}");
        assert_eq!(person.runs().await, begun, "{row}");
    } else {
        person.does(command).await;
    }
    assert_eq!(person.state().await, *undisturbed, "{row}");
    if command == DEPLOY {
        assert!(person.runs().await <= 1, "{row}");
    }
}

/// All that a command is killed after.
async fn table(command: &'static str) -> String {
    let (sent, undisturbed) = Box::pin(undisturbed(command)).await;
    let undisturbed = Arc::new(undisturbed);
    let mut table = String::new();
    for sent in &sent {
        let _ = writeln!(table, "{:<6} {} #{}", sent.method, sent.path, sent.nth);
    }
    let mut waiting = sent.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < TOGETHER
            && let Some(sent) = waiting.next()
        {
            running.spawn(Box::pin(typed_again(
                command,
                sent,
                Arc::clone(&undisturbed),
            )));
        }
        match running.join_next().await {
            Some(row) => row.unwrap(),
            None => return table,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_killed_anywhere_is_finished_by_the_next_one() {
    insta::assert_snapshot!("killed_deploy", Box::pin(table(DEPLOY)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_is_killed_anywhere_is_finished_by_the_next_one() {
    insta::assert_snapshot!("killed_destroy", Box::pin(table(DESTROY)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_run_that_is_no_longer_watched_there_is_no_second_one() {
    insta::assert_snapshot!("killed_run", Box::pin(table(RUN)).await);
}
