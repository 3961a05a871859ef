//! What to do after a run that did not succeed, by its outcome; docs/operations.md has more of it.

use crate::deploy::azure::Run;

/// What comes next.
pub(super) fn after(run: &Run) -> String {
    let message = run.message.as_deref().unwrap_or_default();
    let is = |status: &str| message.contains(&format!("status {status}"));
    let log = format!(
        "`picletter logs --run {}` shows what its dyno wrote",
        run.id
    );
    let step = match run.code.as_deref().unwrap_or_default() {
        _ if run.status == "Cancelled" => {
            return "next: `picletter status` shows the run in whose favour this one ended"
                .to_owned();
        }
        "refused" => {
            "export a new SG_KEY and `picletter deploy`, or verify the sender at SendGrid and `picletter run`"
        }
        "config" => "mend picletter.toml or export the secret, then `picletter deploy`",
        "usage" => "mend [heroku] command in picletter.toml, then `picletter deploy`",
        "unavailable" | "try_later" => "nothing was sent: `picletter run` does it now, or later",
        "unknown" => {
            "look into SendGrid's activity before `picletter run`: the mail may have been sent"
        }
        "protocol" => {
            "look at SENDGRID_API_URL, at a proxy, at https://status.sendgrid.com, then `picletter run`"
        }
        "no_report" => {
            "where it was killed for memory take a larger [heroku] dyno_size, where for time a longer time_to_live, then `picletter deploy`"
        }
        "refused_by_heroku" if is("401") || is("403") => "`picletter deploy --rotate-token`",
        "refused_by_heroku" => {
            "`picletter plan` shows whether app, process type and size are as they should be"
        }
        "previous_run_stays" => {
            return "next: `picletter status` shows the run that stays; `picletter run` starts one when it is over"
                .to_owned();
        }
        "heroku_unavailable" => "see https://status.heroku.com, then `picletter run`",
        _ => return format!("next: {log}"),
    };
    format!("next: {step}\n      {log}; docs/operations.md says more of each outcome")
}
