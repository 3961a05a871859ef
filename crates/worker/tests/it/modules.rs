//! The library's module graph: src/lib.rs lists it from the bottom up.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with the number of its group, as src/lib.rs lists them.
fn groups() -> BTreeMap<String, usize> {
    let map = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let modules = map.split("\n\n").enumerate().flat_map(|(group, lines)| {
        let names = lines.lines().filter_map(|line| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            line.strip_prefix("mod ")?.strip_suffix(';')
        });
        names.map(move |name| (name.to_owned(), group))
    });
    modules.collect()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The modules that a source file names by `crate::`.
fn used(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let paths = text.split("crate::").skip(1);
    let names = paths.map(|path| {
        path.split(|c: char| !c.is_ascii_lowercase() && c != '_' && !c.is_ascii_digit())
    });
    names
        .filter_map(|mut words| words.next().map(str::to_owned))
        .collect()
}

#[test]
fn modules_use_only_the_groups_listed_before_their_own() {
    let groups = groups();
    let mut edges = 0;
    for (module, group) in &groups {
        let mut files = vec![sources().join(format!("{module}.rs"))];
        if let Ok(folder) = fs::read_dir(sources().join(module)) {
            files.extend(folder.map(|entry| entry.unwrap().path()));
        }
        for file in files.iter().filter(|file| file.exists()) {
            for used in used(file).iter().filter(|used| *used != module) {
                assert!(groups[used] < *group, "{module} uses {used}");
                edges += 1;
            }
        }
    }
    assert!(edges > 40, "only {edges} uses were found");
}
