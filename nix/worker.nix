{
  lib,
  rustPlatform,
  glibc,
  ...
}:
# Not pkgsStatic: no public cache has its Rust toolchain.
rustPlatform.buildRustPackage {
  pname = "picletter-worker";
  version = (lib.importTOML ../Cargo.toml).package.version;
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../src
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;
  postPatch = import ./targets.nix;
  buildNoDefaultFeatures = true;
  cargoBuildFlags = [ "--bin=worker" ];
  # Its list of crates would make the worker larger.
  auditable = false;
  buildInputs = [ glibc.static ];
  env.RUSTFLAGS = "-C target-feature=+crt-static -C relocation-model=static";
  doCheck = false;
  allowedReferences = [ ];
  meta = {
    description = "The job that a dyno runs, as one static program";
    mainProgram = "worker";
    platforms = [ "x86_64-linux" ];
  };
}
