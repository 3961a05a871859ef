//! Mistakes are reported all at once, each with its place.

use insta::assert_snapshot;

use super::{said, with};

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
fn sections_of_the_wrong_type() {
    assert_snapshot!(said(
        "schedule = \"day\"\nheroku = [1]\nrun = 2026-01-01\nmail = 1\nconfig = 1\n"
    ));
}

#[test]
fn what_a_slip_brings_about_is_not_told_as_a_mistake_of_its_own() {
    let told = said(
        "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-shop\"\ncmd = \"rake digest\"\n\
         [run]\nreport = \"shell\"\n",
    );
    assert!(told.contains("did you mean `command`?"), "{told}");
    assert!(!told.contains("process type"), "{told}");
    assert!(told.contains("the file gives none"), "{told}");
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
fn a_mistake_whose_text_has_the_word_missing_is_reported_beside_broken_lines() {
    let text = "[schedule]\nevery = \"missing\"\n[heroku]\napp = \"missing!\"\nregion = eu\n";
    let told = said(text);
    assert!(told.contains("`missing` is no interval"), "{told}");
    assert!(told.contains("`app` cannot be `missing!`"), "{told}");
    let told = said("[schedule]\nevery = \"day\"\n[heroku]\nregion = eu\n[mail\n");
    assert!(!told.contains("is missing"), "{told}");
}
