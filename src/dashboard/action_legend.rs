//! What each action of the template does, in a few words.

/// What an action of `crates/core/logic-app/picletter-app.definition.json` does, by its name.
pub(crate) fn meaning(action: &str) -> Option<&'static str> {
    let (_, meaning) = MEANINGS.iter().find(|(name, _)| *name == action)?;
    Some(meaning)
}

/// Names of the template's actions, each with its meaning.
pub const MEANINGS: &[(&str, &str)] = &[
    ("Began", "records the start of the run"),
    ("Start", "retries until a dyno has started"),
    ("List_dynos", "lists the dynos of the app"),
    ("Active_runs", "selects those of this job"),
    (
        "Look_in_log",
        "searches for its own dyno if a start was not answered",
    ),
    ("Open_log", "requests the app’s log"),
    ("Read_log", "reads the log"),
    ("App_log", "keeps the log"),
    ("Guard", "starts nothing while a previous run is active"),
    ("Stop_previous_runs", "stops the dynos of previous runs"),
    ("Stop_previous_run", "stops one dyno"),
    ("May_look_again", "waits, if there is time left"),
    ("Wait_to_look_again", "waits"),
    ("Run", "starts a dyno and waits for its report"),
    ("May_start_again", "waits, if there is time left"),
    ("Wait_to_start_again", "waits"),
    ("Watch_dyno", "polls until the dyno is gone"),
    ("Wait_a_minute", "waits"),
    ("Dyno", "reads the dyno"),
    ("Dyno_seen", "keeps the answer"),
    ("Outcome", "checks whether the report is a success"),
    ("Verdict", "names the outcome"),
    ("Names_of_active_runs", "names the dynos of active runs"),
    ("Words", "has a text for each outcome"),
    ("Why", "selects the reason: the worker’s or its own"),
    ("Ending", "acts by the outcome"),
    (
        "Skipped_as_previous_run_is_active",
        "ends the run as Cancelled",
    ),
    ("Replaced_by_later_run", "ends the run as Cancelled"),
    ("Find_dyno", "looks for the run’s dynos"),
    ("List_dynos_of_app", "lists the dynos of the app"),
    ("Dynos_of_this_run", "selects the run’s own by its id"),
    ("Let_it_run", "gives it time to end by itself"),
    ("Wait_for_it_to_end", "waits"),
    ("Keep_last_lines", "keeps the end of the dyno’s log"),
    ("Name_of_dyno", "takes the dyno’s name from the report"),
    ("Open_log_of_dyno", "requests the dyno’s log"),
    ("Read_log_of_dyno", "reads the log"),
    ("Log_of_dyno", "splits it into lines"),
    (
        "Start_of_dyno",
        "finds the dyno’s start, which contains the run’s id",
    ),
    ("Lines_of_dyno", "selects the dyno’s lines"),
    ("Last_lines", "keeps the last ones"),
    (
        "Second_dyno",
        "checks whether a second dyno has the run’s id",
    ),
    ("Stop_dynos_of_this_run", "stops dynos that still run"),
    ("Stop_dyno", "stops the dyno"),
    ("Alert", "reports the failure if a webhook is configured"),
    ("Post_alert", "posts to the webhook"),
    ("Run_failed", "ends the run as Failed"),
];
