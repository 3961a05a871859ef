# Development commands. `just` lists them.

_default:
    @just --list --unsorted

# run a trial against local fakes and show the mail
try *args:
    cargo run -- try {{ args }}

# compose today's mail without sending it
preview *args:
    cargo run -- preview {{ args }}

# run the tests (requires Rust and a C compiler)
test *args:
    cargo test {{ args }}

# check wire formats against the vendors' schemas in DIR (see CONTRIBUTING.md)
specs DIR:
    VENDOR_SPECS={{ DIR }} ci/wire-formats

# check clients and fakes against the recorded traffic in DIR (see CONTRIBUTING.md)
recordings DIR:
    VENDOR_RECORDINGS={{ DIR }} ci/recordings

# test every fault at every request, all races of two commands, 500 random sequences (takes minutes)
chaos part="" *args:
    CHAOS_FACTOR=all CHAOS_SEED=random PROPTEST_CASES=500 cargo test --package picletter --release --test it chaos::{{ part }} {{ args }}

# run tests/it/verified against the real services (costs a few cents; see CONTRIBUTING.md)
live:
    PICLETTER_LIVE=1 cargo test --package picletter --test it -- --ignored --exact verified::live --nocapture

# review changed snapshots
review:
    cargo insta review

# format, lint, and build the documentation as continuous integration does
lint:
    cargo fmt --all
    ci/lint

# build the worker as deployed (static, stripped) and run it in an empty root directory
static:
    ci/static-worker x86_64-unknown-linux-gnu

# compare the worker's resource usage with alternatives; writes docs/performance.md
bench *args:
    cargo bench --bench compare -- {{ args }}

# show the worker's dependencies
tree:
    cargo tree --package picletter-worker --edges normal,no-proc-macro

# check the flake, in Nix's sandbox without network (see CONTRIBUTING.md)
nix *args:
    ci/nix {{ args }}

# run everything that continuous integration runs
ci:
    .ci/run
