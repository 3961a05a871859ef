//! Which image is taken, and what its release does to the rest of the app.

use picletter::deploy::heroku::NewApp;
use picletter::deploy::image::Image;
use picletter_sandbox::image::WorkerImage;

use crate::support::person::{Person, stderr, stdout};

impl Person {
    /// Has an app that somebody else has deployed, with this process type alone.
    async fn has_app_of_others(&self, process_type: &str) {
        let heroku = self.clouds().heroku;
        let new = NewApp {
            name: "picletter-test".to_owned(),
            region: None,
            team: None,
        };
        heroku.create_app(&new).await.unwrap();
        let image = WorkerImage::new(b"of others").unwrap();
        let registry = self.sandbox.registry();
        registry.put_image("picletter-test", process_type, image.clone());
        let path = self.folder.path().join("others.tar");
        std::fs::write(&path, image.docker_archive().unwrap()).unwrap();
        let id = Image::open(&path).unwrap().id().clone();
        let released = heroku.release_image("picletter-test", process_type, &id);
        released.await.unwrap();
    }

    /// The job is a command of its own, with this in `[heroku]`.
    fn runs_a_command_of_its_own(&self, heroku: &str) {
        let file = self.folder.path().join("picletter.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (before, _) = text.split_once("[mail]").unwrap();
        let command = format!("[heroku]\ncommand = \"rake nightly\"\n{heroku}");
        let own = before
            .replace("[heroku]", &command)
            .replace("[run]", "[run]\nreport = \"none\"");
        std::fs::write(&file, own).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environments_image_is_taken_for_the_worker_alone() {
    let mut person = Person::new().await;
    let variable = |person: &mut Person, path: &str| {
        let environment = &mut person.environment;
        environment.insert("PICLETTER_IMAGE".to_owned(), path.to_owned());
    };
    variable(&mut person, "worker.tar");
    person.has_app_of_others("worker").await;
    let plan = stdout(&person.types("plan").await);
    assert!(plan.contains("~ image worker"), "{plan}");

    person.runs_a_command_of_its_own("process_type = \"worker\"");
    let plan = person.types("plan").await;
    assert!(plan.status.success(), "{}", stderr(&plan));
    let shown = stdout(&plan);
    assert!(!shown.contains("image"), "{shown}");
    let push = person.types("push").await;
    assert_eq!(push.status.code(), Some(64), "{push:?}");
    assert!(stderr(&push).contains("--image"), "{push:?}");
    let doctor = stdout(&person.types("doctor").await);
    assert!(!doctor.contains("worker.tar"), "{doctor}");

    // What is typed counts for any command.
    let typed = stdout(&person.types("plan --image worker.tar").await);
    assert!(typed.contains("~ image worker"), "{typed}");
    variable(&mut person, "nowhere.tar");
    assert!(person.types("plan").await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_image_is_released_for_dynos_of_type_run() {
    let person = Person::new().await;
    person.has_app_of_others("web").await;
    person.runs_a_command_of_its_own("");
    person.sandbox.faults().clear();

    for typed in ["plan", "deploy --yes", "push"] {
        let output = person.types(&format!("{typed} --image worker.tar")).await;
        assert_eq!(output.status.code(), Some(78), "{typed}: {output:?}");
        let told = stderr(&output);
        assert!(told.contains("set `process_type`, such as"), "{told}");
    }
    assert!(person.changes().is_empty(), "{:?}", person.changes());
    let doctor = stdout(&person.types("doctor --image worker.tar").await);
    assert!(doctor.contains("set `process_type`, such as"), "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_and_doctor_say_that_an_app_of_images_has_none_for_the_process_type() {
    let words = "it has none for `web`, which dynos of type `run` run";
    for (has, lacks) in [("web", false), ("clock", true)] {
        let person = Person::new().await;
        person.has_app_of_others(has).await;
        person.runs_a_command_of_its_own("");
        for typed in ["plan", "doctor"] {
            // Lines are wrapped only on a terminal.
            let told = stdout(&person.types(typed).await);
            assert_eq!(told.contains(words), lacks, "{typed}: {told}");
        }
    }
}

/// An upgrade from a version in which dynos of a command of one's own were of type `worker`.
#[tokio::test(flavor = "multi_thread")]
async fn deploy_refuses_a_process_type_without_an_image_before_anything_is_changed() {
    let person = Person::new().await;
    person.has_app_of_others("worker").await;
    person.runs_a_command_of_its_own("");
    person.sandbox.faults().clear();

    let refused = person.types("deploy --yes").await;

    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    let told = stderr(&refused);
    assert!(told.contains("it has none for `web`"), "{told}");
    assert!(told.contains("help: set `process_type`"), "{told}");
    assert!(person.changes().is_empty(), "{:?}", person.changes());
    person.edits("[heroku]", "[heroku]\nprocess_type = \"worker\"");
    let deployed = person.types("deploy --yes").await;
    assert_eq!(deployed.status.code(), Some(0), "{deployed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_release_does_to_other_process_types_is_told_before_it() {
    let person = Person::new().await;
    person.has_app_of_others("web").await;
    let words = "the app has web too, which this release restarts";

    let plan = stdout(&person.types("plan --image worker.tar").await);
    let pushed = person.types("push --image worker.tar").await;

    assert!(plan.contains(words), "{plan}");
    assert_eq!(pushed.status.code(), Some(0), "{}", stderr(&pushed));
    let told = stderr(&pushed);
    assert!(
        told.contains("picletter-test: the app has web too"),
        "{told}"
    );

    let alone = Person::deployed().await;
    let told = stderr(&alone.types("push --image worker.tar").await);
    assert!(!told.contains("too"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_image_of_a_plan_is_the_one_that_runs_and_not_the_one_that_was_pushed() {
    let person = Person::deployed().await;
    let archive = |name: &str, content: &[u8]| {
        let image = WorkerImage::new(content).unwrap();
        let path = person.folder.path().join(name);
        std::fs::write(&path, image.docker_archive().unwrap()).unwrap();
        image
    };
    let pushed = archive("pushed.tar", b"pushed, not released");
    let registry = person.sandbox.registry();
    registry.put_image("picletter-test", "worker", pushed.clone());
    archive("new.tar", b"new");

    let plan = stdout(&person.types("plan --image new.tar").await);

    let runs = Image::open(&person.folder.path().join("worker.tar")).unwrap();
    let change = format!("~ image: {} -> ", runs.id());
    assert!(plan.contains(&change), "{plan}");
    assert!(!plan.contains(pushed.id().as_str()), "{plan}");
}
