//! Checks of the picture sources: requests today's picture from each, like the worker.

use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::check::{Check, Finding};
use crate::config::{Config, Secrets};
use crate::diagnostic::Diagnostic;
use crate::shell::picletter;
use picletter_worker::budget::Budget;
use picletter_worker::http::{FetchError, Http};
use picletter_worker::picture::SourceName;
use picletter_worker::settings::{ParsedVariables, Settings};
use picletter_worker::sources;
use picletter_worker::utc_date;

/// Time limit for fetching one source's picture.
const FETCH_LIMIT: Duration = Duration::from_secs(20);

/// The checks, in their order.
pub(super) fn checks(config: Option<&Config>, settings: Option<&Settings>) -> Vec<Check> {
    if config.is_some_and(|config| !config.runs_picletter_worker()) {
        return Vec::new();
    }
    match settings {
        Some(settings) => {
            let sources = settings.picture.sources.iter();
            sources.map(|source| Check::Picture(*source)).collect()
        }
        None => vec![Check::Pictures],
    }
}

pub(super) async fn examine(
    config: Option<&Config>,
    secrets: Option<&Secrets>,
    variables: Option<&ParsedVariables>,
) -> Vec<Finding> {
    let Some((variables, settings)) =
        variables.and_then(|variables| Some((variables, variables.settings.as_ref().ok()?)))
    else {
        let prerequisite = match config {
            None => Check::File,
            Some(_) => Check::Secrets,
        };
        let checks = checks(config, None).into_iter();
        return checks
            .map(|check| Finding::skipped(check, prerequisite))
            .collect();
    };
    let checks = checks(config, Some(settings));
    if checks.is_empty() {
        return Vec::new();
    }
    let http = match Http::new(&variables.net, Budget::start(FETCH_LIMIT).stall_timeout) {
        Ok(http) => http,
        Err(error) => {
            let checks = checks.into_iter();
            let wrong = |check| Finding::wrong(check, Diagnostic::plain(&error));
            return checks.map(wrong).collect();
        }
    };
    let lacks_key = secrets.is_some_and(|secrets| {
        let mut list = secrets.list().iter();
        list.any(|secret| secret.name == "UNSPLASH_ACCESS_KEY" && secret.value.is_none())
    });
    let sources = settings.picture.sources.iter().copied();
    let sources = sources.filter(|source| *source != SourceName::Unsplash || !lacks_key);
    let answers = fetch_all(sources, &http, settings).await;
    let works = answers.iter().any(|(_, answer)| answer.is_ok());
    settings
        .picture
        .sources
        .iter()
        .map(|source| {
            let check = Check::Picture(*source);
            match answers.iter().find(|(fetched, _)| fetched == source) {
                None => Finding::skipped(check, Check::Secrets),
                Some((_, Ok(title))) => Finding::ok(check, title),
                Some((_, Err(error))) => failed_source(check, *source, error, works),
            }
        })
        .collect()
}

async fn fetch_all(
    sources: impl Iterator<Item = SourceName>,
    http: &Http,
    settings: &Settings,
) -> Vec<(SourceName, Result<String, FetchError>)> {
    let mut fetches = JoinSet::new();
    for source in sources {
        let (http, picture) = (http.clone(), settings.picture.clone());
        let embed = settings.mail.embed;
        let date = utc_date(SystemTime::now());
        fetches.spawn(async move {
            let fetch = sources::from(source, &http, &picture, embed, date);
            let answer = timeout(FETCH_LIMIT, fetch).await;
            let answer = answer.unwrap_or(Err(FetchError::TooSlow(FETCH_LIMIT)));
            let summary = answer.map(|picture| match picture.info.title {
                Some(title) => format!("today's picture is \"{title}\""),
                None => "available".to_owned(),
            });
            (source, summary)
        });
    }
    fetches.join_all().await
}

fn failed_source(
    check: Check,
    source: SourceName,
    error: &FetchError,
    another_works: bool,
) -> Finding {
    let summary = format!("{} {error}", source.name());
    if another_works {
        let next = format!(
            "no action needed while another source works; test the sources again with {}",
            picletter("preview")
        );
        return Finding::unsure(check, Diagnostic::new(summary, next));
    }
    let next = match source {
        SourceName::Url => "set `url` in [picture] to another picture",
        SourceName::Unsplash => {
            "check UNSPLASH_ACCESS_KEY at https://unsplash.com/oauth/applications, or add another source to `sources` in [picture]"
        }
        _ => "check the network, retry later, or add another source to `sources` in [picture]",
    };
    Finding::wrong(check, Diagnostic::new(summary, next))
}
