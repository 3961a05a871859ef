# What every build of this crate's has: files of it beside the manifest, and the crates of the lock file.
{ lib, ... }:
files: {
  version = (lib.importTOML ../Cargo.toml).package.version;
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions (
      [
        ../Cargo.toml
        ../Cargo.lock
      ]
      ++ files
    );
  };
  cargoLock.lockFile = ../Cargo.lock;
  # Cargo wants a file for each target that Cargo.toml names. Empty ones stand in for those that are
  # not built, so that an edit to a bench rebuilds no program.
  postPatch = ''
    mkdir -p benches examples src/bin
    for file in src/bin/picletter.rs examples/{image,sandbox}.rs benches/{compare,deploy,workflow}.rs; do
      [[ -e $file || -e ''${file%.rs}/main.rs ]] || touch $file
    done
  '';
  doCheck = false;
}
