//! Lists of runs, page by page, for callers that stop early.

use http::Method;
use url::Url;

use super::arm::{Arm, Page};
use super::error::Error;
use super::resources::within_group;
use super::run_filter::RunFilter;
use super::runs::{Run, RunOrActionResponse};
use crate::deploy::http::Call;

/// A page of a list of runs.
#[derive(Debug, Clone)]
pub struct RunPage {
    /// Newest first.
    pub runs: Vec<Run>,
    /// The next page.
    pub next: Option<NextPage>,
}

/// A link to the next page of a list of runs.
#[derive(Debug, Clone)]
pub struct NextPage(Url);

impl Arm {
    /// The first page of a workflow's runs, newest first.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn run_page(&self, workflow: &str, filter: RunFilter) -> Result<RunPage, Error> {
        let url = self.runs_url(workflow, usize::MAX, Some(filter));
        self.page_of_runs(workflow, url).await
    }

    /// The next page of a workflow's runs, after the page that returned `next`.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn next_run_page(&self, workflow: &str, next: NextPage) -> Result<RunPage, Error> {
        self.page_of_runs(workflow, next.0).await
    }

    async fn page_of_runs(&self, workflow: &str, url: Url) -> Result<RunPage, Error> {
        let doing = format!("read the runs of {}", within_group(workflow));
        let answer = self.send(&doing, Call::new(Method::GET, url)).await?;
        let page: Page<RunOrActionResponse> = self.parse(&doing, &answer)?;
        let next = page.next_link.filter(|link| !link.is_empty());
        let next = next.map(|link| self.parse_link(&doing, &answer, &link));
        Ok(RunPage {
            runs: page.value.into_iter().map(Run::from).collect(),
            next: next.transpose()?.map(NextPage),
        })
    }
}
