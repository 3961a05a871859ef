# What every build of this workspace has: files of it beside the manifests, the crates of the lock file,
# and the target folder to start from, if one is named.
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
  # The files of a member's library and of the targets that its manifest names.
  targets =
    member:
    let
      named = lib.importTOML (manifest member);
      file = kind: target: target.path or "${folders.${kind}}/${target.name}.rs";
      ofKind = kind: map (target: "${member}/${file kind target}") (named.${kind} or [ ]);
    in
    # A program alone has no library.
    lib.optional (named ? lib || !(named ? bin)) "${member}/src/lib.rs"
    ++ lib.concatMap ofKind (builtins.attrNames folders);
in
{
  version = (lib.importTOML ../Cargo.toml).workspace.package.version;
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions ([ ../Cargo.lock ] ++ map manifest members ++ files);
  };
  cargoLock.lockFile = ../Cargo.lock;
  env = {
    # What nixpkgs' own hook passes as `--target`, so that both find the same crates.
    CARGO_BUILD_TARGET = stdenv.hostPlatform.rust.rustcTarget;
    CARGO_INCREMENTAL = "0";
    CARGO_PROFILE_DEV_DEBUG = "0";
  };
  # Cargo requires a file for each target. A program that does nothing stands in for each that is not
  # built, so that an edit to a test or to another member rebuilds nothing.
  postPatch = ''
    for file in ${toString (lib.concatMap targets members)}; do
      [[ -e $file || -e ''${file%.rs}/main.rs ]] || {
        mkdir -p $(dirname $file)
        echo 'fn main() {}' >$file
      }
    done
  ''
  # All files get one date: Cargo compiles a crate again that is older than its sources or dependencies.
  + lib.optionalString (target != null) ''
    cp -r ${target} target
    chmod -R u+w target
    touch target
    find target -exec touch -h -r target {} +
  '';
  doCheck = false;
}
