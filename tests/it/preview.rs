//! `picletter preview`: writes the mail to files, sends nothing, and needs no account.

use std::path::Path;
use std::process::Output;

use mail_parser::{MessageParser, MimeHeaders as _};
use picletter_sandbox::Sandbox;
use serde_json::Value;
use tokio::process::Command;

use crate::support::command::{picletter, stderr};

#[tokio::test]
async fn writes_a_mime_message_and_a_self_contained_page() {
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
    // An embedded picture is `related` to the HTML; with `mixed`, mail programs would show it
    // twice.
    assert!(String::from_utf8_lossy(&eml).contains("multipart/related"));

    let html = std::fs::read_to_string(folder.path().join("preview.html")).unwrap();
    assert!(html.contains("src=\"data:image/jpeg;base64,/9j/") && !html.contains("cid:"));
}

#[tokio::test]
async fn reports_placeholders_for_missing_addresses() {
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
    let error = stderr(&output);
    assert!(error.contains("RECEIVER_EMAIL is not set"), "{error}");
    assert!(
        !error.contains("BOT_EMAIL") && !error.contains("SG_KEY"),
        "{error}"
    );
}

#[tokio::test]
async fn environment_overrides_addresses_and_sources_of_the_file() {
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
         subject = \"From the file\"\n[picture]\nsources = [\"nasa\"]\n",
    );
    let vars = [("MAIL_SUBJECT", "From the environment")];
    let output = preview(&sandbox, folder.path(), &["--payload"], &vars).await;
    let payload: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(payload["from"]["email"], "bot@mine.example");
    assert_eq!(payload["personalizations"].as_array().unwrap().len(), 2);
    assert_eq!(payload["subject"], "From the environment");
    assert!(
        payload.to_string().contains("Astronomy Picture of the Day"),
        "{payload}"
    );
    let error = stderr(&output);
    assert!(!error.contains("is not set"), "{error}");

    write("command = \"rake digest\"\n[run]\nreport = \"shell\"\n");
    let output = preview(&sandbox, folder.path(), &["--payload"], &[]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let error = stderr(&output);
    assert!(
        error.contains("picletter.toml runs `rake digest`"),
        "{error}"
    );

    write("tiem = 1\n");
    let output = preview(&sandbox, folder.path(), &["--payload"], &[]).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}

#[tokio::test]
async fn ignores_secrets_and_config_vars_that_the_mail_does_not_use() {
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
    let error = stderr(&output);
    assert!(
        error.contains(
            "UNSPLASH_ACCESS_KEY_FILE names `./no-such-folder/key`, which cannot be read"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn payload_prints_only_json_and_writes_no_files() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    // The first source fails. Its error must not be part of the JSON.
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
    let error = stderr(&output);
    assert!(error.contains("event=source_failed source=url"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn failures_exit_like_the_worker_and_leave_no_files() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let unreachable = [("PICTURE_URL", "https://localhost:1/")];
    for (vars, code, message) in [
        (
            &[("MAIL_EMBED", "sideways")],
            78,
            "MAIL_EMBED is `sideways`",
        ),
        (&unreachable, 69, "no picture: url cannot connect"),
    ] {
        let output = preview(&sandbox, folder.path(), &[], vars).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let error = stderr(&output);
        assert!(error.contains(message), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn names_a_missing_output_folder() {
    let (folder, sandbox) = (
        tempfile::tempdir().unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let output = preview(&sandbox, &folder.path().join("none"), &[], &[]).await;
    assert_eq!(output.status.code(), Some(74));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("no such directory")
    );
}

#[tokio::test]
async fn closed_pipe_ends_payload_without_an_error() {
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
