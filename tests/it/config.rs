//! `picletter.toml`: what it may say, and what is told where it says something else.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use picletter::config::{Config, ConfigError, Heroku, LEAST, Report, Style};
use picletter_worker::settings::NAMES;
use proptest::prelude::*;

const MAIL: &str = "[mail]\nfrom = \"b@x.example\"\nto = \"y@x.example\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("picletter.toml"), text)
}

/// A file that is right but for what is added to it.
fn with(schedule: &str, rest: &str) -> String {
    format!("[schedule]\n{schedule}\n\n[heroku]\napp = \"my-app\"\n{rest}\n{MAIL}")
}

fn said(text: &str) -> String {
    match parse(text) {
        Ok(config) => panic!("{config:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_example_and_the_least_are_right() {
    let example = include_str!("../../src/cli/init/example.toml");
    let config = parse(example).unwrap();
    assert_eq!(config.run.report, Report::Worker);
    assert_eq!(config.run.start_window, SignedDuration::from_hours(1));
    let least = parse(LEAST).unwrap();
    assert_eq!(least.heroku.command, "worker");
    assert_eq!(least.azure.workflow, config.azure.workflow);
    assert_eq!(least.config_vars(), config.config_vars());
}

#[test]
fn what_the_example_has_commented_out_is_right_too() {
    let example = include_str!("../../src/cli/init/example.toml");
    let all: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(code) if code.contains(" = ") || code.starts_with('[') => format!("{code}\n"),
            _ => format!("{line}\n"),
        })
        // It only goes with what the example does not have.
        .filter(|line| !line.starts_with("catch_up"))
        .collect();
    let config = parse(&all).unwrap_or_else(|error| panic!("{error}"));
    // And what the comments call the default is it.
    let default = parse(example).unwrap();
    let heroku = Heroku {
        region: None,
        team: None,
        secrets: Vec::new(),
        ..config.heroku.clone()
    };
    assert_eq!(heroku, default.heroku);
    assert_eq!(config.heroku.region.as_deref(), Some("eu"));
    assert_eq!(config.heroku.team.as_deref(), Some("my-team"));
    assert_eq!(config.heroku.secrets, ["API_TOKEN"]);
    assert_eq!(config.run, default.run);
    assert_eq!(config.azure.workflow, default.azure.workflow);
    assert_eq!(config.azure.resource_group, default.azure.resource_group);
    assert_eq!(config.schedule.overlap(), default.schedule.overlap());
    assert_eq!(config.alert.email.as_deref(), Some("ops@example.com"));
    assert_eq!(config.alert.log_lines, default.alert.log_lines);
    assert_eq!(config.azure.location.as_deref(), Some("westeurope"));
    let vars = config.config_vars();
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_snapshot!(vars.join("\n"), @r"
    BOT_EMAIL=Picletter <bot@example.com>
    MAIL_EMBED=auto
    MAIL_SUBJECT={title}
    PICTURE_MAX_BYTES=20971520
    PICTURE_SOURCES=wikimedia,nasa,picsum
    PICTURE_URL=https://example.com/picture.jpg
    RECEIVER_EMAIL=you@example.com
    RUN_DEADLINE=2m
    SENDGRID_REGION=global
    SENDGRID_SANDBOX=0
    ");
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    assert_snapshot!(said(
        r#"top = 1
[schedul]
x = 1

[schedule]
every = "15 minuts"
at = ["08:30", "25:00", 7]
on = ["mo"]
start = 2026-12-01T08:00:00Z
time_zone = "Europe/Berln"
overlap = "skipp"
catch_up = "yes"
evry = "day"

[heroku]
app = "My App"
process_type = "web worker"
command = ""
dyno_size = "standard-3x"
time_to_live = "25 hours"
region = "eu-west-1"
team = "My Team"
size = "basic"
time_limit = "1 hour"
secrets = ["API_TOKEN", "not a name", "RUN_ID", "RUN_DEADLINE"]

[azure]
workflow = "my flow"
resource_group = "rg."
location = "West Europe"
subscription = ""
resource_groupp = "x"

[run]
report = "wrker"
start_window = "soon"

[alert]
email = "ops <ops@example.com>"
log_lines = 21

[mail]
from = "bot"
to = ["you@example.com", "nobody", "a@x.example, b@x.example"]
embed = "inline"
region = "us"
sandbox = "yes"
receivers = ["you@example.com"]
MAIL_SUBJECT = "x"

[picture]
sources = ["wikipedia", "nasa"]
url = "http://example.com/"
max_bytes = "20 MB"

[config]
NUMBER = 3
"A B" = "c"
RUN_ID = "1"
PICLETTER_MADE_APP = "1"
BOT_EMAIL = "other@example.com"
RUN_DEADLINE = "soon"
"#
    ));
}

#[test]
fn settings_that_contradict_one_another() {
    let mut all = String::new();
    for (schedule, rest) in [
        (
            "every = \"15 minutes\"\non = \"mon\"\ncatch_up = true\nstart = 2026-12-01",
            "",
        ),
        ("at = \"08:30\"\nevery = \"1 hour\"", ""),
        (
            "every = \"10 minutes\"",
            "[run]\nstart_window = \"10 minutes\"",
        ),
        ("every = \"day\"", "time_to_live = \"1 minute\""),
        ("every = \"day\"", "time_to_live = \"25 hours\""),
        ("every = \"day\"", "[run]\nstart_window = \"7 hours\""),
        ("every = \"day\"\nevery = \"week\"", ""),
        ("every = \"day\"", "[run]\nreport = \"shell\""),
        (
            "every = \"day\"",
            "process_type = \"clock\"\ncommand = \"clock --once\"\n[run]\nreport = \"none\"",
        ),
        ("every = \"2 weeks\"\non = [\"mon\", \"mon\"]", ""),
    ] {
        all += &said(&with(schedule, rest));
        all += "\n\n";
    }
    assert_snapshot!(all);
}

#[test]
fn a_command_of_its_own_runs_in_a_dyno_of_type_run_by_default() {
    let process_type = |rest: &str| {
        let text = with("every = \"day\"", rest);
        parse(&text).unwrap().heroku.process_type
    };
    let shell = "[run]\nreport = \"shell\"";
    assert_eq!(process_type(""), "worker");
    assert_eq!(process_type("command = \"worker --quiet\""), "worker");
    assert_eq!(process_type("command = \"bin/mine\""), "run");
    assert_eq!(process_type(&format!("command = \"rake\"\n{shell}")), "run");
    let given = format!("command = \"rake\"\nprocess_type = \"clock\"\n{shell}");
    assert_eq!(process_type(&given), "clock");

    let told = said(&with("every = \"day\"", "process_type = \"run\""));
    assert!(told.contains("do not run the worker's image"), "{told}");
    assert!(told.contains("remove `process_type`"), "{told}");
}

#[test]
fn what_is_missing_is_told() {
    let all: Vec<String> = [
        "",
        "\n# nothing\n",
        "[heroku]\n",
        "[schedule]\n[heroku]\napp = \"my-app\"\n",
    ]
    .map(said)
    .to_vec();
    assert_snapshot!(all.join("\n\n---\n"));
}

#[test]
fn what_is_no_toml_is_told_with_the_other_mistakes() {
    assert_snapshot!(said(
        "[schedule\nevery = day\nat = \"08:30\n\n[heroku]\napp = \"My App\"\ncommand = 'x\n[run]\nreport = \"wrker\"\n"
    ));
}

#[test]
fn of_a_file_that_is_no_toml_at_all_the_first_ten_lines_are_told() {
    let ConfigError::Mistakes(mistakes) = parse(&"what is this\n".repeat(200)).unwrap_err() else {
        panic!("no mistakes");
    };
    let text = mistakes.render(Style::Plain);
    assert_eq!(text.matches("error: ").count(), 10, "{text}");
    let more = format!("\n\nand {} more", mistakes.count() - 10);
    assert!(mistakes.count() >= 200 && text.ends_with(&more), "{text}");
}

#[test]
fn json_is_told_as_such() {
    let template = include_str!("../../logic-app/picletter-app.definition.json");
    assert_snapshot!(said(template));
}

#[test]
fn sections_of_the_wrong_type() {
    assert_snapshot!(said(
        "schedule = \"day\"\nheroku = [1]\nrun = 2026-01-01\nmail = 1\nconfig = 1\n"
    ));
}

/// Wherever it stands, and whether or not the line is TOML.
#[test]
fn no_secret_is_shown() {
    let mut all = String::new();
    for rest in [
        "[config]\nSG_KEY = \"SG.hush.hush\"",
        "[config]\nSG_KEY = SG.hush.hush",
        "[config]\nMY_PASSWORD = \"\"\"\nhush\nhush\"\"\"\nOTHER = 1",
        "[config]\nINNOCENT = \"SG.hush.hush\"",
        "[heroku]\napp = \"my-app\"\napi_key = \"hush\"",
        "[alert]\nwebhook = \"https://hooks.slack.com/hush\"",
        "alert = { email = 1, webhook_url = \"https://hooks.slack.com/hush\" }",
        "[mail]\nsubject = \"SG.hush.hush\"",
        "[heroku]\nsecrets = [\"SG.hush.hush\"]",
        "heroku.token = \"hush\"",
        "[config]\nDATABASE_URL = \"postgres://me:hush@db.x.example/shop\"",
        "[config]\nHOSTS = 'mongodb://hush:hush@a.x.example:1,b.x.example:2/x'\nRUST_LOG = 1",
        "[config]\nSLASH = \"amqp://me:hu/hush@q.x.example\"",
        "[config]\nUSER = \"https://hush@x.example/\"",
        "[config]\nPEM = \"\"\"\n-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----\"\"\"\nRUST_LOG = 1",
        "[config]\nSTRIPE = \"sk_live_hush\"",
        "[heroku]\ncommand = \"curl https://me:hush@x.example/\"",
        "[azure]\nlocation = \"https://me:hush@x.example/\"",
        "[picture]\nurl = \"https://me:hush@x.example/\"",
        "[config]\nBROKEN = https://me:hush@x.example/",
        "token = \"hush\"",
    ] {
        let text = said(&format!("{rest}\n[schedule]\nevery = \"day\"\n"));
        assert!(!text.contains("hush"), "{text}");
        assert!(text.contains("secret") || text.contains("-->"), "{text}");
        all += &text;
        all += "\n\n---\n";
    }
    assert_snapshot!(all);
}

#[test]
fn an_at_sign_is_allowed_after_the_host_of_a_url() {
    for value in [
        "https://x.example/@me?mail=me@x.example#@",
        "https://x.example:8443/@me",
        "https://[::1]:8443/@me",
        "https://x.example, me@x.example",
        "me@x.example",
    ] {
        let text = with("every = \"day\"", &format!("[config]\nOTHER = \"{value}\""));
        assert!(parse(&text).is_ok(), "{value}");
    }
}

#[test]
fn the_workers_own_mistakes_are_told_before_it_is_deployed() {
    let text = with("every = \"day\"", "").replace("y@x.example", "nobody");
    assert_snapshot!(said(&text));
    // Another command's config vars are its own business, but for those of ours.
    for rest in [
        "command = \"rake digest\"",
        "command = \"bin/worker\"\n[run]\nreport = \"shell\"",
    ] {
        let text = with("every = \"day\"", rest);
        let own = text.replace(MAIL, "[config]\nRECEIVER_EMAIL = \"nobody\"");
        assert!(parse(&own).is_ok(), "{rest}");
        let ours = said(&text.replace("y@x.example", "nobody"));
        assert!(
            ours.contains("`to` address 1 is not a mail address"),
            "{ours}"
        );
    }
}

#[test]
fn the_start_window_leaves_room_before_the_next_run_and_is_an_hour_at_most() {
    for (schedule, seconds) in [
        ("every = \"day\"", 3600),
        ("every = \"2 hours\"", 3600),
        ("every = \"1 hour\"", 58 * 60),
        ("every = \"90 seconds\"", 0),
    ] {
        let config = parse(&with(schedule, "")).unwrap();
        assert_eq!(config.run.start_window.as_secs(), seconds, "{schedule}");
    }
    let given = with("every = \"day\"", "[run]\nstart_window = \"2 hours\"");
    let given = parse(&given).unwrap();
    assert_eq!(given.run.start_window, SignedDuration::from_hours(2));
}

#[test]
fn sizes_that_heroku_may_have_are_taken() {
    for (size, taken) in [
        ("Standard-1X", true),
        ("performance-l-ram", true),
        ("dyno-1c-0.5gb", true),
        ("basik", false),
        ("standard-1", false),
        ("very large!", false),
        ("hobby", false),
    ] {
        let text = with("every = \"day\"", &format!("dyno_size = \"{size}\""));
        assert_eq!(parse(&text).is_ok(), taken, "{size}");
    }
}

#[test]
fn warnings_point_at_the_words() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let text = with(
        "every = \"day\"\nat = [\"02:30\", \"12:00\"]\ntime_zone = \"Europe/Berlin\"",
        "",
    );
    assert_snapshot!(parse(&text).unwrap().warnings(now, Style::Plain));
}

#[test]
fn a_command_that_has_to_report_by_itself_is_a_warning() {
    let now = Timestamp::UNIX_EPOCH;
    let warned = |rest| {
        let config = parse(&with("every = \"day\"", rest)).unwrap();
        config.warnings(now, Style::Plain)
    };
    assert_snapshot!(warned("command = \"rake digest\""));
    for rest in [
        "",
        "command = \"worker --verbose\"",
        "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"shell\"",
        "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"none\"",
    ] {
        assert_eq!(warned(rest), "", "{rest}");
    }
}

#[test]
fn a_second_job_wants_a_workflow_of_its_own_and_a_location_may_be_mistyped() {
    let warned = |rest: &str| {
        let config = parse(&with("every = \"day\"", rest)).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let job = "command = \"rake digest\"\n[run]\nreport = \"shell\"\n";
    assert_snapshot!(warned(&format!("{job}[azure]\nlocation = \"westeurop\"\n")));
    for rest in [
        "[azure]\nlocation = \"eastus\"\n",
        "[azure]\nlocation = \"moonbase\"\n",
        "[azure]\nlocation = \"eastus3\"\n",
        &format!("{job}[azure]\nresource_group = \"digests\"\n"),
        &format!("{job}[azure]\nworkflow = \"digest\"\n"),
    ] {
        assert_eq!(warned(rest), "", "{rest}");
    }
}

#[test]
fn what_people_write_for_an_interval_is_taken_or_led_to_what_there_is() {
    for (every, means) in [
        ("5 mins", "5 minutes"),
        ("2h", "2 hours"),
        ("3 mo", "3 months"),
    ] {
        let [every, means] = [every, means].map(|words| {
            let config = parse(&with(&format!("every = \"{words}\""), "")).unwrap();
            format!("{:?}", config.schedule.recurrences().collect::<Vec<_>>())
        });
        assert_eq!(every, means);
    }
    for (schedule, told) in [
        ("every = \"daily\"", "did you mean `day`?"),
        ("every = \"@hourly\"", "did you mean `hour`?"),
        ("every = \"0 3 * * *\"", "cron expressions are not taken"),
        (
            "every = \"30 4 1,15 * FRI\"",
            "cron expressions are not taken",
        ),
        (
            "every = \"30 4 1,15 * FRI\"",
            "cron expressions are not taken",
        ),
        ("cron = \"*/5 * * * 1-5\"", "cron expressions are not taken"),
        (
            "every = \"day\"\nat = 03:00:00",
            "`at` is a time, and not text",
        ),
    ] {
        let said = said(&with(schedule, ""));
        assert!(said.contains(told), "{said}");
    }
    for every in ["2 hours and 30 minutes", "1 day at 3 am"] {
        let said = said(&with(&format!("every = \"{every}\""), ""));
        assert!(!said.contains("cron"), "{said}");
    }
}

#[test]
fn quotes_of_word_processors_and_zones_without_summer_time_are_told() {
    let told = said(&with("every = “day”", ""));
    assert!(told.contains("write straight quotes"), "{told}");
    let told = said(&with("every = \"day\"", "command = \"bob’s\" x"));
    assert!(!told.contains("write straight quotes"), "{told}");
    let text = with("every = \"day\"\nat = \"08:30\"\ntime_zone = \"EST\"", "");
    let warned = parse(&text)
        .unwrap()
        .warnings(Timestamp::UNIX_EPOCH, Style::Plain);
    assert!(warned.contains("America/New_York has"), "{warned}");
}

#[test]
fn what_a_slip_brings_about_is_not_told_as_a_mistake_of_its_own() {
    let told = said(
        "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-shop\"\ncmd = \"rake digest\"\n\
         [run]\nreport = \"shell\"\n",
    );
    assert!(told.contains("did you mean `command`?"), "{told}");
    assert!(!told.contains("process type"), "{told}");
    assert!(told.contains("[heroku] gives none"), "{told}");
}

#[test]
fn a_run_that_may_last_until_the_next_is_due_is_a_warning() {
    let warned = |schedule, rest| {
        let config = parse(&with(schedule, rest)).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let by_default = warned("every = \"15 minutes\"", "");
    let given = warned(
        "every = \"day\"\nat = [\"08:30\", \"10:00\"]",
        "time_to_live = \"2 hours\"",
    );
    assert_snapshot!(format!("{by_default}\n\n{given}"));
    for (schedule, rest) in [
        ("every = \"30 minutes\"", ""),
        ("every = \"15 minutes\"", "time_to_live = \"15 minutes\""),
        ("every = \"15 minutes\"\noverlap = \"queue\"", ""),
    ] {
        assert_eq!(warned(schedule, rest), "", "{schedule}");
    }
}

#[test]
fn a_config_var_that_the_worker_does_not_read_is_a_warning() {
    let warned = |command: &str| {
        let vars = "MAIL_SUBJCT = \"x\"\npicture_url = \"x\"\nTEAM = \"x\"\nMAIL_EMBED = \"cid\"\n";
        let text = with("every = \"day\"", command) + "[config]\n" + vars;
        let config = parse(&text).unwrap();
        assert_eq!(config.config_vars().len(), 6);
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    assert_snapshot!(warned(""));
    let foreign = "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"none\"";
    assert_eq!(warned(foreign), "");
}

#[test]
fn a_slip_within_the_subjects_braces_is_a_warning() {
    let warned = |subject: &str| {
        let text = with("every = \"day\"", "") + &format!("subject = \"{subject}\"\n");
        let config = parse(&text).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let told = warned("{titel} of {date} by {nobody}");
    assert!(told.contains("in the place of `{titel}`"), "{told}");
    assert!(told.contains("did you mean `{title}`?"), "{told}");
    assert_eq!(told.matches("did you mean").count(), 1, "{told}");
    assert_eq!(warned("{title}, {date}, {"), "");
}

#[test]
fn the_old_names_of_sections_and_other_words_for_keys_lead_to_those_there_are() {
    let text = "[schedule]\nevery = \"day\"\n[alerts]\n[config_vars]\n[heroku]\napp = \"my-app\"\n";
    let told = said(text);
    assert!(told.contains("it is called [alert]"), "{told}");
    assert!(told.contains("it is called [config]"), "{told}");
    for (section, word, key) in [
        ("heroku", "type", "process_type"),
        ("heroku", "timeout", "time_to_live"),
        ("azure", "region", "location"),
        ("mail", "sender", "from"),
        ("mail", "RECEIVER_EMAIL", "to"),
        ("picture", "source", "sources"),
    ] {
        let told = said(&format!("[{section}]\n{word} = \"x\"\n"));
        assert!(told.contains(&format!("did you mean `{key}`?")), "{told}");
    }
}

#[test]
fn several_receivers_are_a_list_or_one_text() {
    let receivers = |to: &str| {
        let text = with("every = \"day\"", "").replace("\"y@x.example\"", to);
        parse(&text).unwrap().config_vars().remove("RECEIVER_EMAIL")
    };
    for (to, var) in [
        ("\"a@x.example, b@x.example\"", "a@x.example, b@x.example"),
        (
            "[\"a@x.example\", \"b@x.example\"]",
            "a@x.example,b@x.example",
        ),
        (
            r#"['"Doe, Jo" <a@x.example>', "B <b@x.example>"]"#,
            r#""Doe, Jo" <a@x.example>,B <b@x.example>"#,
        ),
    ] {
        assert_eq!(receivers(to).as_deref(), Some(var), "{to}");
    }
}

#[test]
fn a_config_var_that_comes_as_a_secret_is_not_missed_in_the_file() {
    let text = with("every = \"day\"", "secrets = [\"RECEIVER_EMAIL\"]");
    let told = said(&text.replace(
        "to = \"y@x.example\"\n",
        "subject = \"x\"\nto = \"a@x.example\"\n",
    ));
    assert!(
        told.contains("is a secret here, and given in the file too"),
        "{told}"
    );
    let config = parse(&text.replace("to = \"y@x.example\"\n", "")).unwrap();
    assert_eq!(config.config_vars().len(), 1);
}

#[test]
fn regions_that_heroku_may_have_are_taken() {
    for (region, taken) in [
        ("us", true),
        ("eu", true),
        ("frankfurt", true),
        ("johannesburg", true),
        ("frankfort", false),
        ("us-east-1", false),
        ("EU", false),
        ("", false),
    ] {
        let text = with("every = \"day\"", &format!("region = \"{region}\""));
        assert_eq!(parse(&text).is_ok(), taken, "{region}");
    }
}

#[test]
fn every_variable_that_the_worker_reads_is_known() {
    let code = include_str!("../../crates/worker/src/settings/read.rs");
    let read: BTreeSet<&str> = code
        .split('"')
        .filter(|text| {
            text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        })
        .collect();
    assert_eq!(read, BTreeSet::from(NAMES));
}

#[test]
fn what_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    let error = Config::load(&missing).unwrap_err();
    assert!(matches!(error, ConfigError::Missing(_)), "{error}");
    assert!(error.to_string().contains("--config"), "{error}");
    assert!(error.to_string().ends_with(LEAST), "{error}");

    let error = Config::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("is a folder, and no configuration file"),
        "{error}"
    );

    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"[schedule]\n# Gr\xfc\xdfe\n").unwrap();
    let error = Config::load(&latin).unwrap_err().to_string();
    assert!(
        error.contains("latin.toml:2:5: this is not UTF-8"),
        "{error}"
    );

    let large = folder.path().join("large.toml");
    std::fs::write(&large, vec![b'#'; (1 << 20) + 1]).unwrap();
    let error = Config::load(&large).unwrap_err().to_string();
    assert!(error.contains("larger than a megabyte"), "{error}");
}

#[test]
fn marks_and_line_ends_of_windows_are_no_matter() {
    let text = format!("\u{feff}{}", with("every = \"day\"", "")).replace('\n', "\r\n");
    assert!(parse(&text).is_ok());
    let text = format!("\u{feff}{}", with("every = \"dai\"", "")).replace('\n', "\r\n");
    assert!(
        said(&text).contains("picletter.toml:2:9"),
        "{}",
        said(&text)
    );
}

#[test]
fn brackets_without_end_are_an_error() {
    for text in [
        "[".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
        format!("{}=1", "a.".repeat(10_000)),
    ] {
        assert!(parse(&text).is_err());
    }
}

/// Every key whose value is text, with its section.
const TEXT_KEYS: [(&str, &str); 26] = [
    ("schedule", "every"),
    ("schedule", "at"),
    ("schedule", "on"),
    ("schedule", "start"),
    ("schedule", "time_zone"),
    ("schedule", "overlap"),
    ("heroku", "app"),
    ("heroku", "region"),
    ("heroku", "team"),
    ("heroku", "process_type"),
    ("heroku", "command"),
    ("heroku", "dyno_size"),
    ("heroku", "time_to_live"),
    ("heroku", "secrets"),
    ("azure", "workflow"),
    ("azure", "resource_group"),
    ("azure", "location"),
    ("azure", "subscription"),
    ("run", "report"),
    ("run", "start_window"),
    ("alert", "email"),
    ("mail", "from"),
    ("mail", "to"),
    ("mail", "subject"),
    ("mail", "embed"),
    ("mail", "region"),
];

/// The lines that are wrong in a file which only has this key, apart from what it lacks.
fn said_of(section: &str, key: &str, value: &str) -> Vec<String> {
    let text = format!("[{section}]\n{key} = {value}\n");
    let ConfigError::Mistakes(mistakes) = parse(&text).unwrap_err() else {
        panic!("{text}");
    };
    let mut lines = mistakes.lines();
    lines.retain(|line| {
        ![
            "missing",
            "no section",
            "how often",
            "nothing says",
            "gives none",
            "a shell runs",
            "RUN_DEADLINE",
        ]
        .iter()
        .any(|lacking| line.contains(lacking))
    });
    lines
}

#[test]
fn what_is_suggested_for_a_value_that_is_not_text_is_accepted() {
    for (section, key) in TEXT_KEYS {
        for value in [
            "0",
            "1",
            "20",
            "90000",
            "1.5",
            "true",
            "2026-12-01",
            "08:30:00",
            "{ a = 1 }",
        ] {
            let said = said_of(section, key, value);
            if said.is_empty() {
                continue;
            }
            assert_eq!(said.len(), 1, "{key} = {value}: {said:?}");
            let said = &said[0];
            let suggested = if said.ends_with("write it in quotes") {
                format!("\"{value}\"")
            } else if let Some((_, rest)) = said.split_once(&format!("`{key} = ")) {
                rest.split('`').next().unwrap().to_owned()
            } else if said.contains("a number from 1 to 31") {
                continue;
            } else if let Some((_, rest)) = said.split_once("such as `") {
                format!("\"{}\"", rest.split('`').next().unwrap())
            } else {
                assert!(said.contains("it takes a text"), "{key} = {value}: {said}");
                continue;
            };
            let again = said_of(section, key, &suggested);
            assert!(again.is_empty(), "{key} = {value}: {suggested}: {again:?}");
        }
    }
}

#[test]
fn a_number_without_a_unit_is_answered_with_the_duration_that_was_meant() {
    for (key, value, suggested) in [
        ("time_to_live", "20", "`time_to_live = \"20 minutes\"`"),
        ("time_to_live", "\"20\"", "did you mean `20 minutes`?"),
        ("time_to_live", "\"1d\"", "did you mean `24 hours`?"),
        ("time_to_live", "1", "`time_to_live = \"1 minute\"`"),
        ("time_to_live", "86400", "`time_to_live = \"30 minutes\"`"),
    ] {
        let said = said_of("heroku", key, value).join("\n");
        assert!(said.contains(suggested), "{value}: {said}");
    }
    let said = said_of("run", "start_window", "0").join("\n");
    assert!(said.contains("`start_window = \"0 seconds\"`"), "{said}");
    for (key, value, suggested) in [
        ("every", "15", "`every = \"15 minutes\"`"),
        ("at", "8", "`at = \"08:00\"`"),
        ("at", "08:45:30", "`at = \"08:45\"`"),
        ("on", "1.5", "`on = \"mon\"`"),
        ("on", "true", "`on = \"mon\"`"),
        ("on", "32", "a number from 1 to 31, or \"last day\""),
        ("on", "[15, -1]", "a number from 1 to 31, or \"last day\""),
    ] {
        let said = said_of("schedule", key, value).join("\n");
        assert!(said.contains(suggested), "{value}: {said}");
    }
}

#[test]
fn days_that_a_week_does_not_have_lead_to_what_is_supported() {
    for (on, suggested) in [
        ("first monday", "`on = \"mon\"` runs on every Monday"),
        ("last fri", "the nth weekday of a month is not supported"),
        ("1st", "did you mean `on = 1`?"),
        ("1, 15", "did you mean `on = [1, 15]`?"),
        ("the 1st and the 15th", "did you mean `on = [1, 15]`?"),
        ("2026-12-01", "expected mon, tue"),
        ("last day of the month", "did you mean `on = \"last day\"`?"),
        ("every day", "leave `on` out"),
        ("every monday", "did you mean `mon`?"),
        ("mondays", "did you mean `mon`?"),
        (
            "mon-fri",
            "`on = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]`",
        ),
        ("monday to wednesday", "`on = [\"mon\", \"tue\", \"wed\"]`"),
        ("sat, sun", "`on = [\"sat\", \"sun\"]`"),
        ("weekday", "did you mean `weekdays`?"),
        ("easter", "expected mon, tue"),
    ] {
        let said = said(&with(&format!("on = \"{on}\""), ""));
        assert!(said.contains(suggested), "{on}: {said}");
    }
}

#[test]
fn days_of_the_month_are_numbers_and_the_last_day() {
    for on in [
        "1",
        "[1, 15]",
        "\"15\"",
        "\"last day\"",
        "[15, \"last day\"]",
    ] {
        for every in ["every = \"month\"\n", ""] {
            let schedule = format!("{every}at = \"08:00\"\non = {on}");
            let config =
                parse(&with(&schedule, "")).unwrap_or_else(|error| panic!("{on}: {error}"));
            for (name, trigger) in config.schedule.triggers() {
                assert_eq!(trigger["recurrence"]["frequency"], "Month", "{name}");
            }
        }
    }
    let mixed = said(&with("on = [\"mon\", 1]", ""));
    assert!(mixed.contains("use one or the other"), "{mixed}");
}

#[test]
fn intervals_that_azure_lacks_lead_to_ones_that_it_has() {
    for (every, suggested) in [
        ("5", "5 minutes"),
        ("1", "1 minute"),
        ("every day", "day"),
        ("yearly", "12 months"),
        ("quarter", "3 months"),
        ("2 fortnights", "4 weeks"),
    ] {
        let told = said(&with(&format!("every = \"{every}\""), ""));
        assert!(
            told.contains(&format!("did you mean `{suggested}`?")),
            "{told}"
        );
        let start = "start = \"2026-12-01\"";
        assert!(parse(&with(&format!("every = \"{suggested}\"\n{start}"), "")).is_ok());
    }
    let told = said(&with("every = \"monday\"", ""));
    assert!(told.contains("write `on = \"monday\"`"), "{told}");
    let told = said(&with("every = \"2 years\"", ""));
    assert!(!told.contains("24 months"), "{told}");
}

#[test]
fn offsets_and_abbreviations_lead_to_a_zone_with_the_same_clock() {
    for (zone, suggested) in [
        ("GMT+1", "Etc/GMT-1"),
        ("utc-5", "Etc/GMT+5"),
        ("+01:00", "Etc/GMT-1"),
        ("PST", "America/Los_Angeles"),
        ("CEST", "Europe/Berlin"),
    ] {
        let told = said(&with(
            &format!("every = \"day\"\ntime_zone = \"{zone}\""),
            "",
        ));
        assert!(
            told.contains(&format!("did you mean `{suggested}`")),
            "{told}"
        );
        assert!(
            parse(&with(
                &format!("every = \"day\"\ntime_zone = \"{suggested}\""),
                ""
            ))
            .is_ok()
        );
    }
    let told = said(&with("every = \"day\"\ntime_zone = \"+05:30\"", ""));
    assert!(!told.contains("Etc/"), "{told}");
}

#[test]
fn a_city_or_a_display_name_leads_to_the_location() {
    for (location, suggested) in [
        ("frankfurt", "germanywestcentral"),
        ("West Europe", "westeurope"),
        ("São Paulo", "brazilsouth"),
        ("new york", "eastus"),
        ("East US 2", "eastus2"),
        ("eu", "westeurope"),
    ] {
        let text = with(
            "every = \"day\"",
            &format!("[azure]\nlocation = \"{location}\""),
        );
        let said = said(&text);
        assert!(
            said.contains(&format!("did you mean `{suggested}`?")),
            "{said}"
        );
    }
}

#[test]
fn a_mistake_whose_text_has_the_word_missing_is_reported_beside_broken_lines() {
    let text = "[schedule]\nevery = \"missing\"\n[heroku]\napp = \"missing!\"\nregion = eu\n";
    let told = said(text);
    assert!(told.contains("`missing` is no interval"), "{told}");
    assert!(told.contains("`app` cannot be `missing!`"), "{told}");
    let told = said("[schedule]\nevery = \"day\"\n[heroku]\nregion = eu\n[mail\n");
    assert!(!told.contains("is missing"), "{told}");
}

#[test]
fn a_long_value_is_cut_in_messages_and_compared_with_nothing() {
    let long = "x".repeat(1 << 16);
    for (section, key) in TEXT_KEYS.into_iter().chain([("config", "OTHER")]) {
        let text = format!("[{section}]\n{key} = \"{long}\"\n");
        let told = said(&text);
        assert!(
            told.len() < 6000,
            "{key}: {} bytes: {:.3000}",
            told.len(),
            told
        );
    }
    for text in [
        format!("{long} = 1"),
        format!("[{long}]"),
        format!("[heroku]\n{long} = 1"),
        format!("[config]\n{long} = 1"),
        format!("[config]\n\"{long} \" = \"1\""),
        format!("[heroku]\nsecrets = [\"{long}\"]"),
    ] {
        let told = said(&text);
        assert!(told.len() < 6000, "{} bytes: {:.3000}", told.len(), told);
    }
}

#[test]
fn a_name_has_a_greatest_length_and_a_mistake_about_it_its_place() {
    let wrong = |text: &str| {
        let told = said(text);
        assert!(told.contains("--> picletter.toml:"), "{told}");
        assert!(told.len() < 2000, "{} bytes: {:.3000}", told.len(), told);
    };
    for (section, key, most) in [
        ("heroku", "region", 64),
        ("heroku", "team", 64),
        ("heroku", "process_type", 63),
        ("heroku", "dyno_size", 64),
        ("heroku", "secrets", 256),
        ("azure", "resource_group", 90),
        ("azure", "location", 64),
        ("azure", "subscription", 64),
    ] {
        let file = |length: usize| {
            let line = format!("{key} = \"{}\"\n", "x".repeat(length));
            match section {
                "heroku" => with("every = \"day\"", &line),
                _ => with("every = \"day\"", "") + &format!("[{section}]\n{line}"),
            }
        };
        let right = parse(&file(most));
        assert!(right.is_ok(), "{key}: {}", right.unwrap_err());
        for length in [most + 1, 300, 1 << 19] {
            wrong(&file(length));
        }
    }
    let long = "x".repeat(257);
    let unit = format!("1{}minute", " ".repeat(300));
    wrong(&with(&format!("every = \"{unit}\""), ""));
    wrong(&(with("every = \"day\"", "") + &format!("[run]\nstart_window = \"{unit}\"\n")));
    wrong(&(with("every = \"day\"", "") + &format!("[config]\n{long} = \"1\"\n")));
}

#[test]
fn a_config_var_that_heroku_cannot_keep_is_refused() {
    let config = |vars: &str| with("every = \"day\"", "") + "[config]\n" + vars;
    let said_of_nul = said(&config("OTHER = \"a\\u0000b\"\n"));
    assert!(said_of_nul.contains("a NUL"), "{said_of_nul}");
    let large = "x".repeat(40 << 10);
    assert!(parse(&config(&format!("ONE = \"{large}\"\n"))).is_ok());
    let told = said(&config(&format!("ONE = \"{large}\"\nTWO = \"{large}\"\n")));
    assert!(told.contains("64 kB for all config vars"), "{told}");
    let subject = format!("subject = \"{}\"\n", "x".repeat(70_000));
    let file = with("every = \"day\"", "").replace("[mail]\n", &format!("[mail]\n{subject}"));
    let told = said(&file);
    assert!(told.contains("with `subject` the config vars"), "{told}");
    // Several lines are one value.
    assert!(parse(&config("PEM = \"a\\n\\tb\\r\\n\"\n")).is_ok());
}

/// Pieces of files, so that random texts get past the syntax.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[schedule]\n".to_owned()),
        Just("[heroku]\n".to_owned()),
        Just("[mail]\n".to_owned()),
        Just("[picture]\n".to_owned()),
        Just("[config]\n".to_owned()),
        Just("app = \"my-app\"\n".to_owned()),
        "(every|at|on|start|time_zone|catch_up|overlap|time_to_live|start_window|secrets|from|to|sources|max_bytes|BOT_EMAIL|SG_KEY) = (\"|'|\"\"\"|\\[)?.{0,12}(\"|'|\"\"\"|\\])?\n",
        "every = \"[0-9]{1,12} (second|minute|hour|day|week|month)s?\"\n",
        "at = \\[(\"[0-2][0-9]:[0-5][0-9]\", ){0,12}\\]\n",
        "start = [0-9]{4}-[01][0-9]-[0-3][0-9]\n",
        ".{0,20}\n",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_is_a_panic(text in prop_oneof![pieces(), any::<String>()]) {
        match parse(&text) {
            Ok(config) => {
                let _ = config.warnings(Timestamp::UNIX_EPOCH, Style::Plain);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in any::<Vec<u8>>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picletter.toml");
        std::fs::write(&path, bytes).unwrap();
        prop_assert!(Config::load(&path).is_err());
    }
}
