//! Selects cases and runs them concurrently.

use std::env;
use std::fmt::Write as _;
use std::future::Future;

use tokio::task::JoinSet;

/// The number of concurrent cases.
const CONCURRENCY: usize = 12;

/// Runs a random sample of the cases: `base` of them, multiplied by `CHAOS_FACTOR`, or all.
///
/// # Panics
/// If a case fails. The message contains the seed and each failed case.
pub(crate) async fn run<T, F>(cases: Vec<(String, T)>, base: usize, case: impl Fn(T) -> F)
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let seed = seed();
    let all = cases.len();
    let mut waiting = select(cases, base, seed);
    let count = waiting.len();
    let mut running = JoinSet::new();
    let mut failed = Vec::new();
    loop {
        while running.len() < CONCURRENCY
            && let Some((name, case_data)) = waiting.pop()
        {
            let task = tokio::spawn(Box::pin(case(case_data)));
            running.spawn(async move { (name, task.await) });
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let (name, ended) = ended.unwrap();
        if let Err(panic) = ended {
            failed.push((name, panic_message(panic)));
        }
    }
    failed.sort();
    let mut list = String::new();
    for (name, message) in &failed {
        let _ = writeln!(list, "\n{name}\n    {message}");
    }
    assert!(
        failed.is_empty(),
        "{} of {count} cases failed (of {all}; CHAOS_SEED={seed} with the same CHAOS_FACTOR repeats \
         them):{list}",
        failed.len()
    );
}

/// The seed of all random choices: `CHAOS_SEED`, a number, or `random`. The default is always the
/// same, so that a failure is not caused by a new sample.
pub(crate) fn seed() -> u64 {
    match env::var("CHAOS_SEED").as_deref() {
        Ok("random") => fastrand::u64(..),
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => 1,
    }
}

/// The number of random cases: `base`, multiplied by `CHAOS_FACTOR`, or `PROPTEST_CASES`. None if
/// `CHAOS_FACTOR` is 0.
pub(crate) fn cases(base: u32) -> u32 {
    if matches!(factor(), Factor::Times(0)) {
        return 0;
    }
    if env::var_os("PROPTEST_CASES").is_some() {
        return proptest::test_runner::Config::default().cases;
    }
    match factor() {
        Factor::Times(factor) => base * factor,
        // There are infinitely many random cases.
        Factor::Default | Factor::All => base,
    }
}

/// The value of `CHAOS_FACTOR`.
pub(crate) enum Factor {
    Default,
    Times(u32),
    All,
}

pub(crate) fn factor() -> Factor {
    match env::var("CHAOS_FACTOR").as_deref() {
        Ok("all") => Factor::All,
        Ok(factor) => Factor::Times(factor.parse().unwrap()),
        Err(_) => Factor::Default,
    }
}

fn select<T>(mut cases: Vec<(String, T)>, base: usize, seed: u64) -> Vec<(String, T)> {
    let only = env::var("CHAOS_ONLY").ok();
    if let Some(part) = &only {
        cases.retain(|(name, _)| name.contains(part));
    }
    let most = match factor() {
        Factor::Default if only.is_some() => usize::MAX,
        Factor::Default => base,
        Factor::Times(factor) => base * factor as usize,
        Factor::All => usize::MAX,
    };
    // The recorded order of requests varies.
    cases.sort_by(|(one, _), (other, _)| one.cmp(other));
    fastrand::Rng::with_seed(seed).shuffle(&mut cases);
    cases.truncate(most);
    cases
}

fn panic_message(error: tokio::task::JoinError) -> String {
    let panic = error.into_panic();
    if let Some(text) = panic.downcast_ref::<String>() {
        text.replace('\n', "\n    ")
    } else if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else {
        "panicked".to_owned()
    }
}
