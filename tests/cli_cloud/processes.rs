//! The arguments of all processes, as anyone on the machine can read them.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Looks at them again and again until it is asked what it saw.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    looking: JoinHandle<BTreeSet<String>>,
}

impl Watch {
    pub(crate) fn begin() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let looking = thread::spawn({
            let over = Arc::clone(&over);
            move || {
                let mut seen = BTreeSet::new();
                while !over.load(Ordering::Relaxed) {
                    look(&mut seen);
                    thread::yield_now();
                }
                seen
            }
        });
        Self { over, looking }
    }

    /// Each command line that was seen, its arguments apart by spaces.
    pub(crate) fn end(self) -> BTreeSet<String> {
        self.over.store(true, Ordering::Relaxed);
        self.looking.join().unwrap()
    }
}

fn look(seen: &mut BTreeSet<String>) {
    for entry in fs::read_dir("/proc").unwrap() {
        // Those that have ended meanwhile cannot be read.
        if let Ok(line) = fs::read(entry.unwrap().path().join("cmdline")) {
            seen.insert(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
}
