//! The command lines of the processes that a test starts. Every user of the machine can read them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use picletter_sandbox::faults::Faults;

/// Collects the command lines whenever a process has sent a request and waits for the response.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<BTreeSet<String>>>);

impl Watch {
    pub(crate) fn start(faults: &Faults) -> Self {
        let watch = Self::default();
        let observer = watch.clone();
        faults.watch(move || observer.collect());
        watch
    }

    /// Each observed command line, with arguments separated by spaces.
    pub(crate) fn seen(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().clone()
    }

    fn collect(&self) {
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
    /// Returns `None` if the process has ended in the meantime.
    fn read(folder: &Path) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        let line = fs::read(folder.join("cmdline")).ok()?;
        // The name, in brackets, may contain any character. The state and the parent's ID follow.
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
