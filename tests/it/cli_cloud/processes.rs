//! The arguments of the processes that a test starts, as anyone on the machine can read them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
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
        let processes: Vec<Process> = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| Process::read(&entry.ok()?.path()))
            .collect();
        let mut seen = self.0.lock().unwrap();
        for process in &processes {
            if process.is_descendant(&processes) {
                seen.insert(process.line.clone());
            }
        }
    }
}

struct Process {
    id: u32,
    parent: u32,
    line: String,
}

impl Process {
    /// None where it has ended meanwhile.
    fn read(folder: &Path) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        let line = fs::read(folder.join("cmdline")).ok()?;
        // The name, in brackets, may have any character. The state follows, then the parent's id.
        // Source: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
        let status = fs::read_to_string(folder.join("stat")).ok()?;
        let (_, fields) = status.rsplit_once(") ")?;
        Some(Self {
            id,
            parent: fields.split(' ').nth(1)?.parse().ok()?,
            line: String::from_utf8_lossy(&line).replace('\0', " "),
        })
    }

    fn is_descendant(&self, all: &[Self]) -> bool {
        let mut parent = self.parent;
        while parent != std::process::id() {
            match all.iter().find(|process| process.id == parent) {
                Some(process) => parent = process.parent,
                None => return false,
            }
        }
        true
    }
}
