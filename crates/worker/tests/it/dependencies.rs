//! The allow-list of crates that the worker links, which prevents unnoticed dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use picletter_test_support::worker;

/// Crates linked into the worker, grouped by purpose.
const ALLOWED: &[&[&str]] = &[
    // HTTP/1.1
    &[
        "reqwest",
        "hyper",
        "hyper-util",
        "hyper-rustls",
        "http",
        "http-body",
        "http-body-util",
        "httparse",
        "want",
        "try-lock",
        "atomic-waker",
        "tower",
        "tower-http",
        "tower-layer",
        "tower-service",
        "sync_wrapper",
        "bytes",
        "futures-channel",
        "futures-core",
        "futures-task",
        "futures-util",
        "slab",
        "pin-project-lite",
        "ipnet",
        "log",
        "tracing",
        "tracing-core",
        "bitflags",
        "smallvec",
    ],
    // TLS
    &[
        "rustls",
        "tokio-rustls",
        "rustls-pki-types",
        "rustls-webpki",
        "webpki-roots",
        "ring",
        "untrusted",
        "subtle",
        "zeroize",
        "once_cell",
        "getrandom",
        "cfg-if",
        // reqwest links these for other platforms' trust stores; the worker does not use them.
        "rustls-platform-verifier",
        "rustls-native-certs",
        "openssl-probe",
    ],
    // Event loop and signals
    &[
        "tokio",
        "mio",
        "socket2",
        "libc",
        "signal-hook-registry",
        "errno",
    ],
    // URLs
    &[
        "url",
        "form_urlencoded",
        "percent-encoding",
        "idna",
        "idna_adapter",
        "utf8_iter",
        "utf_types",
    ],
    // JSON, base64, dates, command lines, retries, secrets, errors
    &[
        "serde",
        "serde_core",
        "serde_json",
        "itoa",
        "memchr",
        "zmij",
        "base64",
        "jiff",
        "jiff-core",
        "shlex",
        "backon",
        "fastrand",
        "secrecy",
        "thiserror",
    ],
];

#[test]
fn links_only_crates_on_the_allow_list() {
    let allowed: BTreeSet<&str> = ALLOWED.iter().copied().flatten().copied().collect();
    let linked = linked_into_the_worker();
    let new: Vec<_> = linked
        .iter()
        .filter(|name| !allowed.contains(name.as_str()))
        .collect();
    assert!(new.is_empty(), "not on the allow-list: {new:?}");
    let gone: Vec<_> = allowed
        .iter()
        .filter(|name| !linked.contains(**name))
        .collect();
    assert!(
        gone.is_empty(),
        "on the allow-list, but no longer linked: {gone:?}"
    );
}

/// Checks the linked symbols: indexmap would be linked if another package enabled serde_json's
/// `preserve_order`.
#[test]
fn tested_program_is_built_without_features_of_other_packages() {
    let program = fs::read(worker()).unwrap();
    let has = |name: &[u8]| program.windows(name.len()).any(|window| window == name);
    assert!(has(b"serde_json"));
    assert!(!has(b"indexmap"));
}

fn linked_into_the_worker() -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--package",
            "picletter-worker",
            "--edges",
            "normal,no-proc-macro",
        ])
        .args([
            "--target",
            "x86_64-unknown-linux-gnu",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let names = String::from_utf8(tree.stdout).unwrap();
    let names = names
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty());
    names
        .filter(|name| *name != "picletter-worker")
        .map(str::to_owned)
        .collect()
}
