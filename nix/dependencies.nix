# Target folders with the crates of the lock file alone. Other builds start from them, and an edit of this
# workspace's sources does not rebuild them.
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
        # Without a test, Cargo compiles no dependency of tests.
        postPatch = rust.postPatch + ''
          for member in . crates/*; do
            mkdir -p $member/tests
            echo 'fn main() {}' >$member/tests/stand-in.rs
          done
        '';
        # What was compiled from stand-ins must not pass for this workspace's own.
        installPhase = ''
          for profile in dev release; do
            cargo clean --frozen --workspace --target $CARGO_BUILD_TARGET --profile $profile
          done
          mv target $out
        '';
        # Stripping and patching programs would break libraries.
        dontFixup = true;
      }
      // commands
    );
in
rec {
  # In the command line's profile.
  cli = build null { cargoBuildFlags = [ "--bins" ]; };
  # In the profile of the tests too, compiled and checked.
  checks = build cli {
    # Its wrapper would stand between cargo and clippy.
    auditable = false;
    buildPhase = ''
      cargo test --frozen --no-run
      cargo build --frozen --package picletter-worker
      cargo check --frozen --workspace --all-targets
      cargo check --frozen --package picletter-worker
    '';
  };
}
