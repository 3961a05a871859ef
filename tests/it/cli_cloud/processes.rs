//! The arguments of all processes, as anyone on the machine can read them.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use picletter_sandbox::faults::Faults;

/// Looks at them whenever one of them has sent a request and waits for the answer.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<BTreeSet<String>>>);

impl Watch {
    pub(crate) fn begin(faults: &Faults) -> Self {
        let watch = Self::default();
        let looking = watch.clone();
        faults.watch(move || looking.look());
        watch
    }

    /// Each command line that was seen, its arguments apart by spaces.
    pub(crate) fn seen(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().clone()
    }

    fn look(&self) {
        let mut seen = self.0.lock().unwrap();
        for entry in fs::read_dir("/proc").unwrap() {
            // Those that have ended meanwhile cannot be read.
            if let Ok(line) = fs::read(entry.unwrap().path().join("cmdline")) {
                seen.insert(String::from_utf8_lossy(&line).replace('\0', " "));
            }
        }
    }
}
