# Every habit of development. `just` lists them.

_default:
    @just --list --unsorted

# run the whole loop on this machine and look at the mail
try *args:
    cargo run -- try {{ args }}

# compose today's mail without sending it
preview *args:
    cargo run -- preview {{ args }}

# all tests that need nothing but Rust and a C compiler
test *args:
    cargo test {{ args }}

# wire formats against the vendors' schemas in DIR (see CONTRIBUTING.md)
specs DIR:
    VENDOR_SPECS={{ DIR }} ci/wire-formats

# clients and fakes against the recorded traffic in DIR (see CONTRIBUTING.md)
recordings DIR:
    VENDOR_RECORDINGS={{ DIR }} ci/recordings

# every fault at every request, all races of two commands, 500 random sequences (minutes)
chaos part="" *args:
    CHAOS_FACTOR=all CHAOS_SEED=random PROPTEST_CASES=500 cargo test --package picletter --release --test it chaos::{{ part }} {{ args }}

# the scenarios of tests/it/verified against the real services, for a few cents (see CONTRIBUTING.md)
live:
    PICLETTER_LIVE=1 cargo test --package picletter --test it -- --ignored --exact verified::live --nocapture

# what a change does to the snapshots
review:
    cargo insta review

# format, lint and document as continuous integration does
lint:
    cargo fmt --all
    ci/lint

# the worker as a dyno gets it: static, stripped, run in an empty root
static:
    ci/static-worker x86_64-unknown-linux-gnu

# what a run costs, beside what one would use instead; writes docs/performance.md
bench *args:
    cargo bench --bench compare -- {{ args }}

# what the worker is made of
tree:
    cargo tree --package picletter-worker --edges normal,no-proc-macro

# the flake, in Nix's sandbox without network (see CONTRIBUTING.md)
nix *args:
    ci/nix {{ args }}

# all that continuous integration runs
ci:
    .ci/run
