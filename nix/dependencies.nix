# Target directories that contain only the crates of the lock file. Other builds start from them, and
# edits of this workspace's sources do not rebuild them.
pkgs:
let
  build =
    target: commands:
    let
      rust = import ./rust.nix pkgs {
        files = [ ];
        inherit target;
      };
    in
    pkgs.rustPlatform.buildRustPackage (
      rust
      // {
        pname = "picletter-dependencies";
        # Without a test target, Cargo does not compile the dependencies of tests.
        postPatch = rust.postPatch + ''
          for member in . crates/*; do
            mkdir -p $member/tests
            echo 'fn main() {}' >$member/tests/stub.rs
          done
        '';
        # Removes what was compiled from stubs, so that builds do not reuse it.
        installPhase = ''
          for profile in dev release; do
            cargo clean --frozen --workspace --target $CARGO_BUILD_TARGET --profile $profile
          done
          mv target $out
        '';
        # Stripping and patching would break the libraries.
        dontFixup = true;
      }
      // commands
    );
in
rec {
  # Those of the command line, in its profile.
  cli = build null { cargoBuildFlags = [ "--bins" ]; };
  # Also those of the tests, in their profile.
  tests = build cli { buildPhase = "cargo test --frozen --no-run"; };
}
