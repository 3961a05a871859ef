# Cargo wants a file for each target that Cargo.toml names. They stand in for those that are not
# built, so that an edit to a test rebuilds no program.
''
  mkdir -p benches examples tests
  touch examples/image.rs examples/sandbox.rs tests/vendor_specs.rs tests/registry_real.rs
  touch benches/compare.rs benches/deploy.rs benches/workflow.rs
''
