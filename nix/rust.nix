# Arguments of every build of this workspace: additional source files, the crates of the lock file, and
# the target directory to start from, if any.
{ lib, stdenv, ... }:
{
  files,
  target ? null,
}:
let
  members = [ "." ] ++ map (name: "crates/${name}") (builtins.attrNames (builtins.readDir ../crates));
  manifest = member: ../. + "/${member}/Cargo.toml";
  folders = {
    bin = "src/bin";
    bench = "benches";
    example = "examples";
    test = "tests";
  };
  # The files of a member's library and of the targets in its manifest.
  targets =
    member:
    let
      named = lib.importTOML (manifest member);
      file = kind: target: target.path or "${folders.${kind}}/${target.name}.rs";
      ofKind = kind: map (target: "${member}/${file kind target}") (named.${kind} or [ ]);
    in
    [ "${member}/src/lib.rs" ] ++ lib.concatMap ofKind (builtins.attrNames folders);
in
{
  version = (lib.importTOML ../Cargo.toml).workspace.package.version;
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions ([ ../Cargo.lock ] ++ map manifest members ++ files);
  };
  cargoLock.lockFile = ../Cargo.lock;
  env = {
    # Equal to the `--target` that the hook of nixpkgs passes, so that both use the same target directory.
    CARGO_BUILD_TARGET = stdenv.hostPlatform.rust.rustcTarget;
    CARGO_INCREMENTAL = "0";
    CARGO_PROFILE_DEV_STRIP = "symbols";
  };
  # Cargo requires a file for each target. Targets that are not built get an empty program, so that an
  # edit to a test or to another member rebuilds nothing.
  postPatch = ''
    for file in ${toString (lib.concatMap targets members)}; do
      [[ -e $file || -e ''${file%.rs}/main.rs ]] || {
        mkdir -p $(dirname $file)
        echo 'fn main() {}' >$file
      }
    done
  ''
  # Sets one date for all files: Cargo recompiles crates that are older than their sources or dependencies.
  + lib.optionalString (target != null) ''
    cp -r ${target} target
    chmod -R u+w target
    touch target
    find target -exec touch -h -r target {} +
  '';
  doCheck = false;
}
