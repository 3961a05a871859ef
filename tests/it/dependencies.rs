//! The crates of the workspace: one TLS stack, and a reason for each direct dependency.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Crates that bring a C library or a second TLS stack, wherever in the lock file they stand.
const BANNED: &[&str] = &[
    "openssl",
    "openssl-sys",
    "openssl-src",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
    "cmake",
];

#[test]
fn the_lock_file_has_one_tls_stack_and_no_cmake() {
    let lock = include_str!("../../Cargo.lock");
    let found: Vec<_> = BANNED
        .iter()
        .filter(|name| lock.contains(&format!("name = \"{name}\"\n")))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn docs_say_why_each_direct_dependency_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = include_str!("../../docs/architecture.md");
    let (_, crates) = docs.split_once("\n## The crates").unwrap();
    let words: BTreeSet<&str> = crates
        .split(|c: char| !c.is_alphanumeric() && !"-_".contains(c))
        .collect();
    let members = fs::read_dir(root.join("crates")).unwrap();
    let manifests = members.map(|member| member.unwrap().path().join("Cargo.toml"));
    let mut count = 0;
    for manifest in manifests.chain([root.join("Cargo.toml")]) {
        let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
        for section in ["dependencies", "dev-dependencies"] {
            let Some(dependencies) = manifest.get(section) else {
                continue;
            };
            for name in dependencies.as_table().unwrap().keys() {
                let is_explained = words.contains(name.as_str()) || name.starts_with("picletter-");
                assert!(is_explained, "{name} is not in docs/architecture.md");
                count += 1;
            }
        }
    }
    assert!(count > 40, "only {count} were found");
}
