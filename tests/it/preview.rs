//! `picletter preview`: the mail as files, with nothing sent and no account needed.

use std::path::Path;
use std::process::Output;

use mail_parser::{MessageParser, MimeHeaders as _};
use picletter_sandbox::Sandbox;
use serde_json::Value;
use tokio::process::Command;

use crate::support::command::{picletter, stderr};

#[tokio::test]
async fn it_writes_a_mail_that_a_mail_program_opens_and_a_page_that_stands_alone() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let vars = [
        (
            "RECEIVER_EMAIL",
            "\"Müller, Jörg\" <j@x.example>, k@y.example",
        ),
        ("PICTURE_SOURCES", "wikimedia"),
    ];
    let output = preview(&sandbox, folder.path(), &[], &vars).await;
    assert!(output.status.success(), "{output:?}");

    let eml = std::fs::read(folder.path().join("preview.eml")).unwrap();
    let mail = MessageParser::default().parse(&eml).unwrap();
    let to = mail.to().unwrap().first().unwrap();
    assert_eq!(
        (to.name(), to.address()),
        (Some("Müller, Jörg"), Some("j@x.example"))
    );
    assert!(mail.subject().unwrap().starts_with("Picletter"));
    assert!(mail.body_text(0).unwrap().contains("via Wikimedia Commons"));
    assert!(mail.body_html(0).unwrap().contains("src=\"cid:picture\""));
    assert!(
        mail.header_raw("List-Unsubscribe")
            .unwrap()
            .contains("picletter@example.com")
    );
    let picture = mail
        .parts
        .iter()
        .find(|part| part.is_content_type("image", "jpeg"))
        .unwrap();
    assert_eq!(picture.content_id(), Some("picture"));
    assert!(picture.attachment_name().unwrap().starts_with("picletter-"));
    assert!(picture.contents().starts_with(b"\xff\xd8\xff"));
    // A picture that the HTML shows is related to it; as `mixed` it would show twice.
    assert!(String::from_utf8_lossy(&eml).contains("multipart/related"));

    let html = std::fs::read_to_string(folder.path().join("preview.html")).unwrap();
    assert!(html.contains("src=\"data:image/jpeg;base64,/9j/") && !html.contains("cid:"));
}

#[tokio::test]
async fn it_says_which_stand_ins_it_took_for_missing_addresses() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let output = preview(
        &sandbox,
        folder.path(),
        &[],
        &[("BOT_EMAIL", "me@x.example")],
    )
    .await;
    let told = stderr(&output);
    assert!(told.contains("RECEIVER_EMAIL is not set"), "{told}");
    assert!(
        !told.contains("BOT_EMAIL") && !told.contains("SG_KEY"),
        "{told}"
    );
}

#[tokio::test]
async fn the_file_says_from_whom_to_whom_and_of_what_and_the_environment_comes_before_it() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let write = |job: &str| {
        let file = format!("[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-app\"\n{job}");
        std::fs::write(folder.path().join("picletter.toml"), file).unwrap();
    };
    write(
        "[mail]\nfrom = \"bot@mine.example\"\nto = [\"a@mine.example\", \"b@mine.example\"]\n\
         subject = \"Of mine\"\n[picture]\nsources = [\"nasa\"]\n",
    );
    let vars = [("MAIL_SUBJECT", "Of the environment's")];
    let output = preview(&sandbox, folder.path(), &["--payload"], &vars).await;
    let payload: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(payload["from"]["email"], "bot@mine.example");
    assert_eq!(payload["personalizations"].as_array().unwrap().len(), 2);
    assert_eq!(payload["subject"], "Of the environment's");
    assert!(
        payload.to_string().contains("Astronomy Picture of the Day"),
        "{payload}"
    );
    let told = stderr(&output);
    assert!(!told.contains("is not set"), "{told}");

    write("command = \"rake digest\"\n[run]\nreport = \"shell\"\n");
    let output = preview(&sandbox, folder.path(), &["--payload"], &[]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let told = stderr(&output);
    assert!(told.contains("picletter.toml runs `rake digest`"), "{told}");

    write("tiem = 1\n");
    let output = preview(&sandbox, folder.path(), &["--payload"], &[]).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}

#[tokio::test]
async fn of_the_files_secrets_and_config_vars_only_those_of_the_mail_matter() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let file = "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-app\"\n[mail]\n\
                from = \"bot@mine.example\"\nto = \"a@mine.example\"\n[picture]\n\
                sources = [\"unsplash\", \"nasa\"]\n[config]\nSSL_CERT_FILE = \"/of/the/dyno.pem\"\n";
    std::fs::write(folder.path().join("mine.toml"), file).unwrap();
    let named = [("PICLETTER_CONFIG", "mine.toml")];
    std::fs::write(folder.path().join("key"), "an-access-key").unwrap();
    let right = [
        ("UNSPLASH_ACCESS_KEY_FILE", "key"),
        ("UNSPLASH_API_URL", &*sandbox.unsplash_url()),
        ("HEARTBEAT_URL", "no url"),
        ("SG_KEY", "SG.one"),
        ("SG_KEY_FILE", "and-another"),
    ];
    let vars = [&named[..], &right].concat();
    let output = preview(&sandbox, folder.path(), &["--payload"], &vars).await;
    let payload: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(payload["from"]["email"], "bot@mine.example", "{output:?}");

    let wrong = [("UNSPLASH_ACCESS_KEY_FILE", "./no-such-folder/key")];
    let vars = [&named[..], &wrong].concat();
    let output = preview(&sandbox, folder.path(), &["--payload"], &vars).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let told = stderr(&output);
    assert!(
        told.contains(
            "UNSPLASH_ACCESS_KEY_FILE names `./no-such-folder/key`, which cannot be read"
        ),
        "{told}"
    );
}

#[tokio::test]
async fn payload_prints_the_json_alone_and_writes_nothing() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    // The first source fails, which must not end up in the JSON.
    let vars = [
        ("PICTURE_SOURCES", "url,nasa"),
        ("PICTURE_URL", "https://localhost:1/"),
    ];
    let output = preview(&sandbox, folder.path(), &["--payload"], &vars).await;
    let payload: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        payload["personalizations"][0]["to"][0]["email"],
        "you@example.com"
    );
    let told = stderr(&output);
    assert!(told.contains("event=source_failed source=url"), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_fails_ends_as_the_worker_would_and_leaves_no_file() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let unreachable = [("PICTURE_URL", "https://localhost:1/")];
    for (vars, code, said) in [
        (
            &[("MAIL_EMBED", "sideways")],
            78,
            "MAIL_EMBED is `sideways`",
        ),
        (&unreachable, 69, "no picture: url cannot connect"),
    ] {
        let output = preview(&sandbox, folder.path(), &[], vars).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let told = stderr(&output);
        assert!(told.contains(said), "{told}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let output = preview(&sandbox, &folder.path().join("none"), &[], &[]).await;
    assert_eq!(output.status.code(), Some(74));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("there is no folder")
    );
}

#[tokio::test]
async fn a_reader_that_has_had_enough_ends_the_payload_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::from(picletter(folder.path()))
        .args(["preview", "--payload"])
        .env("WIKIMEDIA_API_URL", sandbox.wikimedia_url())
        .env("PICTURE_SOURCES", "wikimedia")
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .output()
        .await
        .unwrap();
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(!error.contains("panicked"), "{error}");
}

async fn preview(sandbox: &Sandbox, folder: &Path, args: &[&str], vars: &[(&str, &str)]) -> Output {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Command::from(if args.is_empty() {
        picletter(elsewhere.path())
    } else {
        picletter(folder)
    });
    command.arg("preview").args(args);
    if args.is_empty() {
        command.arg("--out").arg(folder);
    }
    command
        .env("WIKIMEDIA_API_URL", sandbox.wikimedia_url())
        .env("NASA_API_URL", sandbox.nasa_url())
        .env("PICSUM_URL", sandbox.picsum_url())
        .envs(vars.iter().copied())
        .output()
        .await
        .unwrap()
}
