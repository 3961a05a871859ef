//! All errors are reported together, with their locations.

use insta::assert_snapshot;

use super::{MAIL, error_text, with};

#[test]
fn reports_all_errors_with_their_locations() {
    assert_snapshot!(error_text(
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
fn reports_contradictory_settings() {
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
        all += &error_text(&with(schedule, rest));
        all += "\n\n";
    }
    assert_snapshot!(all);
}

#[test]
fn reports_missing_sections_and_keys() {
    let all: Vec<String> = [
        "",
        "\n# nothing\n",
        "[heroku]\n",
        "[schedule]\n[heroku]\napp = \"my-app\"\n",
    ]
    .map(error_text)
    .to_vec();
    assert_snapshot!(all.join("\n\n---\n"));
}

#[test]
fn reports_sections_of_the_wrong_type() {
    assert_snapshot!(error_text(
        "schedule = \"day\"\nheroku = [1]\nrun = 2026-01-01\nmail = 1\nconfig = 1\n"
    ));
}

#[test]
fn does_not_report_consequences_of_a_misspelled_key() {
    let error = error_text(
        "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-shop\"\ncmd = \"rake digest\"\n\
         [run]\nreport = \"shell\"\n",
    );
    assert!(error.contains("did you mean `command`?"), "{error}");
    assert!(!error.contains("process type"), "{error}");
    assert!(error.contains("requires `command`"), "{error}");
}

#[test]
fn suggests_keys_for_former_names_and_synonyms() {
    let text = "[schedule]\nevery = \"day\"\n[alerts]\n[config_vars]\n[heroku]\napp = \"my-app\"\n";
    let error = error_text(text);
    assert!(error.contains("use [alert]"), "{error}");
    assert!(error.contains("use [config]"), "{error}");
    for (section, word, key) in [
        ("heroku", "type", "process_type"),
        ("heroku", "timeout", "time_to_live"),
        ("azure", "region", "location"),
        ("mail", "sender", "from"),
        ("mail", "RECEIVER_EMAIL", "to"),
        ("picture", "source", "sources"),
    ] {
        let error = error_text(&format!("[{section}]\n{word} = \"x\"\n"));
        assert!(error.contains(&format!("did you mean `{key}`?")), "{error}");
    }
}

#[test]
fn reports_values_that_contain_the_word_missing_with_syntax_errors() {
    let text = "[schedule]\nevery = \"missing\"\n[heroku]\napp = \"missing!\"\nregion = eu\n";
    let error = error_text(text);
    assert!(error.contains("invalid interval: `missing`"), "{error}");
    assert!(
        error.contains("invalid value for `app`: `missing!`"),
        "{error}"
    );
    let error = error_text("[schedule]\nevery = \"day\"\n[heroku]\nregion = eu\n[mail\n");
    assert!(!error.contains("is missing"), "{error}");
}

#[test]
fn misspelled_section_is_the_only_error() {
    let job = "every = \"day\"\nat = \"08:00\"\ncommand = \"x\"\n";
    let jobs =
        format!("[heroku]\napp = \"my-shop\"\n[defaults]\noverlap = \"skip\"\n[job.a]\n{job}");
    let heroku = format!("[herku]\napp = \"my-shop\"\n[jobs.a]\n{job}");
    let mail = with("every = \"day\"", "").replace("[mail]", "[email]");
    let command = "[schedule]\nevery = \"day\"\n[run]\nreport = \"shell\"\n\
                   [herku]\napp = \"my-shop\"\ncommand = \"x\"\n";
    let config = "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-shop\"\n\
                  [configs]\nBOT_EMAIL = \"b@x.example\"\nRECEIVER_EMAIL = \"y@x.example\"\n";
    let run = "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-shop\"\n\
               [rnu]\nreport = \"none\"\n";
    let defaults = format!(
        "[heroku]\napp = \"my-shop\"\n[default]\nreport = \"none\"\n\
         [jobs.a]\n{}",
        job.replace('x', "worker")
    );
    for (text, meant) in [
        (jobs, "jobs"),
        (heroku, "heroku"),
        (mail, "mail"),
        (command.to_owned(), "heroku"),
        (config.to_owned(), "config"),
        (run.to_owned(), "run"),
        (defaults, "defaults"),
    ] {
        assert_only_error(&text, meant);
    }
}

#[test]
fn misspelled_section_is_the_only_error_if_it_may_set_a_job_key() {
    let jobs = |defaults: &str, first: &str, second: &str| {
        format!(
            "[heroku]\napp = \"my-shop\"\n[default]\n{defaults}\n\
             [jobs.a]\nevery = \"day\"\ncommand = \"worker\"\n{first}\n\
             [jobs.b]\nevery = \"day\"\ncommand = \"worker\"\n{second}\n{MAIL}"
        )
    };
    let process_type = "process_type = \"mailer\"";
    let larger = "dyno_size = \"standard-2x\"";
    let size = "dyno_size = \"standard-1x\"";
    let deadline = "[config]\nRUN_DEADLINE = \"2400\"\n";
    let in_defaults = jobs("time_to_live = \"1 hour\"", "", "") + deadline;
    let in_heroku = format!(
        "[schedule]\nevery = \"day\"\n\
         [herku]\napp = \"my-shop\"\ntime_to_live = \"1 hour\"\n{MAIL}{deadline}"
    );
    let in_config = with("every = \"day\"", "time_to_live = \"10 minutes\"")
        + "[configs]\nRUN_DEADLINE = \"300\"\n";
    for (text, meant) in [
        (jobs(process_type, process_type, ""), "defaults"),
        (jobs(process_type, "", process_type), "defaults"),
        (jobs(size, larger, ""), "defaults"),
        (jobs(size, "", larger), "defaults"),
        (in_defaults, "defaults"),
        (in_heroku, "heroku"),
        (in_config, "config"),
    ] {
        assert_only_error(&text, meant);
    }
}

fn assert_only_error(text: &str, meant: &str) {
    let error = error_text(text);
    assert_eq!(error.matches("error: ").count(), 1, "{error}");
    let help = format!("did you mean `{meant}`?");
    assert!(error.contains(&help), "{error}");
}

#[test]
fn misspelled_section_does_not_suppress_errors_of_other_sections() {
    let job = "command = \"rake digest\"\n[run]\nreport = \"none\"\n";
    let both = "cron = \"0 8 * * *\"\nevery = \"day\"";
    let no_app = with("every = \"day\"", "").replace("app = ", "team = ");
    let no_sender = with("every = \"day\"", "").replace("from = ", "subject = ");
    for (text, expected) in [
        (no_app, "`app` is missing in [heroku]"),
        (no_sender, "`from` is missing"),
        (with(both, job), "`cron` and `every` both define"),
        (
            "[heroku]\napp = \"my-shop\"\n[jobs.a]\nevery = \"day\"\n".to_owned(),
            "`command` is missing in [jobs.a]",
        ),
        (
            "[heroku]\napp = \"my-shop\"\n".to_owned(),
            "section [schedule] is missing",
        ),
    ] {
        let error = error_text(&format!("{text}\n[alrt]\nlog_lines = 5\n"));
        assert!(error.contains("did you mean `alert`?"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn misspelled_defaults_do_not_suppress_conflicts_that_they_cannot_resolve() {
    let jobs = |keys: [&str; 3]| {
        let [a, b, c] = keys.map(|keys| format!("every = \"day\"\ncommand = \"worker\"\n{keys}"));
        format!(
            "[heroku]\napp = \"my-shop\"\n[default]\noverlap = \"skip\"\n\
             [jobs.a]\n{a}\n[jobs.b]\n{b}\n[jobs.c]\n{c}\n{MAIL}"
        )
    };
    let sizes = jobs(["", "dyno_size = \"eco\"", "dyno_size = \"standard-1x\""]);
    let types = ["worker", "mailer", "other"].map(|name| format!("process_type = \"{name}\""));
    let [worker, mailer, other] = types.each_ref().map(String::as_str);
    for (text, expected) in [
        (
            sizes,
            "dyno size standard-1x cannot be combined with eco, the dyno size of b",
        ),
        (
            jobs(["", mailer, other]),
            "the worker runs as `other` here, but as `mailer` in b",
        ),
        (
            jobs(["", mailer, worker]),
            "the worker runs as `worker` here, but as `mailer` in b",
        ),
    ] {
        let error = error_text(&text);
        assert_eq!(error.matches("error: ").count(), 2, "{error}");
        assert!(error.contains("did you mean `defaults`?"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    assert_only_error(&jobs(["", mailer, mailer]), "defaults");
}

#[test]
fn compares_process_types_with_one_job() {
    let job = |name: &str, key: &str| {
        format!("[jobs.{name}]\nevery = \"day\"\ncommand = \"worker\"\n{key}\n")
    };
    let worker = "process_type = \"worker\"";
    let mailer = "process_type = \"mailer\"";
    for (keys, others) in [
        ([worker, mailer, worker], "b"),
        (["", mailer, ""], "b"),
        (["", mailer, mailer], "bc"),
        ([worker, "", mailer], "c"),
    ] {
        let [a, b, c] = keys;
        let jobs = job("a", a) + &job("b", b) + &job("c", c);
        let error = error_text(&format!("[heroku]\napp = \"my-shop\"\n{jobs}{MAIL}"));
        assert_eq!(error.matches("error: ").count(), others.len(), "{error}");
        let in_first = error.matches("but as `worker` in a").count();
        assert_eq!(in_first, others.len(), "{error}");
    }
}
