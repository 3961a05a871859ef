//! What the actions of the template are for, in a few words.

/// Of an action of `logic-app/picletter-app.definition.json`, by its name.
pub(super) fn meaning(action: &str) -> Option<&'static str> {
    let (_, meaning) = MEANINGS.iter().find(|(name, _)| *name == action)?;
    Some(meaning)
}

const MEANINGS: [(&str, &str); 47] = [
    ("Began", "notes when the run began"),
    ("Start", "tries until a dyno has started"),
    ("List_dynos", "asks Heroku which dynos there are"),
    ("Active_runs", "picks those of this job"),
    (
        "Look_in_log",
        "looks for its own dyno, if a start was not answered",
    ),
    ("Open_log", "asks Heroku for the app’s log"),
    ("Read_log", "reads it"),
    ("App_log", "keeps it"),
    ("Guard", "starts nothing while a previous run is active"),
    ("Stop_previous_runs", "stops their dynos"),
    ("Stop_previous_run", "asks Heroku to stop one"),
    ("May_look_again", "waits, if there is time left"),
    ("Wait_to_look_again", "waits"),
    ("Run", "starts a dyno and sleeps until its report"),
    ("May_start_again", "waits, if there is time left"),
    ("Wait_to_start_again", "waits"),
    ("Watch_dyno", "watches the dyno until it is gone"),
    ("Wait_a_minute", "waits"),
    ("Dyno", "asks Heroku about it"),
    ("Dyno_seen", "keeps the answer"),
    ("Outcome", "asks whether the report says that all is well"),
    ("Verdict", "names the outcome"),
    (
        "Names_of_active_runs",
        "names the dynos that were in the way",
    ),
    ("Words", "has words for each outcome"),
    ("Why", "says it in the worker’s words, or its own"),
    ("Ending", "acts by the outcome"),
    (
        "Skipped_as_previous_run_is_active",
        "ends the run as Cancelled",
    ),
    ("Replaced_by_later_run", "ends the run as Cancelled"),
    ("Find_dyno", "looks for the run’s dynos"),
    ("List_dynos_of_app", "asks Heroku which dynos there are"),
    ("Dynos_of_this_run", "picks the run’s own, by its id"),
    ("Let_it_run", "gives it time to end by itself"),
    ("Wait_for_it_to_end", "waits"),
    ("Keep_last_lines", "keeps the end of the dyno’s log"),
    ("Name_of_dyno", "takes the dyno’s name from the report"),
    ("Open_log_of_dyno", "asks Heroku for the dyno’s log"),
    ("Read_log_of_dyno", "reads it"),
    ("Log_of_dyno", "splits it into lines"),
    (
        "Start_of_dyno",
        "finds the dyno’s start, which names the run",
    ),
    ("Lines_of_dyno", "picks the dyno’s lines"),
    ("Last_lines", "keeps the last ones"),
    ("Second_dyno", "notes whether another dyno has the run’s id"),
    ("Stop_dynos_of_this_run", "stops what still runs"),
    ("Stop_dyno", "asks Heroku to stop it"),
    ("Alert", "tells of the failure, if there is someone to tell"),
    ("Post_alert", "posts to the webhook"),
    ("Run_failed", "ends the run as Failed"),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::template;

    fn names(value: &Value, of: &str, names: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if members.contains_key("runAfter") {
                    names.push(of.to_lowercase());
                }
                for (name, member) in members {
                    self::names(member, name, names);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self::names(item, of, names)),
            _ => {}
        }
    }

    #[test]
    fn it_speaks_of_actions_that_there_are() {
        let mut there = Vec::new();
        names(&template::json(), "", &mut there);
        for (name, _) in MEANINGS {
            assert!(there.contains(&name.to_lowercase()), "{name}");
        }
    }
}
